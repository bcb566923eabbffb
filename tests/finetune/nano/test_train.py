"""A tiny training run, end to end: losses fall, and what is finished is not trained again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sage_inspect.finetune.nano.train import STAGES, draw_pools, run, tokenizer_of, train

from .tiny_nano import TINY


def test_losses_fall(trained):
    _, losses = trained
    assert tuple(losses) == STAGES
    for stage in STAGES:
        third = max(1, len(losses[stage]) // 3)
        assert len(losses[stage]) >= 3
        assert np.mean(losses[stage][-third:]) < np.mean(losses[stage][:third])


def test_a_finished_run_resumes_without_training(trained):
    folder, losses = trained
    again = run(folder / "second", folder / "work", TINY, only_export=True)
    assert {k: len(v) for k, v in again.items()} == {k: len(v) for k, v in losses.items()}
    for name in ("model.safetensors", "fusion.safetensors"):
        assert (folder / "out" / name).read_bytes() == (folder / "second" / name).read_bytes()


def test_one_stage_alone_touches_no_other(trained, tmp_path):
    folder, losses = trained
    (tmp_path / "tokenizer").symlink_to(folder / "work" / "tokenizer")
    (tmp_path / "reading.pt").symlink_to(folder / "work" / "reading.pt")
    made = train(tmp_path, TINY, stages=("reading",), only_load=True)[3]
    assert made == {"reading": losses["reading"]}
    # Reading needs no picture.
    assert {p.name for p in tmp_path.iterdir()} == {"tokenizer", "reading.pt"}


def test_the_tokenizer_is_trained_once(trained):
    work = trained[0] / "work"
    first = tokenizer_of(work, TINY).get_vocab()
    assert tokenizer_of(work, replace(TINY, texts=1)).get_vocab() == first


def test_the_second_pool_holds_bare_boards_only(trained):
    world, boards = draw_pools(trained[0] / "work", TINY)
    assert (len(world), len(boards)) == TINY.pools
    assert {boards.family_names[i] for i in boards.families} == {"bare board"}
    assert len(set(world.families.tolist())) > 3


def test_shares_are_of_one_whole():
    assert sum(type(TINY)().shares) == pytest.approx(1)
