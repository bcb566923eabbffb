"""Bare boards as a family: what is planted is labelled, what is not planted is not there."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.finetune.world.boards import family as boards
from sage_inspect.finetune.world.boards.defects import MISSING, TYPES

BOARD = boards.FAMILIES[0]


def test_the_six_types_of_deeppcb_and_their_change():
    assert tuple(t.name for t in BOARD.types) == TYPES
    assert {t.name for t in BOARD.types if t.change == "missing"} == set(MISSING)


@pytest.mark.parametrize("size", [96, 256])
def test_defects_lie_in_their_masks(size):
    inside, outside, found = [], [], 0
    for seed in range(8):
        scene = boards.draw(np.random.default_rng(seed), size, ["open", "spur"])
        assert scene.test.shape == scene.golden.shape == (size, size, 3)
        gap = np.abs(scene.test.astype(int) - scene.golden).max(2)
        union = np.zeros((size, size), bool)
        for _, mask in scene.defects:
            assert mask.any()
            assert not (union & mask).any()
            union |= mask
            inside.append(gap[mask].mean())
        outside.append(gap[~union].mean())
        found += len(scene.defects)
    assert found >= 12
    assert np.mean(inside) > 10 * np.mean(outside)


def test_missing_copper_is_lighter_and_added_copper_darker():
    for kind, sign in (("open", 1), ("pin-hole", 1), ("short", -1), ("spurious copper", -1)):
        changes = []
        for seed in range(6):
            scene = boards.draw(np.random.default_rng(seed), 256, [kind])
            changes += [(scene.test.astype(int) - scene.golden)[mask].mean() for _, mask in scene.defects]
        assert changes
        assert all(sign * c > 0 for c in changes), kind


def test_most_photographs_are_black_and_white():
    levels = []
    for seed in range(40):
        scene = boards.photograph(np.random.default_rng(seed), 224, [])
        assert not scene.defects
        levels.append(((scene.golden < 40) | (scene.golden > 215)).mean() > 0.9)
    assert sum(levels) > 22
