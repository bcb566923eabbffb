"""Checkpoints of the training loops: what comes back, what a full disk leaves, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from sage_inspect.errors import BadInput, RunFailed
from sage_inspect.finetune.nano.checkpoints import load_stage, save_stage


def parts(seed=0, width=3):
    torch.manual_seed(seed)
    made = nn.ModuleDict({"one": nn.Linear(width, 2)})
    optimizer = torch.optim.AdamW(made.parameters(), lr=0.1)
    made["one"](torch.ones(1, width)).sum().backward()
    optimizer.step()
    return made, optimizer


def test_everything_comes_back(tmp_path):
    first, optimizer = parts(0)
    save_stage(tmp_path / "deep" / "stage.pt", first, optimizer, 12.5, [3.0, 2.0])
    second, other = parts(1)
    assert not torch.equal(first["one"].weight, second["one"].weight)
    assert load_stage(tmp_path / "deep" / "stage.pt", second, other) == (12.5, [3.0, 2.0])
    assert torch.equal(first["one"].weight, second["one"].weight)
    moments = [o.state_dict()["state"][0]["exp_avg"] for o in (optimizer, other)]
    assert torch.equal(*moments), "the optimizer goes on where it was"
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["stage.pt"]


def test_without_a_checkpoint_training_begins(tmp_path):
    made, optimizer = parts()
    before = made["one"].weight.clone()
    assert load_stage(tmp_path / "stage.pt", made, optimizer) == (0.0, [])
    assert torch.equal(made["one"].weight, before)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on " + sys.platform)
def test_a_full_disk_keeps_the_checkpoint_before(tmp_path):
    path = tmp_path / "stage.pt"
    save_stage(path, *parts(0), 1.0, [1.0])
    whole = path.read_bytes()
    path.with_suffix(".new").symlink_to("/dev/full")
    with pytest.raises(RunFailed, match=r"stage.pt: the checkpoint cannot be written \(.*\); free some space; resume"):
        save_stage(path, *parts(1), 2.0, [1.0, 1.0])
    assert path.read_bytes() == whole
    assert not path.with_suffix(".new").is_symlink()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFailed, match="the checkpoint cannot be written"):
        save_stage(tmp_path / "file" / "stage.pt", *parts(), 1.0, [])


@pytest.mark.parametrize("kind", ["cut off", "another width", "no checkpoint", "pickled"])
def test_what_is_no_checkpoint_of_this_model_is_refused(tmp_path, kind):
    path = tmp_path / "stage.pt"
    save_stage(path, *parts(0, width=4 if kind == "another width" else 3), 1.0, [1.0])
    if kind == "cut off":
        path.write_bytes(path.read_bytes()[:200])
    elif kind == "no checkpoint":
        torch.save({"weights": {}}, path)
    elif kind == "pickled":
        torch.save({"parts": Path("/"), "optimizer": {}, "spent": 1.0, "losses": []}, path)
    with pytest.raises(BadInput, match="stage.pt: it is no whole checkpoint of this model") as told:
        load_stage(path, *parts())
    assert "\n" not in str(told.value)
