"""training.json and the model card: digests that change with the data, and a run that is not mistaken for another."""

from __future__ import annotations

import hashlib
import json

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.finetune import provenance
from sage_inspect.finetune.provenance import Provenance
from sage_inspect.finetune.recipe import Recipe
from sage_inspect.finetune.records import Example
from sage_inspect.models.folder import NANO


@pytest.fixture
def data(tmp_path):
    (tmp_path / "a.png").write_bytes(b"one")
    (tmp_path / "b.png").write_bytes(b"two")
    lines = [
        {"id": str(n), "images": names, "prompt": "x", "answer": "y"}
        for n, names in enumerate([["a.png", "b.png"], ["a.png"]])
    ]
    path = tmp_path / "train.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def begun(data, out="runs", **sft):
    recipe = Recipe.model_validate(
        {"out": out, "model": {"base": "nano"}, "sft": {"train": [str(data)], "batch": 2, **sft}}
    )
    return provenance.begin("sft", recipe, NANO, provenance.describe([data], Example), "cpu")


def test_digests_are_of_lines_and_pictures(data):
    (told,) = provenance.describe([data], Example)
    assert told.sha256 == hashlib.sha256(data.read_bytes()).hexdigest()
    assert (told.records, told.images) == (2, 2)
    (data.parent / "b.png").write_bytes(b"three")
    (other,) = provenance.describe([data], Example)
    assert other.sha256 == told.sha256
    assert other.images_sha256 != told.images_sha256


def test_it_is_kept_and_read_back(data, tmp_path):
    told = begun(data)
    told.save(tmp_path)
    assert Provenance.load(tmp_path) == told
    assert told.base.startswith("nano@")
    assert told.recipe["sft"]["batch"] == 2
    (tmp_path / "training.json").write_text("{")
    assert Provenance.load(tmp_path) is None


def test_a_resume_needs_the_same_run(data, tmp_path):
    begun(data).save(tmp_path)
    # Where it writes and how often it saves do not decide the weights.
    assert provenance.check_same(begun(data, out="elsewhere", save_every=7, keep=9), tmp_path).recipe["out"] == "runs"
    with pytest.raises(BadInput, match="begun with another sft.batch, sft.seed_|begun with another sft.batch"):
        provenance.check_same(begun(data, batch=3), tmp_path)
    (data.parent / "a.png").write_bytes(b"changed")
    with pytest.raises(BadInput, match="begun with another data;"):
        provenance.check_same(begun(data), tmp_path)


def test_the_card_says_what_a_reader_needs(data, tmp_path):
    told = begun(data)
    told.trained, told.steps, told.final = {"language": 1234}, 12, {"loss": 0.25}
    told.notes = ["Rank-only."]
    provenance.write_card(told, tmp_path, "widget")
    card = (tmp_path / "MODEL_CARD.md").read_text()
    for part in (
        "# widget",
        told.base,
        "language 1,234",
        "12, seed 0, on cpu",
        "loss 0.25",
        "train.jsonl | 2 | 2 |",
        "Rank-only.",
        "transformers 5",
    ):
        assert part in card, part
