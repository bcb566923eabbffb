"""The command that trains nano: what it needs, and which checkpoints a run that does not resume takes away."""

from __future__ import annotations

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.finetune.nano.__main__ import main


def test_a_model_needs_a_folder(capsys):
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2
    assert "--out is needed (or --only a stage)" in capsys.readouterr().err


def test_one_stage_begins_anew_and_leaves_the_others(tmp_path, encoder):
    encoder.tokenizer.save_pretrained(tmp_path / "tokenizer")
    for stage in ("vision", "reading"):
        (tmp_path / f"{stage}.pt").write_bytes(b"old")
    only = ["--work", str(tmp_path), "--minutes", "0", "--only", "reading"]
    with pytest.raises(BadInput, match="reading.pt"):
        main([*only, "--resume"])
    main(only)
    assert not (tmp_path / "reading.pt").exists()
    assert (tmp_path / "vision.pt").read_bytes() == b"old"
    assert (tmp_path / "tokenizer").is_dir(), "reading and vision may run side by side on one tokenizer"
