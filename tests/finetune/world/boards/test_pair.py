"""Drawn boards: determinism, exact boxes, and the topology that each defect type means."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.finetune.world.boards.defects import TYPES, Sites, components, plant
from sage_inspect.finetune.world.boards.layout import draw_layout
from sage_inspect.finetune.world.boards.pair import draw_masks, draw_pair


def window(mask, box, pad=14):
    return np.ascontiguousarray(mask[max(0, box.y1 - pad) : box.y2 + pad, max(0, box.x1 - pad) : box.x2 + pad])


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


@pytest.mark.parametrize("kind", TYPES)
def test_each_type_has_its_topology(kind):
    made = 0
    for seed in range(12):
        rng = np.random.default_rng((seed, 99))
        clean = draw_layout(rng, 400)
        planted = plant(kind, Sites(clean), rng)
        if planted is None:
            continue
        made += 1
        before, after = window(clean, planted.box), window(planted.mask, planted.box)
        copper = components(after, 1) - components(before, 1)
        holes = components(1 - after, 1) - components(1 - before, 1)
        added = int(after.sum()) - int(before.sum())
        if kind == "open":
            assert copper > 0 > added
        elif kind == "short":
            assert holes > 0 < added  # a bridge parts the ground between two conductors
        elif kind == "mousebite":
            assert copper == 0 == holes and added < 0
        elif kind == "spur":
            assert copper == 0 == holes and added > 0
        elif kind == "spurious copper":
            assert copper > 0 == holes and added > 0
        else:
            assert holes > 0 == copper and added < 0
    assert made >= 8


def test_short_joins_two_conductors():
    # Two parallel bars, 12 px apart: the only possible short joins them.
    mask = np.zeros((200, 200), np.uint8)
    mask[70:90], mask[102:122] = 1, 1
    planted = plant("short", Sites(mask), np.random.default_rng(0))
    assert planted is not None
    assert components(mask) == 2
    assert components(planted.mask) == 1


def test_open_parts_one_conductor():
    mask = np.zeros((200, 200), np.uint8)
    mask[90:102] = 1
    planted = plant("open", Sites(mask), np.random.default_rng(0))
    assert planted is not None
    assert components(mask) == 1
    assert components(planted.mask) == 2


def test_a_board_without_room_yields_nothing():
    assert plant("open", Sites(np.zeros((120, 120), np.uint8)), np.random.default_rng(0)) is None
    assert plant("spur", Sites(np.ones((120, 120), np.uint8)), np.random.default_rng(0)) is None
