"""The drawing helpers: noise, shapes, light, and planting a defect."""

import numpy as np
import pytest

from sage_inspect.finetune.world import draw


def rng(seed=0):
    return np.random.default_rng(seed)


def test_noise_has_unit_variance_and_the_grain_asked_for():
    def width(field, axis):
        field = field - field.mean()
        moved = np.roll(field, 4, axis)
        return (field * moved).mean() / (field * field).mean()

    fields = [draw.noise(rng(seed), (256, 256), 3) for seed in range(6)]
    assert abs(np.mean(fields)) < 0.15 and 0.8 < np.std(fields) < 1.2
    coarse = draw.noise(rng(), (256, 256), 20)
    assert width(coarse, 0) > 0.8 > 0.4 > width(fields[0], 0)
    long = draw.noise(rng(), (256, 256), 3, stretch=20, angle=0.0)
    assert width(long, 1) > 0.7 > 0.4 > width(long, 0)
    turned = draw.noise(rng(), (256, 256), 3, stretch=20, angle=np.pi / 2)
    assert width(turned, 0) > 0.7 > 0.4 > width(turned, 1)
    assert draw.noise(rng(), (30, 50), 3).shape == (30, 50)
    assert np.array_equal(draw.noise(rng(4), (64, 64), 2), draw.noise(rng(4), (64, 64), 2))


def test_noise_is_whole_beyond_the_sheets_edge():
    # A seam would be a jump larger than any within.
    wide = draw.noise(rng(2), (64, 2048), 6)
    steps = np.abs(np.diff(wide, axis=1)).max(axis=0)
    assert steps.max() < 1.6


def test_cloud_has_detail_at_every_scale():
    plain, rich = draw.noise(rng(1), (256, 256), 40), draw.cloud(rng(1), (256, 256), 40, 4)
    assert np.abs(np.diff(rich)).mean() > 1.5 * np.abs(np.diff(plain)).mean()


def test_colour_and_luma():
    assert draw.rgb(0.0, 1.0, 1.0).tolist() == [255, 0, 0]
    assert draw.rgb(1.0, 1.0, 1.0).tolist() == [255, 0, 0]
    assert draw.luma(np.full((2, 2, 3), 100, np.uint8)) == pytest.approx(np.full((2, 2), 100), abs=1e-3)


def test_relief_is_bright_towards_the_light():
    x = np.arange(32, dtype=np.float32)[None].repeat(32, axis=0)
    slope = draw.relief(x, light=np.pi)  # rises to the right, so its face looks left
    assert slope[16, 16] == pytest.approx(1, abs=0.05)
    assert draw.relief(x, light=0.0)[16, 16] == pytest.approx(-1, abs=0.05)


def test_shapes_have_the_size_asked_for():
    for seed in range(5):
        points = draw.outline(rng(seed), 10.0)
        assert 8 < np.abs(points).max() < 14.2
        line = draw.path(rng(seed), 30.0, 0.3)
        assert np.linalg.norm(line[0] - line[-1]) == pytest.approx(30, rel=0.1)
    band = draw.ribbon(np.array([[0.0, 0.0], [5.0, 0.0], [10.0, 0.0]]), 4.0)
    assert np.ptp(band[:, 1]) == pytest.approx(4) and np.ptp(band[:, 0]) == pytest.approx(10)
    assert draw.spin(np.array([[1.0, 0.0]]), np.pi / 2) == pytest.approx(np.array([[0.0, 1.0]]))
    lengths = [draw.extent(rng(seed), 256) for seed in range(300)]
    assert 8 <= min(lengths) < 11 and 70 < max(lengths) <= 80
    assert min(draw.extent(rng(seed), 96) for seed in range(50)) == 6


def test_a_patch_fills_where_its_shape_lies():
    patch = draw.Patch(np.zeros((64, 64, 3), np.uint8), 40.0, 20.0, 12.0)
    square = np.array([[-4.0, -4.0], [4.0, -4.0], [4.0, 4.0], [-4.0, 4.0]])
    alpha = patch.fill(square)
    near = (np.abs(patch.dx) < 3) & (np.abs(patch.dy) < 3)
    far = (np.abs(patch.dx) > 6) | (np.abs(patch.dy) > 6)
    assert (alpha[near] == 1).all() and (alpha[far] == 0).all()
    assert patch.distance().min() == 0
    # Cut off by the picture's edge, it still knows its centre.
    corner = draw.Patch(np.zeros((64, 64, 3), np.uint8), 2.0, 2.0, 10.0)
    assert corner.shape == (14, 14) and corner.fill(square)[2, 2] == 1


def _pair():
    return draw.Pair(np.full((256, 256, 3), 120, np.uint8))


def _disc(pair, x, y, change, radius=8):
    patch = pair.patch(x, y, 14)
    return patch, patch.pixels + (patch.distance() < radius)[..., None].astype(np.float32) * change


def test_planting_changes_the_mask_and_nothing_else():
    pair = _pair()
    assert pair.plant("spot", *_disc(pair, 100, 80, 40))
    (name, mask), changed = pair.defects[0], (pair.test != pair.golden).any(axis=2)
    assert name == "spot" and np.array_equal(mask, changed) and 190 < mask.sum() < 210
    assert (pair.test[mask] == 160).all()


def test_a_weak_defect_is_made_visible_or_refused():
    pair = _pair()
    assert pair.plant("weak", *_disc(pair, 60, 60, 7))
    assert pair.test[60, 60, 0] - 120 >= draw.VISIBLE
    assert not pair.plant("weak", *_disc(pair, 160, 60, 7), stronger=0)
    assert not pair.plant("small", *_disc(pair, 160, 60, 80, radius=2))
    assert not pair.plant("nothing", *_disc(pair, 160, 160, 0))
    assert len(pair.defects) == 1


def test_on_a_busy_ground_more_is_asked_for():
    ground = np.where(np.random.default_rng(0).random((256, 256, 1)) < 0.5, 60, 180).repeat(3, 2).astype(np.uint8)
    for change, planted in ((20, False), (60, True)):
        pair = draw.Pair(ground)
        assert pair.plant("spot", *_disc(pair, 100, 100, change), stronger=0) is planted


def test_defects_keep_apart_and_off_the_rim():
    pair = _pair()
    assert pair.plant("one", *_disc(pair, 100, 100, 40))
    assert not pair.plant("two", *_disc(pair, 110, 100, 40))
    assert not pair.plant("rim", *_disc(pair, 3, 100, 40))
    assert not pair.free(105, 100, 4) and pair.free(160, 160, 10)
    assert all(pair.free(*pair.place(rng(seed), 12), 12) for seed in range(20))
    assert draw.Pair(np.zeros((96, 96, 3), np.uint8)).place(rng(), 200) is not None


def test_plant_all_leaves_out_what_finds_no_room():
    def never(pair, rng):
        return None

    def spot(pair, rng):
        return _disc(pair, *pair.place(rng, 12), 50)

    golden = np.full((256, 256, 3), 120, np.uint8)
    scene = draw.plant_all(golden, rng(), ["spot", "never", "spot"], {"spot": spot, "never": never})
    assert [name for name, _ in scene.defects] == ["spot", "spot"]
    assert scene.golden is golden and not (scene.defects[0][1] & scene.defects[1][1]).any()


def test_a_finished_picture_is_lit_and_within_range():
    flat = np.full((64, 64, 3), 250, np.float32)
    out = draw.finish(rng(3), flat)
    assert out.dtype == np.uint8 and out.max() <= 255 and 200 < out.mean() <= 255
