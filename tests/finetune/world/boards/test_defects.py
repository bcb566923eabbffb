"""Planted defects: each type has the topology that it means, and is refused where it has not."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.finetune.world.boards.defects import MISSING, TYPES, Sites, components, plant
from sage_inspect.finetune.world.boards.layout import draw_layout


def window(mask, box, pad=14):
    return np.ascontiguousarray(mask[max(0, box.y1 - pad) : box.y2 + pad, max(0, box.x1 - pad) : box.x2 + pad])


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


@pytest.fixture(scope="module")
def sites():
    return Sites(draw_layout(np.random.default_rng(5), 400))


@pytest.mark.parametrize("kind", TYPES)
def test_the_box_holds_the_change_and_copper_goes_or_comes(sites, kind):
    before = sites.mask.copy()
    for seed in range(6):
        planted = plant(kind, sites, np.random.default_rng(seed))
        if planted is None:
            continue
        assert planted.type == kind
        changed = planted.mask != sites.mask
        ys, xs = np.nonzero(changed)
        assert tuple(planted.box) == (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
        assert (planted.mask[changed] == (0 if kind in MISSING else 1)).all()
        assert changed.sum() >= 9
        assert max(planted.box.x2 - planted.box.x1, planted.box.y2 - planted.box.y1) <= 76
    assert np.array_equal(sites.mask, before), "the clean board is not drawn on"


def test_a_defect_is_planted_beside_those_that_are_there(sites):
    first = plant("spur", sites, np.random.default_rng(1))
    second = plant("open", sites, np.random.default_rng(2), first.mask)
    kept = np.ones_like(sites.mask, bool)
    kept[second.box.y1 : second.box.y2, second.box.x1 : second.box.x2] = False
    assert np.array_equal(second.mask[kept], first.mask[kept])


def test_sites_keep_their_margin_and_their_phase():
    mask = draw_layout(np.random.default_rng(6), 400)
    sites = Sites(mask, margin=50)
    for act, distance in (("cut", 2.2), ("island", 5)):
        for copper in (True, False):
            found = [sites.point(act, copper, np.random.default_rng(seed)) for seed in range(10)]
            assert sum(site is not None for site in found) >= 5
            for y, x, room in filter(None, found):
                assert min(y, x) >= 50
                assert max(y, x) < 350
                assert mask[y, x] == copper
                assert room >= distance
    for seed in range(10):
        y, x, _ = sites.point("notch", True, np.random.default_rng(seed))
        assert mask[y, x] == 1
        assert not mask[y - 2 : y + 3, x - 2 : x + 3].all(), "at an edge"


def test_components_join_at_corners_and_crumbs_do_not_count():
    mask = np.zeros((20, 20), np.uint8)
    mask[2:5, 2:5] = mask[5:8, 5:8] = 1
    mask[15, 15] = 1
    assert (components(mask), components(mask, 1)) == (1, 2)
