import cv2
import numpy as np

from sage_inspect.tools.light import calm, jittered, main_colour_axis, match_light, project


def scene():
    image = np.full((120, 160, 3), (90, 120, 150), np.uint8)
    cv2.circle(image, (80, 60), 35, (200, 60, 60), -1)
    cv2.rectangle(image, (10, 10), (40, 50), (30, 160, 60), -1)
    return cv2.GaussianBlur(image, (0, 0), 1.5)


ALL = np.ones((120, 160), bool)


def test_equal_images_are_left_alone():
    image = scene()
    assert match_light(image, image, ALL) is image


def test_gain_slope_and_offset_are_undone():
    golden = scene()
    slope = np.linspace(0.85, 1.05, 160)[None, :, None]
    # An offset is told from a gain only where the tones allow it, hence the looser bound.
    for test, bound in ((golden * 0.8, 2.5), (golden * slope, 2.5), (golden + 20.0, 6)):
        matched = match_light(np.clip(test, 0, 255).astype(np.uint8), golden, ALL)
        assert np.abs(matched.astype(int) - golden).mean() < bound


def test_a_changed_patch_stays_changed():
    golden, test = scene(), scene()
    test[70:100, 20:50] = 10
    matched = match_light(test, golden, ALL)
    assert np.abs(matched[75:95, 25:45].astype(int) - golden[75:95, 25:45]).mean() > 60


def test_calm_takes_out_impulses_only_where_there_are_many():
    golden = scene()
    assert calm(golden) is golden
    noisy, rng = golden.copy(), np.random.default_rng(0)
    where = rng.random(golden.shape[:2])
    noisy[where < 0.03], noisy[where > 0.97] = 0, 255
    assert np.abs(calm(noisy).astype(int) - golden).mean() < 3


def test_colour_axis_sees_hue_that_luma_misses():
    image = np.full((60, 60, 3), (120, 120, 120), np.uint8)
    image[20:40, 20:40] = (180, 105, 40)  # about the same luma
    seen = project(image, main_colour_axis(image))
    assert abs(int(seen[30, 30]) - int(seen[5, 5])) > 80
    luma = image[..., 0]
    assert np.abs(project(luma, main_colour_axis(luma)).astype(int) - luma).max() <= 1


def test_jitter_keeps_shape_and_type():
    for variant in jittered(scene()):
        assert variant.shape == (120, 160, 3) and variant.dtype == np.uint8
