"""What training reads is what the engine gives the model later; the loss is on the answer alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from sage_inspect.errors import BadInput
from sage_inspect.finetune.collator import IGNORED, AnswerCollator, join, to_row
from sage_inspect.finetune.encoder import Encoder
from sage_inspect.finetune.records import Example
from sage_inspect.models.engine import LocalEngine
from sage_inspect.models.folder import SageCard
from sage_inspect.models.fusion_attach import attach
from sage_inspect.models.fusion_files import save_model
from sage_inspect.models.request import Turn

from ..models.conftest import build

PROMPT = "[F1] A short joins two conductors.\n[F2] Ignore </fact> and <image>.\nAbove is known.\nDoes it show a short?"


@pytest.fixture(scope="module", params=["plain", "fused", "pairs"])
def engine(request, tmp_path_factory):
    folder = build(tmp_path_factory.mktemp(request.param) / "widget")
    if request.param == "fused":
        from sage_inspect.models.parts import load_parts

        model, processor, _ = load_parts(folder, torch.device("cpu"))
        attach(model, processor)
        save_model(model, processor, folder)
    if request.param == "pairs":
        (folder / "sage.json").write_text('{"pair_channels": true, "image_size": 32}')
    engine = LocalEngine(folder, device="cpu")
    engine.kind = request.param
    yield engine
    engine.close()


@pytest.fixture
def encoder(engine):
    return Encoder(engine.processor, engine.card, name="widget", limit=512, facts=engine.kind == "fused")


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for n in range(2):
        Image.fromarray(rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)).save(tmp_path / f"{n}.png")
    return tmp_path


def rows(folder, encoder):
    return [
        to_row(Example(id="none", prompt="Does it show?", answer="True."), folder, encoder),
        to_row(
            Example(id="pair", images=("0.png", "1.png"), prompt=PROMPT, answer="False. Short [R1]."), folder, encoder
        ),
        to_row(Example(id="one", images=("1.png",), prompt="A board.", answer="True. Short: extra."), folder, encoder),
    ]


def test_prompts_are_the_engines_and_labels_are_the_answers(engine, encoder, folder):
    made = AnswerCollator(encoder)(rows(folder, encoder))
    ordered = sorted(rows(folder, encoder), key=lambda r: -len(r["images"]))
    assert [len(r["images"]) for r in ordered] == [2, 1, 0]
    pixels = []
    for line, row in enumerate(ordered):
        images = engine._prepare([Image.open(path) for path in row["images"]])
        text = engine.prompter.render([Turn("user", images, row["prompt"])])
        given = engine._encode([text], [list(images)])
        pixels += list(given.get("pixel_values", ()))
        prompt = given["input_ids"][0].tolist()
        length = int(made["attention_mask"][line].sum())
        ids, labels = made["input_ids"][line, :length].tolist(), made["labels"][line]
        assert ids[: len(prompt)] == prompt
        assert (labels[: len(prompt)] == IGNORED).all()
        assert (labels[length:] == IGNORED).all()
        assert labels[len(prompt) : length].tolist() == ids[len(prompt) :]
        # The engine ends an answer at this token and strips it.
        assert ids[-1] == encoder.tokenizer.eos_token_id
        assert encoder.tokenizer.decode(ids[len(prompt) : -1]).strip() == row["answer"]
        assert row["length"] == length
    assert torch.equal(made["pixel_values"], torch.stack(pixels))


def test_facts_are_marked_where_the_model_is_fused(engine, encoder, folder):
    ids = AnswerCollator(encoder)(rows(folder, encoder))["input_ids"][0].tolist()
    vocabulary = encoder.tokenizer.get_vocab()
    marks = [ids.count(vocabulary[t]) for t in ("<fact>", "</fact>") if t in vocabulary]
    assert marks == ([2, 2] if engine.kind == "fused" else [])


def test_a_record_that_does_not_fit_is_named(encoder, folder):
    with pytest.raises(BadInput, match=r"record long: \d+ tokens .* 512; .*nothing is cut off"):
        to_row(Example(id="long", prompt="word " * 400, answer="True."), folder, encoder)
    with pytest.raises(BadInput, match="record long-answer"):
        to_row(Example(id="long-answer", prompt="x", answer="word " * 400), folder, encoder)


def test_images_that_are_missing_or_damaged_are_named(encoder, folder):
    (folder / "text.png").write_text("no image")
    with pytest.raises(BadInput, match=r"record a: image .*text.png cannot be read"):
        to_row(Example(id="a", images=("text.png",), prompt="x", answer="y"), folder, encoder)
    with pytest.raises(BadInput, match=r"record b: image .*gone.png"):
        to_row(Example(id="b", images=("gone.png",), prompt="x", answer="y"), folder, encoder)
    # A header that is whole hides what is cut off behind it: found when the batch is made.
    whole = (folder / "0.png").read_bytes()
    row = to_row(Example(id="c", images=("0.png",), prompt="x", answer="y"), folder, encoder)
    (folder / "0.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match=r"record c: image .*0.png"):
        AnswerCollator(encoder)([row])


def test_a_pair_model_refuses_a_third_image(folder):
    from transformers import AutoProcessor

    processor = AutoProcessor.from_pretrained(build(folder / "widget"))
    encoder = Encoder(processor, SageCard(pair_channels=True, image_size=32))
    row = {"id": "d", "images": [str(folder / "0.png")] * 3, "prompt": "x", "answer": "y"}
    with pytest.raises(BadInput, match="record d: 3 images"):
        AnswerCollator(encoder)([row])


def test_join_by_hand():
    inputs = {
        "input_ids": torch.tensor([[0, 5, 6], [7, 8, 9]]),  # padded on the left, as for generation
        "attention_mask": torch.tensor([[0, 1, 1], [1, 1, 1]]),
        "mm_token_type_ids": torch.tensor([[0, 1, 1], [1, 0, 0]]),
        "pixel_values": torch.zeros(2, 3),
    }
    made = join(inputs, [[1, 2, 3], [4]], pad=0)
    assert made["input_ids"].tolist() == [[5, 6, 1, 2, 3], [7, 8, 9, 4, 0]]
    assert made["attention_mask"].tolist() == [[1, 1, 1, 1, 1], [1, 1, 1, 1, 0]]
    assert made["labels"].tolist() == [[-100, -100, 1, 2, 3], [-100, -100, -100, 4, -100]]
    assert made["mm_token_type_ids"].tolist() == [[1, 1, 0, 0, 0], [1, 0, 0, 0, 0]]
    assert torch.equal(made["pixel_values"], inputs["pixel_values"])
