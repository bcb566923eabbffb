"""The pool on disk: drawn once, the same after a kill and with several processes, refused for other settings."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sage_inspect.errors import BadInput
from sage_inspect.finetune.world import crops
from sage_inspect.finetune.world.crops import STORED, WorldPool, draw_windows
from sage_inspect.finetune.world.families import family, label_names

BOARD = [family("bare board")]


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(crops, "BLOCK", 16)


def test_arrays_hold_the_windows(tmp_path, small_blocks):
    pool = WorldPool.draw(tmp_path / "pool", 40, seed=3, families=BOARD)
    assert len(pool) == 40
    assert pool.images.shape == (40, 3, STORED, STORED)
    assert pool.label_names == label_names()
    first = next(draw_windows((3, 1), BOARD))
    assert (pool.images[16] == (first.test, first.golden, first.mask)).all()
    assert (pool.labels[16], pool.families[16], pool.places[16], pool.sizes[16]) == (
        first.label, first.family, first.place, first.size,
    )  # fmt: skip
    assert {pool.label_names[i] for i in pool.labels} > {"none", "open"}


def test_a_killed_run_goes_on_and_ends_the_same(tmp_path, small_blocks):
    whole = WorldPool.draw(tmp_path / "whole", 40, seed=3, families=BOARD)
    WorldPool.draw(tmp_path / "cut", 40, seed=3, families=BOARD)
    # As a kill in the second block leaves it: its windows half written, its line cut off.
    images = np.load(tmp_path / "cut" / "images.npy", mmap_mode="r+")
    images[20:] = 7
    images.flush()
    (tmp_path / "cut" / "done.txt").write_text("0\n1")
    untouched = images[:16].copy()
    again = WorldPool.draw(tmp_path / "cut", 40, seed=3, families=BOARD)
    assert (again.images[:16] == untouched).all()
    assert (again.images == whole.images).all()
    assert (again.labels == whole.labels).all()
    assert (tmp_path / "cut" / "done.txt").read_text() == "0\n1\n2\n"


def test_a_complete_pool_is_only_opened(tmp_path, small_blocks):
    WorldPool.draw(tmp_path / "pool", 8, seed=3, families=BOARD)
    before = (tmp_path / "pool" / "images.npy").stat().st_mtime_ns
    WorldPool.draw(tmp_path / "pool", 8, seed=3, families=BOARD)
    assert (tmp_path / "pool" / "images.npy").stat().st_mtime_ns == before


def test_other_settings_and_no_windows_are_refused(tmp_path, small_blocks):
    WorldPool.draw(tmp_path / "pool", 8, seed=3, families=BOARD)
    with pytest.raises(BadInput, match="seed"):
        WorldPool.draw(tmp_path / "pool", 8, seed=4, families=BOARD)
    with pytest.raises(BadInput, match="count 0"):
        WorldPool.draw(tmp_path / "none", 0, seed=4)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="file"):
        WorldPool.draw(tmp_path / "file" / "pool", 8, seed=4)
    about = json.loads((tmp_path / "pool" / "pool.json").read_text())
    about["labels"] = about["labels"][:-1]
    (tmp_path / "pool" / "pool.json").write_text(json.dumps(about))
    with pytest.raises(BadInput, match="labels"):
        WorldPool.draw(tmp_path / "pool", 8, seed=3, families=BOARD)
