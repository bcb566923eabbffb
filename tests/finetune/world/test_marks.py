"""Defects that look alike everywhere, painted on even ground: each has the look its clauses tell of."""

import numpy as np
import pytest

from sage_inspect.finetune.world import marks
from sage_inspect.finetune.world.draw import Pair, noise


def painted(paint, seed, **kwargs):
    """The change in luma that a mark makes on grey ground of light grain, its mask, and the ground."""
    ground = np.clip(130 + 8 * noise(np.random.default_rng(seed), (256, 256), 2), 0, 255)
    pair = Pair(np.repeat(ground.astype(np.uint8)[..., None], 3, axis=2))
    for attempt in range(20):
        made = paint(pair, np.random.default_rng((seed, attempt)), **kwargs)
        if made is not None and pair.plant("mark", *(made if len(made) == 2 else (made[0], made[2]))):
            return (pair.test.astype(float) - pair.golden).mean(axis=2), pair.defects[0][1]
    raise AssertionError("never planted")


def shape(mask):
    """Direction of the long axis in radians (0..pi), and how much longer than wide."""
    ys, xs = np.nonzero(mask)
    values, vectors = np.linalg.eigh(np.cov(np.stack([xs, ys])))
    return float(np.arctan2(vectors[1, 1], vectors[0, 1]) % np.pi), float(np.sqrt(values[1] / max(values[0], 1e-6)))


def apart(one, other):
    """The angle between two directions."""
    return abs((one - other + np.pi / 2) % np.pi - np.pi / 2)


@pytest.mark.parametrize("seed", range(6))
def test_a_scratch_is_thin_and_crosses_the_grain(seed):
    angle, long = shape(painted(marks.scratch, seed, along=0.4)[1])
    assert long > 4 and apart(angle, 0.4) > 0.25


@pytest.mark.parametrize("seed", range(6))
def test_a_crack_is_dark_and_follows_the_grain(seed):
    change, mask = painted(marks.crack, seed, along=1.0)
    angle, long = shape(mask)
    assert long > 2.2 and apart(angle, 1.0) < 0.4 and change[mask].mean() < -15


@pytest.mark.parametrize("seed", range(4))
def test_a_dent_faces_the_light_with_one_side(seed):
    change, mask = painted(marks.dent, seed, light=0.0)
    xs = np.nonzero(mask)[1]
    weights = change[mask]
    bright, dark = xs[weights > 8].mean(), xs[weights < -8].mean()
    # The light comes from the right: a hollow's far wall, on the left, is turned towards it.
    assert bright < dark


@pytest.mark.parametrize("seed", range(4))
def test_a_burn_is_darkest_in_the_middle_and_a_hole_dark_all_over(seed):
    for paint, even, kwargs in ((marks.burn, False, {}), (marks.hole, True, {"low": 20.0, "high": 60.0})):
        change, mask = painted(paint, seed, **kwargs)
        ys, xs = np.nonzero(mask)
        away = np.hypot(ys - ys.mean(), xs - xs.mean())
        inner, outer = (
            change[mask][away < np.quantile(away, 0.3)].mean(),
            change[mask][away > np.quantile(away, 0.8)].mean(),
        )
        assert inner < -40 and bool(outer < 0.55 * inner) is even


def test_a_stain_is_flat_and_round_and_a_gouge_long_and_shaded():
    for seed in range(4):
        assert shape(painted(marks.stain, seed)[1])[1] < 3
        change, mask = painted(marks.gouge, seed, light=1.0)
        assert shape(mask)[1] > 1.4 and change[mask].max() > 15 and change[mask].min() < -15
