"""The coreset memory: what it keeps, and what it finds."""

from __future__ import annotations

import numpy as np

from sage_inspect.tools.encoders import CLASSICAL
from sage_inspect.tools.memory import build_memory_set, coreset, memory_difference


def test_a_coreset_leaves_nothing_far_away():
    rng = np.random.default_rng(0)
    crowd, lone = rng.normal(0, 0.01, (500, 8)), np.array([[5.0] * 8, [-5.0] * 8])
    vectors = np.concatenate([crowd, lone]).astype(np.float32)
    kept = coreset(vectors, 10)
    assert {500, 501} <= set(kept.tolist()), "the two far ones are taken before another of the crowd"
    assert len(set(kept.tolist())) == 10


def test_equal_vectors_are_taken_once():
    assert len(coreset(np.ones((50, 4), np.float32), 10)) == 1
    assert coreset(np.eye(3, dtype=np.float32), 10).tolist() == [0, 1, 2]


def test_a_spot_stands_out_and_a_shifted_texture_does_not():
    rng = np.random.default_rng(1)
    goldens = [np.clip(rng.normal(128, 20, (96, 96)), 0, 255).astype(np.uint8) for _ in range(3)]
    memory = build_memory_set(goldens, False, CLASSICAL)
    assert len(memory.leave_one_out) == 3 and min(memory.leave_one_out) > 0
    rolled = memory_difference(memory, np.roll(goldens[0], 17, axis=1), False)
    spotted = goldens[1].copy()
    spotted[40:56, 40:56] = 255
    found = memory_difference(memory, spotted, False)
    assert found.distance > 1.5 * rolled.distance
    y, x = np.unravel_index(found.field.argmax(), found.field.shape)
    assert 8 <= y <= 15 and 8 <= x <= 15, "cells of 4 pixels"
