"""Stage 1 on a tiny random model: it learns, it resumes on the same loss curve, and it fails in one clear line."""

from __future__ import annotations

import json
import shutil
import signal

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import TrainerCallback

from sage_inspect.errors import BadInput, RunFailed
from sage_inspect.finetune import sft, training
from sage_inspect.finetune.recipe import Recipe
from sage_inspect.finetune.training import Stopped, whole_checkpoints
from sage_inspect.models.engine import LocalEngine
from sage_inspect.models.fusion_files import WEIGHTS
from sage_inspect.models.request import Request, Turn

from ..models.conftest import build

QUESTION = "[F1] Extra copper joins two conductors.\nAbove is known.\nDoes it show a short?"
ANSWERS = ("True. Short: extra copper.", "False. The board [R1].")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A tiny model, and eight records: bright pictures are True, dark ones False."""
    folder = tmp_path_factory.mktemp("sft")
    build(folder / "widget")
    rng = np.random.default_rng(0)
    with (folder / "train.jsonl").open("w") as file:
        for n in range(8):
            level = 170 if n % 2 == 0 else 10
            pixels = rng.integers(level, level + 70, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{n}.png")
            images = [f"{n}.png", "0.png"][: 1 + n % 3 % 2]
            record = {"id": str(n), "images": images, "prompt": QUESTION, "answer": ANSWERS[n % 2]}
            file.write(json.dumps(record) + "\n")
    return folder


def recipe(base, out, *, lora: bool = False, **changes):
    model = {"base": str(base / "widget"), "device": "cpu"}
    if lora:
        model["lora"] = {"rank": 4, "alpha": 8, "dropout": 0.1}
    train = {
        "train": [base / "train.jsonl"], "steps": 8, "batch": 2, "learning_rate": 1e-2, "fusion_rate": 1e-1,
        "save_every": 3, "keep": 5, "log_every": 1, **changes,
    }  # fmt: skip
    return Recipe.model_validate({"out": out, "name": "tuned", "seed": 3, "model": model, "sft": train})


@pytest.fixture(scope="module", params=[False, True], ids=["full", "lora"])
def trained(request, base, tmp_path_factory):
    made = recipe(base, tmp_path_factory.mktemp("run"), lora=request.param)
    return made, sft.run(made)


def test_the_loss_falls_and_the_folder_answers(trained, base):
    made, outcome = trained
    losses = [loss for _, loss in outcome.losses]
    assert outcome.steps == 8
    assert np.mean(losses[-3:]) < 0.85 * np.mean(losses[:2])
    names = {path.name for path in outcome.folder.iterdir()}
    weights = "adapter_model.safetensors" if made.model.lora else "model.safetensors"
    assert {weights, WEIGHTS, "fusion.json", "sage.json", "training.json", "MODEL_CARD.md", "logs"} <= names
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pth"))]
    assert list((outcome.folder / "logs").glob("events.*"))
    engine = LocalEngine(outcome.folder, device="cpu")
    turn = Turn("user", (Image.open(base / "2.png"), Image.open(base / "0.png")), QUESTION)
    assert engine.generate(Request((turn,), max_new_tokens=8)).text
    assert engine.name.startswith("tuned@")
    engine.close()


def test_what_learned_and_what_was_frozen(trained, base):
    from safetensors.torch import load_file

    made, outcome = trained
    assert load_file(outcome.folder / WEIGHTS)["alpha"].abs() > 0.005
    if made.model.lora:
        kept = load_file(outcome.folder / "adapter_model.safetensors")
        assert all("lora_" in k or "multi_modal_projector" in k for k in kept)
        return
    before, after = (load_file(f / "model.safetensors") for f in (base / "widget", outcome.folder))
    assert not [k for k in after if "fact_fusion" in k]
    for key, value in before.items():
        frozen = "vision_tower" in key  # its batch statistics as well
        assert torch.equal(value, after[key][: len(value)] if value.dim() else after[key]) == frozen, key


def test_training_json_and_the_card(trained):
    made, outcome = trained
    told = json.loads((outcome.folder / "training.json").read_text())
    assert told["steps"] == 8
    assert told["ended"]
    assert told["recipe"]["seed"] == 3
    assert told["data"][0]["records"] == 8
    assert told["data"][0]["images"] == 8
    assert {"torch", "transformers", "trl"} <= told["versions"].keys()
    assert told["losses"] == [list(pair) for pair in outcome.losses]
    card = (outcome.folder / "MODEL_CARD.md").read_text()
    assert told["data"][0]["sha256"][:16] in card
    assert ("LoRA rank 4" in card) == bool(made.model.lora)


def test_a_killed_run_resumes_on_the_same_loss_curve(trained, base, tmp_path):
    made, outcome = trained
    again = made.model_copy(update={"out": tmp_path})
    # As a kill leaves it: one whole checkpoint, a half-written one, training.json without an end.
    out = again.folder("sft")
    shutil.copytree(outcome.folder / "checkpoints" / "checkpoint-3", out / "checkpoints" / "checkpoint-3")
    shutil.copytree(outcome.folder / "checkpoints" / "checkpoint-6", out / "checkpoints" / "checkpoint-6")
    state = out / "checkpoints" / "checkpoint-6" / "trainer_state.json"
    state.write_text(state.read_text()[:200])
    told = json.loads((outcome.folder / "training.json").read_text())
    (out / "training.json").write_text(json.dumps({**told, "ended": "", "losses": []}))
    resumed = sft.run(again, resume=True)
    assert resumed.losses == outcome.losses
    assert json.loads((out / "training.json").read_text())["resumed"] == [3]
    name = "adapter_model.safetensors" if made.model.lora else "model.safetensors"
    for file in (name, WEIGHTS):
        assert (out / file).read_bytes() == (outcome.folder / file).read_bytes()


class At(TrainerCallback):
    """Does something at the end of step 4, after the checkpoint of step 3."""

    def __init__(self, do) -> None:
        self.do = do

    def on_step_end(self, args, state, control, **_):
        if state.global_step == 4:
            self.do()


def at_step_4(monkeypatch, do):
    monkeypatch.setattr(training, "tensorboard", lambda out: [At(do)])


def test_ctrl_c_saves_and_goes_on(base, tmp_path, monkeypatch):
    made = recipe(base, tmp_path)
    before = signal.getsignal(signal.SIGINT)
    at_step_4(monkeypatch, lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(
        Stopped, match=r"stopped at step 4 of 8; the last checkpoint is checkpoint-4; go on with: .* --res"
    ) as told:
        sft.run(made)
    assert told.value.exit_code == 130
    assert signal.getsignal(signal.SIGINT) is before
    monkeypatch.undo()
    with pytest.raises(BadInput, match="it holds a run already; go on with --resume"):
        sft.run(made)
    assert [step for step, _ in sft.run(made, resume=True).losses] == list(range(1, 9))


@pytest.mark.parametrize("file", ["optimizer.pt", "tokenizer.json"])
def test_a_full_disk_leaves_the_last_checkpoint_whole(base, tmp_path, monkeypatch, file):
    made = recipe(base, tmp_path)
    out = made.folder("sft")

    def fill() -> None:  # /dev/full answers as a disk without space does
        folder = out / "checkpoints" / "checkpoint-6"
        folder.mkdir(parents=True)
        (folder / file).symlink_to("/dev/full")

    at_step_4(monkeypatch, fill)
    with pytest.raises(
        RunFailed, match=r"no space left on the disk; the last checkpoint, checkpoint-3, is whole; free"
    ):
        sft.run(made)
    assert [folder.name for folder in whole_checkpoints(out)] == ["checkpoint-3"]
    assert sorted(folder.name for folder in (out / "checkpoints").iterdir()) == ["checkpoint-3"]


def test_another_recipe_or_other_data_do_not_resume(trained, tmp_path, base):
    made, _ = trained
    changed = made.model_copy(update={"sft": made.sft.model_copy(update={"learning_rate": 1e-4})})
    with pytest.raises(BadInput, match=r"begun with another sft.learning_rate"):
        sft.run(changed, resume=True)
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps({"id": "0", "prompt": "x", "answer": "y"}) + "\n")
    with pytest.raises(BadInput, match=r"begun with another data"):
        sft.run(made.model_copy(update={"sft": made.sft.model_copy(update={"train": (other,)})}), resume=True)


def test_records_are_refused_by_name_before_training(base, tmp_path):
    long = tmp_path / "long.jsonl"
    long.write_text(json.dumps({"id": "seven", "prompt": "word " * 600, "answer": "y"}) + "\n")
    with pytest.raises(BadInput, match=r"record seven: \d+ tokens"):
        sft.run(recipe(base, tmp_path / "a", train=[long]))
    twice = tmp_path / "twice.jsonl"
    twice.write_text(2 * (json.dumps({"id": "eight", "prompt": "x", "answer": "y"}) + "\n"))
    with pytest.raises(BadInput, match="record eight: .* a second time"):
        sft.run(recipe(base, tmp_path / "b", train=[twice]))
