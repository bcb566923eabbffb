"""The copper of bare boards: the same for the same seed, of two values, with tracks that can be cut."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sage_inspect.finetune.world.boards.defects import components
from sage_inspect.finetune.world.boards.layout import draw_layout


@pytest.fixture(scope="module")
def layouts():
    return [draw_layout(np.random.default_rng(seed), 400) for seed in range(24)]


def test_one_seed_one_board(layouts):
    assert np.array_equal(layouts[0], draw_layout(np.random.default_rng(0), 400))
    assert len({mask.tobytes() for mask in layouts}) == len(layouts)


@pytest.mark.parametrize("size", [96, 224, 640])
def test_a_mask_of_two_values(size):
    mask = draw_layout(np.random.default_rng(1), size)
    assert mask.shape == (size, size)
    assert mask.dtype == np.uint8
    assert set(np.unique(mask)) <= {0, 1}


def test_boards_are_neither_bare_nor_full(layouts):
    shares = np.array([mask.mean() for mask in layouts])
    assert ((shares > 0.06) & (shares < 0.94)).mean() > 0.9
    assert shares.std() > 0.1, "sparse ones and poured ones"
    assert np.median([components(mask) for mask in layouts]) >= 4


def test_copper_lies_everywhere(layouts):
    heat = np.mean(layouts, axis=0)
    cells = cv2.resize(heat, (4, 4), interpolation=cv2.INTER_AREA)
    assert cells.min() > 0.15
    assert cells.max() < 0.85


def test_gaps_and_tracks_are_wide_enough_to_be_seen(layouts):
    # Half the width along the middle of most copper and most of the board between it, in pixels.
    for phase in (0, 1):
        widths = []
        for mask in layouts:
            distance = cv2.distanceTransform((mask == phase).astype(np.uint8), cv2.DIST_L2, 3)
            crest = (distance >= cv2.dilate(distance, np.ones((5, 5))) - 0.01) & (distance > 0)
            widths.append(np.median(distance[crest]))
        assert np.median(widths) > 2.2
        assert np.mean(np.array(widths) < 1.5) < 0.1


def test_corners_of_a_bus_keep_its_lanes_apart():
    from sage_inspect.finetune.world.boards.layout import _offset

    path = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 80.0], [180.0, 160.0]])
    for distance in (6.0, -6.0):
        lane = _offset(path, distance)
        for a, b, c, d in zip(path, path[1:], lane, lane[1:], strict=False):
            along = (b - a) / np.linalg.norm(b - a)
            normal = np.array([-along[1], along[0]])
            # Each piece of the lane runs beside its own piece of the path.
            assert (c - a) @ normal == pytest.approx(distance, abs=1e-6)
            assert (d - b) @ normal == pytest.approx(distance, abs=1e-6)
