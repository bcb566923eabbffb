"""Crop pairs: shapes, labels, masks that lie where the pictures differ, and the pool on disk."""

from __future__ import annotations

from itertools import islice

import numpy as np

from sage_inspect.finetune.world.boards.crops import LABELS, STORED, draw_crops, window_side
from sage_inspect.schema import Box


def test_crops_are_deterministic_and_balanced():
    first = list(islice(draw_crops(5), 120))
    second = list(islice(draw_crops(5), 5))
    assert all((a.test == b.test).all() and a.label == b.label for a, b in zip(first, second, strict=False))
    counts = np.bincount([c.label for c in first], minlength=len(LABELS))
    assert counts[0] > 30
    assert counts[1:].min() >= 6
    assert counts[1:].max() - counts[1:].min() <= 4


def test_masks_lie_where_the_pictures_differ():
    inside, outside = [], []
    for crop in islice(draw_crops(6), 80):
        assert crop.test.shape == crop.reference.shape == crop.mask.shape == (STORED, STORED)
        assert bool(crop.mask.any()) == (crop.label > 0)
        if crop.label:
            gap = np.abs(crop.test.astype(int) - crop.reference)
            inside.append(gap[crop.mask == 1].mean())
            outside.append(gap[crop.mask == 0].mean())
    assert np.mean(inside) > 3 * np.mean(outside)


def test_window_follows_the_agents_rule():
    rng = np.random.default_rng(0)
    sides = [window_side(Box(0, 0, 10, 10), rng) for _ in range(200)]
    # The rule gives 96 for a small box; a third of the windows vary about it.
    assert np.isclose(sides, 96).mean() > 0.5
    assert min(sides) >= 72
    assert max(sides) <= 200
    # A box of 70 px and a padding of 0..12 on each side: 1.6 x (70..94) = 112..150, times at most 1.6, at least 0.75.
    assert all(84 <= window_side(Box(0, 0, 70, 20), rng) <= 200 for _ in range(50))
