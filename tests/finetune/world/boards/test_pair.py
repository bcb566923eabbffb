"""Drawn boards: the same for the same seed, dark copper, exact boxes."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.finetune.world.boards.pair import draw_masks, draw_pair


def test_same_seed_same_board():
    first, second = draw_pair(3, size=320, defects=2), draw_pair(3, size=320, defects=2)
    assert first[0].tobytes() == second[0].tobytes()
    assert first[1].tobytes() == second[1].tobytes()
    assert first[2] == second[2]
    assert draw_pair(4, size=320, defects=2)[0].tobytes() != first[0].tobytes()


def test_pictures_have_the_asked_size_and_dark_copper():
    test, golden, truth = draw_pair(5, size=320, defects=1, style="bilevel")
    assert test.size == golden.size == (320, 320)
    assert test.mode == golden.mode == "RGB"
    assert len(truth) == 1
    _, mask, _ = draw_masks(5, 320, 1)
    luma = np.asarray(test.convert("L"))
    assert luma[mask == 1].mean() < 40 < 215 < luma[mask == 0].mean()


@pytest.mark.parametrize("seed", range(4))
def test_boxes_hold_the_whole_difference(seed):
    test, golden, truth = draw_masks(seed, 400, 3)
    covered = np.zeros_like(test, bool)
    for box, _ in truth:
        part = test[box.y1 : box.y2, box.x1 : box.x2] != golden[box.y1 : box.y2, box.x1 : box.x2]
        assert part.any(0).all() or part.any(1).any()
        assert part[0].any() and part[-1].any() and part[:, 0].any() and part[:, -1].any()
        covered[box.y1 : box.y2, box.x1 : box.x2] = True
    assert not (test != golden)[~covered].any()


def test_no_defects_no_difference():
    test, golden, truth = draw_masks(11, 320, 0)
    assert truth == []
    assert (test == golden).all()


def test_defects_lie_apart_and_of_the_types_asked_for():
    for seed in range(4):
        _, _, truth = draw_masks(seed, 400, 3, kinds=("spur", "open"))
        assert len(truth) == 3
        assert {kind for _, kind in truth} <= {"spur", "open"}
        for i, (a, _) in enumerate(truth):
            for b, _ in truth[:i]:
                gap = max(a.x1 - b.x2, b.x1 - a.x2, a.y1 - b.y2, b.y1 - a.y2)
                assert gap >= 40
