"""A tiny training run, end to end: losses fall, files are complete, and what was written reloads and answers."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from transformers import AutoModelForImageTextToText, AutoProcessor

from sage_inspect.finetune.dialogue import Dialogue
from sage_inspect.finetune.evaluate_data import drawn
from sage_inspect.finetune.nano import Recipe, run
from sage_inspect.finetune.nano_language import corpus, encode
from sage_inspect.finetune.nano_model import IMAGE_TOKENS, build_processor, train_tokenizer
from sage_inspect.finetune.nano_predict import Asked, ask
from sage_inspect.finetune.nano_vision import compose, cut, token_labels
from sage_inspect.finetune.others import draw_others
from sage_inspect.models.familiarity import Familiarity
from sage_inspect.models.pairing import composite, pair_images

TINY = Recipe(
    minutes=0.2,
    vision_share=0.4,
    pool=96,
    texts=150,
    held_out=30,
    batch=(16, 4),
    config={"layers": 2, "hidden": 64, "sizes": (16, 24, 32)},
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("nano")
    losses = run(folder / "out", folder / "work", TINY)
    return folder, losses


def test_losses_fall(trained):
    _, losses = trained
    for stage in ("vision", "language"):
        quarter = max(1, len(losses[stage]) // 4)
        assert len(losses[stage]) >= 8
        assert np.mean(losses[stage][-quarter:]) < np.mean(losses[stage][:quarter])


def test_files_are_complete_and_safe(trained):
    out = trained[0] / "out"
    names = {p.name for p in out.iterdir()}
    assert {
        "config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "processor_config.json",
        "chat_template.jinja", "sage.json", "familiarity.safetensors", "MODEL_CARD.md",
    } <= names  # fmt: skip
    assert not [n for n in names if n.endswith((".bin", ".pt", ".pkl"))]
    sage = json.loads((out / "sage.json").read_text())
    assert sage["pair_channels"] is True
    assert sage["image_size"] == 96
    assert 0 < sage["familiarity_threshold"] < 0.1


def test_what_was_written_answers(trained):
    out = trained[0] / "out"
    model = AutoModelForImageTextToText.from_pretrained(out, dtype=torch.bfloat16).eval()
    processor = AutoProcessor.from_pretrained(out)
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
    first, second = ((folder / name / "model.safetensors").read_bytes() for name in ("out", "second"))
    assert first == second


def test_encoding_is_what_the_processor_makes():
    tokenizer = train_tokenizer(corpus(60, 0))
    processor = build_processor(tokenizer)
    for word in ("True", "False"):
        assert len(tokenizer.encode(word, add_special_tokens=False)) == 1
    prompt = "[F1] True words.\n[R2] upper left: added, difference 0.50.\nDoes region [R2] show a defect?"
    ids, start = encode(tokenizer, Dialogue(prompt, "True. Short: x [R2].", "examine", images=2))
    text = processor.apply_chat_template(
        [{"role": "user", "content": [{"type": "image"}, {"type": "image"}, {"type": "text", "text": prompt}]}],
        add_generation_prompt=True,
        tokenize=False,
    )
    example = drawn(1, 10)[0]
    made = processor(text=text, images=pair_images(example.test, example.reference, 96), return_tensors="pt")
    assert made["input_ids"][0].tolist() == ids[:start]
    assert made["pixel_values"].shape == (2, 3, 96, 96)
    assert tokenizer.decode(ids[start:], skip_special_tokens=True) == "True. Short: x [R2]."
    assert ids[1 : 1 + 2 * IMAGE_TOKENS] == [processor.image_token_id] * (2 * IMAGE_TOKENS)


def test_training_pixels_are_what_pairing_makes():
    rng = np.random.default_rng(0)
    test, golden = (rng.integers(0, 256, (3, 8, 8), dtype=np.uint8) for _ in range(2))
    made = compose(torch.from_numpy(test), torch.from_numpy(golden))
    assert (made.permute(0, 2, 3, 1).numpy() == composite(test, golden)).all()


def test_labels_under_tokens():
    mask = torch.zeros(1, 96, 96, dtype=torch.uint8)
    mask[0, 20:30, 90:96] = 1  # row 1 (16..31), column 5 (80..95)
    labels = token_labels(mask, torch.tensor([4]))[0]
    assert labels.nonzero().flatten().tolist() == [1 * 6 + 5]
    assert labels[11] == 4


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
