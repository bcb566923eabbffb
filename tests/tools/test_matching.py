"""Distances between fields of vectors."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.models.encoders import Group
from sage_inspect.tools.matching import match, top_mean


def test_top_mean_by_hand():
    field = np.zeros((20, 20), np.float32)
    field[0, :4] = (1, 2, 3, 4)
    assert top_mean(field, 0.001) == 2.5


@pytest.mark.parametrize("shape", [(9, 11), (1, 11), (9, 2)])
def test_match_is_the_nearest_both_ways_near_and_a_step_further(shape):
    rng = np.random.default_rng(3)
    a, b = (rng.normal(size=(*shape, 12)).astype(np.float32) for _ in range(2))
    groups = [Group(slice(0, 7), 1.0, reach=2), Group(slice(7, 12), 0.5, reach=1, spacing=2)]
    ours, theirs = match(a, b, groups)
    for found, test, golden in ((ours, a, b), (theirs, b, a)):
        for g, (channels, _, reach, spacing, _) in enumerate(groups):
            for squared, steps in ((found.near[g], reach), (found.far[g], reach + 1)):
                assert np.allclose(
                    squared, by_hand(test[..., channels], golden[..., channels], steps, spacing), rtol=1e-3
                )
    assert (ours.far <= ours.near).all() and (ours.far < ours.near).any()


def by_hand(test, golden, reach, spacing):
    rows, columns = test.shape[:2]
    steps = range(-reach * spacing, reach * spacing + 1, spacing)
    return [
        [
            min(
                float(((test[y, x] - golden[y + v, x + u]) ** 2).sum())
                for v in steps
                for u in steps
                if 0 <= y + v < rows and 0 <= x + u < columns
            )
            for x in range(columns)
        ]
        for y in range(rows)
    ]


def test_equal_fields_match_without_rounding():
    field = 50 + np.random.default_rng(4).normal(size=(6, 6, 80)).astype(np.float32)
    ours, theirs = match(field, field.copy(), [Group(slice(0, 80), 1.0)])
    assert ours.near.max() == theirs.near.max() == 0


def test_a_single_odd_place_is_found_from_its_own_side_only():
    field = np.zeros((9, 9, 4), np.float32)
    odd = field.copy()
    odd[4, 4] = 3
    there, back = match(odd, field, [Group(slice(0, 4), 1.0)])
    assert there.near[0, 4, 4] == 36 and back.near.max() == 0
