import numpy as np

from sage_inspect.tools.descriptors import CHANNELS, GROUPS, describe_cells, nearest


def picture(seed=0):
    return np.random.default_rng(seed).integers(0, 255, (64, 96, 3), dtype=np.uint8)


def test_shape_type_and_groups_cover_all_channels():
    cells = describe_cells(picture())
    assert cells.shape == (16, 24, CHANNELS) and cells.dtype == np.float32 and np.isfinite(cells).all()
    covered = sorted(i for channels, _ in GROUPS.values() for i in range(CHANNELS)[channels])
    assert covered == list(range(CHANNELS))


def test_flat_image_is_described_without_noise():
    cells = describe_cells(np.full((64, 64, 3), 128, np.uint8))
    assert np.abs(cells[..., :18]).max() < 1e-2


def test_nearest_is_zero_for_equal_and_for_a_shift_within_the_radius():
    cells = np.random.default_rng(1).normal(size=(12, 14, 5)).astype(np.float32)
    assert nearest(cells, cells).max() == 0
    moved = np.roll(cells, (1, 2), axis=(0, 1))
    assert nearest(moved, cells)[3:-3, 3:-3].max() == 0
    assert nearest(moved, cells, reach=1)[3:-3, 3:-3].min() > 0.01


def test_nearest_by_hand():
    test, golden = np.zeros((5, 5, 1), np.float32), np.full((5, 5, 1), 3, np.float32)
    golden[2, 2] = 1
    assert nearest(test, golden, reach=1)[1, 1] == 1 and nearest(test, golden, reach=1)[0, 0] == 3
