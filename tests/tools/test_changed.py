import cv2
import numpy as np
import pytest

from sage_inspect.schema import Box
from sage_inspect.tools.changed import changed_pixels, heated_pixels, object_pixels

BOX = Box(40, 30, 90, 80)


def ground(seed=0, colour=True):
    rng = np.random.default_rng(seed)
    picture = 150 + rng.normal(0, 4, (120, 140, 3))
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    return picture if colour else picture[..., 0]


def spotted(picture, value=60):
    test = picture.copy()
    test[45:65, 50:80] = value
    return test


@pytest.mark.parametrize("colour", [True, False])
def test_the_changed_pixels_and_no_others(colour):
    golden = ground(0, colour)
    found = changed_pixels(spotted(ground(1, colour)), golden, BOX)
    truth = np.zeros((50, 50), bool)
    truth[15:35, 10:40] = True
    assert (found.mask & truth).sum() >= 0.97 * truth.sum()
    assert (found.mask & ~truth).sum() <= 0.05 * truth.sum()
    assert found.narrow.sum() <= found.mask.sum() <= found.wide.sum()
    assert found.levels == pytest.approx(90, abs=15)


def test_another_light_is_no_change_and_hides_none():
    golden = ground(0)
    dark = np.clip(spotted(ground(1)).astype(int) - 30, 0, 255).astype(np.uint8)
    plain = np.clip(ground(1).astype(int) - 30, 0, 255).astype(np.uint8)
    assert changed_pixels(plain, golden, BOX) is None
    assert changed_pixels(dark, golden, BOX).mask.sum() == pytest.approx(600, rel=0.1)


def test_one_pixel_of_misregistration_does_not_count():
    golden = np.full((120, 140), 230, np.uint8)
    golden[:, 60:75] = 20
    assert changed_pixels(np.roll(golden, 1, axis=1), golden, BOX) is None
    assert changed_pixels(np.roll(golden, 4, axis=1), golden, BOX) is not None


def test_a_neighbouring_change_is_not_taken_for_noise():
    test = spotted(ground(1))
    test[45:65, 92:110] = 60
    assert changed_pixels(test, ground(0), BOX).mask.sum() == pytest.approx(600, rel=0.1)


def test_noise_alone_is_no_change():
    assert changed_pixels(ground(1), ground(2), BOX) is None


def test_grey_against_colour():
    assert changed_pixels(cv2.cvtColor(spotted(ground(1)), cv2.COLOR_RGB2GRAY), ground(0), BOX).mask.any()


def test_the_whole_image_has_no_surroundings():
    golden = ground(0)
    found = changed_pixels(spotted(ground(1)), golden, Box(0, 0, 140, 120))
    assert found.mask.sum() == pytest.approx(600, rel=0.1)


@pytest.mark.parametrize("value", [60, 240])
def test_an_object_on_its_ground_is_found_dark_or_light(value):
    found = object_pixels(spotted(ground(1), value), BOX)
    assert found.mask.sum() == pytest.approx(600, rel=0.08)
    assert not found.mask[0].any()


def test_a_plain_box_has_no_object():
    assert object_pixels(ground(1), BOX) is None
    assert object_pixels(np.full((120, 140), 7, np.uint8), BOX) is None


def test_a_heat_map_is_cut_at_half_its_peak():
    heat = np.zeros((120, 140), np.uint8)
    heat[40:60, 50:70] = 200
    heat[60:70, 50:70] = 80
    found = heated_pixels(heat, BOX)
    assert found.mask.sum() == 400
    assert found.wide.sum() == 600
    assert heated_pixels(np.zeros_like(heat), BOX) is None
