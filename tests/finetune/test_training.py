"""What both stages share: whole checkpoints, a full disk told in one line, space."""

from __future__ import annotations

import errno
import json

import pytest

from sage_inspect.errors import BadInput, RunFailed
from sage_inspect.finetune.training import (
    begin,
    check_space,
    whole_checkpoints,
    writing,
)


def checkpoint(out, step, text=None):
    folder = out / "checkpoints" / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    (folder / "trainer_state.json").write_text(json.dumps({"global_step": step}) if text is None else text)
    return folder


def test_only_whole_checkpoints_count_and_half_ones_go(tmp_path):
    checkpoint(tmp_path, 10)
    checkpoint(tmp_path, 9)
    broken = checkpoint(tmp_path, 20, '{"global_st')
    assert [folder.name for folder in whole_checkpoints(tmp_path)] == ["checkpoint-9", "checkpoint-10"]
    with pytest.raises(BadInput, match="it holds a run already; go on with --resume"):
        begin(tmp_path, resume=False)
    assert begin(tmp_path, resume=True).name == "checkpoint-10"
    assert not broken.exists()
    assert begin(tmp_path / "new", resume=True) is None


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("PytorchStreamWriter failed writing file data/0: file write failed"),
        RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_one_line(tmp_path, error):
    checkpoint(tmp_path, 10)
    with (
        pytest.raises(RunFailed, match="no space left on the disk; the last checkpoint, checkpoint-10, is whole"),
        writing(tmp_path, "again"),
    ):
        raise error


def test_other_errors_pass(tmp_path):
    with pytest.raises(ZeroDivisionError), writing(tmp_path):
        raise ZeroDivisionError
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(RunFailed, match="cannot be written"):
        begin(file / "out", resume=False)


def test_space_is_checked_with_what_the_run_holds_already(tmp_path):
    check_space(tmp_path / "not" / "there", 1000)
    with pytest.raises(RunFailed, match="GB are free and the run needs about"):
        check_space(tmp_path, 1 << 60)
    folder = checkpoint(tmp_path, 10)
    with (folder / "model.safetensors").open("wb") as file:
        file.truncate(1 << 40)  # sparse: a terabyte that takes no room
    check_space(tmp_path, 1 << 40)
