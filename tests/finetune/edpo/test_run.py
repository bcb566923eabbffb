"""Stage 2 from a recipe: what it writes, what stays as stage 1 left it, and a run that goes on."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file

from sage_inspect.errors import BadInput
from sage_inspect.finetune import sft
from sage_inspect.finetune.edpo.run import run
from sage_inspect.finetune.recipe import Recipe
from sage_inspect.finetune.training import whole_checkpoints
from sage_inspect.models.fusion_files import WEIGHTS

from ...models.conftest import build
from ..tiny_questions import draw, record


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A tiny model with a fusion that stage 1 trained for one step, and four ranked questions, one of them a tie."""
    folder = tmp_path_factory.mktemp("edpo")
    build(folder / "widget")
    lines = [record(i, scores=(3.0,) * 4 if i == 3 else (5.0, 3.33, 2.67, 1.0)) for i in range(4)]
    for number in range(4):
        draw(folder, number)
    (folder / "ranked.jsonl").write_text("".join(line.model_dump_json() + "\n" for line in lines))
    first = [
        {"id": line.id, "images": line.images, "prompt": line.prompt, "answer": line.answers[0].text} for line in lines
    ]
    (folder / "train.jsonl").write_text("".join(json.dumps(line) + "\n" for line in first))
    stage1 = {"train": [folder / "train.jsonl"], "steps": 1, "batch": 2, "fusion_rate": 0.1, "warmup": 0}
    sft.run(recipe(folder, folder / "run", sft=stage1))
    return folder


def recipe(folder, out, **stages):
    model = {"base": str(folder / "widget"), "device": "cpu"}
    return Recipe.model_validate({"out": out, "name": "tuned", "seed": 3, "model": model, **stages})


def stage2(folder, out, *, base=None, **changes):
    plain = {
        "train": [folder / "ranked.jsonl"], "base": str(base or folder / "run" / "sft"), "steps": 4, "batch": 2,
        "learning_rate": 1e-3, "save_every": 2, "keep": 5, "log_every": 1, **changes,
    }  # fmt: skip
    return recipe(folder, out, edpo=plain)


@pytest.fixture(scope="module")
def done(data, tmp_path_factory):
    made = stage2(data, tmp_path_factory.mktemp("out"), eta=0.5, tau=2.0)
    return made, run(made)


def test_the_folder_says_what_was_done(done):
    made, outcome = done
    assert outcome.folder == made.folder("edpo")
    assert outcome.steps == 4
    assert len(outcome.losses) == 4
    told = json.loads((outcome.folder / "training.json").read_text())
    assert told["stage"] == "edpo"
    assert told["recipe"]["edpo"]["eta"] == 0.5
    assert told["data"][0]["records"] == 4
    assert "fusion" not in told["trained"]
    # The tie is left out, and that is said where people read it.
    assert "3 questions with 6 preference pairs; 1 left out" in (outcome.folder / "MODEL_CARD.md").read_text()
    assert list((outcome.folder / "logs").glob("events.*"))
    assert not list(outcome.folder.glob("*.bin"))


def test_the_fusion_is_active_but_frozen_and_the_tower_too(done, data):
    _, outcome = done
    before, after = (load_file(folder / WEIGHTS) for folder in (data / "run" / "sft", outcome.folder))
    assert before["alpha"].abs().item() > 1e-3
    # The embeddings of <fact> and </fact> beside it are the language model's, which learns.
    assert all(torch.equal(before[key], after[key]) for key in before if "token" not in key)
    before, after = (load_file(f / "model.safetensors") for f in (data / "run" / "sft", outcome.folder))
    changed = {key for key in before if not torch.equal(before[key], after[key])}
    assert any("language_model" in key for key in changed)
    assert not [key for key in changed if "vision_tower" in key]


def test_a_run_goes_on_after_its_last_checkpoint(done, data, tmp_path):
    made, outcome = done
    short = made.model_copy(update={"out": tmp_path})
    out = short.folder("edpo")
    out.mkdir(parents=True)
    # As a kill after the first checkpoint leaves it.
    (out / "checkpoints").mkdir()
    kept = whole_checkpoints(outcome.folder)[0]
    assert kept.name == "checkpoint-2"
    (out / "checkpoints" / kept.name).symlink_to(kept)
    told = json.loads((outcome.folder / "training.json").read_text())
    (out / "training.json").write_text(json.dumps({**told, "ended": ""}))
    again = run(short, resume=True)
    assert [loss for _, loss in again.losses] == pytest.approx([loss for _, loss in outcome.losses], abs=1e-5)


def test_refused_before_a_weight_is_loaded(data, tmp_path):
    (tmp_path / "ties.jsonl").write_text(record(0, scores=(3.0,) * 4, images=0).model_dump_json() + "\n")
    with pytest.raises(BadInput, match="none of them carries a preference"):
        run(stage2(data, tmp_path / "out", train=[tmp_path / "ties.jsonl"]))
    with pytest.raises(BadInput, match="no such folder"):
        run(stage2(data, tmp_path / "other", base=tmp_path / "gone"))
