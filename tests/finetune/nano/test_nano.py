"""A tiny training run, end to end: losses fall, files are complete, and what was written reloads and answers."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from sage_inspect.finetune.nano.batches import CLOSE, FIRST, IMAGE, ROLES, Encoder
from sage_inspect.finetune.nano.evaluate_data import drawn
from sage_inspect.finetune.nano.model import IMAGE_TOKENS, build_processor, train_tokenizer
from sage_inspect.finetune.nano.others import draw_others
from sage_inspect.finetune.nano.predict import Asked, ask
from sage_inspect.finetune.nano.reading import corpus, imagined
from sage_inspect.finetune.nano.train import Recipe, run
from sage_inspect.finetune.nano.vision import compose, cut, token_classes
from sage_inspect.finetune.world.dialogues.dialogue import Dialogue, Turn
from sage_inspect.finetune.world.dialogues.facts import Drawn
from sage_inspect.finetune.world.families import label_names
from sage_inspect.models.familiarity import Familiarity
from sage_inspect.models.fusion_attach import live_fusion
from sage_inspect.models.pairing import composite, pair_images
from sage_inspect.models.parts import load_parts
from sage_inspect.models.prompting import Prompter
from sage_inspect.models.request import Turn as Turn_

TINY = Recipe(
    minutes=0.35,
    shares=(0.3, 0.4, 0.3),
    pools=(60, 40),
    texts=200,
    held_out=30,
    batch=((10, 6), (4,), (3, 1)),
    config={"layers": 4, "hidden": 192, "sizes": (16, 24, 32)},
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("nano")
    losses = run(folder / "out", folder / "work", TINY)
    return folder, losses


def test_losses_fall(trained):
    _, losses = trained
    for stage in ("vision", "reading", "joint"):
        third = max(1, len(losses[stage]) // 3)
        assert len(losses[stage]) >= 3
        assert np.mean(losses[stage][-third:]) < np.mean(losses[stage][:third])


def test_files_are_complete_and_safe(trained):
    out = trained[0] / "out"
    names = {p.name for p in out.iterdir()}
    assert {
        "config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "processor_config.json",
        "chat_template.jinja", "sage.json", "familiarity.safetensors", "fusion.safetensors", "fusion.json", "MODEL_CARD.md",
    } <= names  # fmt: skip
    assert not [n for n in names if n.endswith((".bin", ".pt", ".pkl"))]
    sage = json.loads((out / "sage.json").read_text())
    assert sage["pair_channels"] is True
    assert sage["image_size"] == 96
    assert 0 < sage["familiarity_threshold"] < 0.1


def test_what_was_written_answers(trained):
    out = trained[0] / "out"
    model, processor, _ = load_parts(out, torch.device("cpu"))
    assert live_fusion(model) is not None
    example = drawn(1, 9)[0]
    pair, single = pair_images(example.test, example.reference, 96), pair_images(example.test, None, 96)
    questions = [
        Asked(pair, "Does region [R1] show a defect?"),
        Asked(single, "And a longer question?"),
        Asked([], "?"),
    ]
    told = ask(model, processor, questions, tokens=4)
    assert len(told) == 3
    assert all(0 <= t.p_true <= 1 for t in told)
    # The same chance without generation, and whatever else is in the batch.
    assert ask(model, processor, questions[:1], words=False)[0].p_true == pytest.approx(told[0].p_true, abs=0.02)
    statistics = Familiarity.load(out)
    pixels = processor.image_processor([pair[0]], return_tensors="pt")["pixel_values"]
    assert 0 < statistics.score(model, pixels)[0] <= 1


def test_a_finished_run_resumes_without_training(trained):
    folder, losses = trained
    again = run(folder / "second", folder / "work", TINY, only_export=True)
    assert {k: len(v) for k, v in again.items()} == {k: len(v) for k, v in losses.items()}
    for name in ("model.safetensors", "fusion.safetensors"):
        assert (folder / "out" / name).read_bytes() == (folder / "second" / name).read_bytes()


@pytest.fixture(scope="module")
def encoder():
    return Encoder(train_tokenizer(corpus(300, 0)), label_names())


def test_encoding_is_what_the_engine_makes(encoder):
    tokenizer = encoder.tokenizer
    processor = build_processor(tokenizer)
    for word in ("True", "False", "[F1]", "[R12]"):
        assert len(tokenizer.encode(word, add_special_tokens=False)) == 1
    prompt = "[F1] True words.\n[R2] upper left: added, difference 0.50, 9 px.\nDoes region [R2] show a defect?"
    facts = (Drawn("True words.", "look", "scratch"),)
    made = encoder(Dialogue("examine", (Turn(prompt, "True. Short: x [R2] [F1].", "scratch", 1),), facts, "scratch"))
    start = made.part.index(FIRST)
    prompter = Prompter(processor, "nano", mark_facts=True)
    example = drawn(1, 10)[0]
    pair = pair_images(example.test, example.reference, 96)
    text = prompter.render([Turn_("user", tuple(pair), prompt)])
    inputs = processor(text=text, images=pair, return_tensors="pt")
    assert inputs["input_ids"][0].tolist() == made.ids[:start]
    assert inputs["pixel_values"].shape == (2, 3, 96, 96)
    assert tokenizer.decode(made.ids[start:], skip_special_tokens=True) == "True. Short: x [R2] [F1]."
    assert made.ids[1 : 1 + 2 * IMAGE_TOKENS] == [processor.image_token_id] * (2 * IMAGE_TOKENS)
    # What guides: the fact's end is summarised, the answer points to it, the citations to where their ids stand.
    end = made.ids.index(CLOSE)
    label = label_names().index("scratch")
    assert made.summaries == [(end, label, ROLES.index("look"), 1, 0)]
    assert (start - 1, end) in made.fact_links
    assert {target for _, target in made.region_links} == {
        start - 1 - encoder.tokens(prompt)[::-1].index(encoder.tokens("[R2]")[0]) - 1
    }
    assert made.asked[0] == (start - 1, label, 8)


def test_batches_hold_every_turn_and_every_image(encoder):
    rng = np.random.default_rng(0)
    batch, tokens = next(imagined(encoder, 192, 4, rng, [3]))
    assert batch.ids.shape == batch.part.shape
    assert len(tokens) * IMAGE_TOKENS == int((batch.ids == IMAGE).sum())
    assert len(tokens) == 0 or tokens.shape[1:] == (IMAGE_TOKENS, 192)
    row, place, _, _ = batch.asked
    assert (batch.part[row, place + 1] > 0).all()
    assert set(batch.ids[batch.summaries[0], batch.summaries[1]].tolist()) <= {CLOSE}


def test_training_pixels_are_what_pairing_makes():
    rng = np.random.default_rng(0)
    test, golden = (rng.integers(0, 256, (3, 8, 8), dtype=np.uint8) for _ in range(2))
    made = compose(torch.from_numpy(test), torch.from_numpy(golden))
    assert (made.permute(0, 2, 3, 1).numpy() == composite(test, golden)).all()


def test_labels_under_tokens():
    mask = torch.zeros(1, 96, 96, dtype=torch.uint8)
    mask[0, 20:30, 90:96] = 1  # row 1 (16..31), column 5 (80..95)
    classes = token_classes(mask, torch.tensor([4]), torch.tensor([7]), 13)[0]
    assert (classes != 7).nonzero().flatten().tolist() == [1 * 6 + 5]
    assert classes[11] == 13 + 4 - 1
    assert (token_classes(mask, torch.tensor([0]), torch.tensor([7]), 13) == 7).all()


def test_cut_keeps_images_and_masks_together():
    rng = np.random.default_rng(1)
    images = torch.from_numpy(rng.integers(0, 256, (2, 3, 104, 104), dtype=np.uint8))
    images[:, 2] = images[:, 0]
    out = cut(images, rng)
    assert out.shape == (2, 3, 96, 96)
    assert (out[:, 2] == out[:, 0]).all()
    assert (cut(images, None) == images[..., 4:100, 4:100]).all()


def test_others_are_deterministic():
    first, second = draw_others(3, 1), draw_others(3, 1)
    assert [e.test.tobytes() for e in first] == [e.test.tobytes() for e in second]
    assert first[0].test.size == (96, 96)
