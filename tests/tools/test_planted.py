import numpy as np
import pytest

from sage_inspect.tools.planted import KINDS, plant


@pytest.mark.parametrize("shape", [(120, 160), (90, 200, 3)])
def test_only_what_the_mask_tells_is_changed(shape):
    ground = np.random.default_rng(0).integers(90, 160, shape).astype(np.uint8)
    planted, mask = plant(ground, np.random.default_rng(1), 4)
    assert planted.shape == shape and planted.dtype == np.uint8 and mask.shape == shape[:2]
    changed = np.abs(planted.astype(int) - ground)
    changed = changed if ground.ndim == 2 else changed.max(axis=2)
    assert changed[mask > 0].mean() > 8
    # Soft edges reach a few pixels beyond, not further.
    rows, columns = np.nonzero(changed > 3)
    near = [mask[max(0, y - 5) : y + 6, max(0, x - 5) : x + 6].any() for y, x in zip(rows, columns, strict=True)]
    assert all(near) and 0 < (mask > 0).mean() < 0.6


def test_the_same_seed_plants_the_same():
    ground = np.full((80, 80), 128, np.uint8)
    one, other = (plant(ground, np.random.default_rng(5))[0] for _ in range(2))
    assert np.array_equal(one, other) and not np.array_equal(one, plant(ground, np.random.default_rng(6))[0])


def test_kinds_are_a_distribution():
    assert sum(KINDS.values()) == pytest.approx(1)
