"""Distances between fields of vectors."""

from __future__ import annotations

import numpy as np

from sage_inspect.models.encoders import Group
from sage_inspect.tools.descriptors import nearest
from sage_inspect.tools.matching import grouped, top_mean


def test_top_mean_by_hand():
    field = np.zeros((20, 20), np.float32)
    field[0, :4] = (1, 2, 3, 4)
    assert top_mean(field, 0.001) == 2.5


def test_grouped_is_the_root_of_the_groups_squares():
    rng = np.random.default_rng(3)
    test, golden = (rng.normal(size=(9, 11, 12)).astype(np.float32) for _ in range(2))
    groups = [Group(slice(0, 7), 1.0, reach=2), Group(slice(7, 12), 0.5, reach=1, spacing=2)]
    wanted = nearest(test[..., :7], golden[..., :7], 2) ** 2 + nearest(test[..., 7:], golden[..., 7:], 1, 2) ** 2
    assert np.allclose(grouped(test, golden, groups), np.sqrt(wanted), atol=1e-3)
    assert grouped(test, test, groups).max() == 0
