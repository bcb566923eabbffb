"""Distances between fields of vectors."""

from __future__ import annotations

import numpy as np

from sage_inspect.tools.descriptors import CHANNELS, GROUPS, nearest
from sage_inspect.tools.matching import grouped, top_mean


def test_top_mean_by_hand():
    field = np.zeros((20, 20), np.float32)
    field[0, :4] = (1, 2, 3, 4)
    assert top_mean(field, 0.001) == 2.5


def test_grouped_is_the_root_of_the_groups_squares():
    rng = np.random.default_rng(3)
    test, golden = (rng.normal(size=(9, 11, CHANNELS)).astype(np.float32) for _ in range(2))
    wanted = np.zeros((9, 11))
    for channels, _ in GROUPS.values():
        wanted += nearest(test[..., channels], golden[..., channels]) ** 2
    assert np.allclose(grouped(test, golden, tuple(GROUPS.values())), np.sqrt(wanted), atol=1e-3)
    assert grouped(test, test, tuple(GROUPS.values())).max() == 0
