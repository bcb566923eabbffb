import cv2
import numpy as np
import pytest

from sage_inspect.finetune.world.boards.pair import draw_pair
from sage_inspect.tools.boards_difference import is_board_pair
from sage_inspect.tools.boards_tone import MIN_AREA, altered_tone, calm_tone, large_parts
from sage_inspect.tools.compare import compare_arrays
from sage_inspect.tools.geometry import translation, warp


def stripes(dark, light):
    """Stripes 30 light and 50 dark pixels wide, with noise of +-8 levels."""
    image = np.full((480, 640), dark, np.int16)
    for x in range(0, 640, 80):
        image[:, x : x + 30] = light
    return np.clip(image + np.random.default_rng(0).integers(-8, 9, image.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("dark", "light", "blot"), [(100, 200, 10), (100, 200, 60), (60, 200, 0), (100, 200, 255), (60, 190, 110)]
)
def test_a_blot_inside_one_tone_is_found_where_it_is(dark, light, blot):
    golden = stripes(dark, light)
    test = golden.copy()
    x1, x2 = (80, 110) if blot > light else (112, 158)
    test[200:250, x1:x2] = blot
    assert is_board_pair(test, [golden])
    found = compare_arrays(test, [golden], pad=0)
    assert found.score > 0.9 and [r.change for r in found.regions] == ["altered"] and found.heat[225, x1 + 15] > 0.9
    box = found.regions[0].box
    assert np.abs(np.subtract(box, (x1, 200, x2, 250))).max() <= 6


def test_a_blot_counts_only_if_no_golden_image_has_it():
    golden = stripes(100, 200)
    blotted = golden.copy()
    blotted[200:230, 120:150] = 20
    assert compare_arrays(blotted, [golden, blotted[:, ::1] - 1]).score == 0
    three = compare_arrays(blotted, [golden, golden + 1, golden + 2])
    assert three.p_value == pytest.approx(1 / 4) and len(three.regions) == 1


def test_light_noise_blur_and_shift_alter_no_tone():
    golden = stripes(100, 200)
    rng, ramp = np.random.default_rng(3), np.linspace(0.85, 1.05, 640)[None, :]
    for test in (
        warp(golden, translation(4, -3), (640, 480)),
        cv2.GaussianBlur(golden, (0, 0), 1.5),
        np.clip(golden * ramp, 0, 255),
        golden * 0.8,
        np.clip(golden + rng.normal(0, 10, golden.shape), 0, 255),
    ):
        found = compare_arrays(test.astype(np.uint8), [golden])
        assert found.score == 0 and found.regions == ()


@pytest.mark.parametrize("style", ["bilevel", "soft", "grey"])
def test_drawn_boards_have_no_altered_tone(style):
    for seed in (1, 2):
        test, golden, _ = draw_pair(seed, size=320, defects=1, style=style)
        found = compare_arrays(np.asarray(test), [np.asarray(golden)])
        assert all(r.change != "altered" for r in found.regions)


def test_small_parts_are_dropped():
    mask = np.zeros((40, 40), np.uint8)
    mask[5:9, 5:10], mask[20:24, 20:24] = 255, 255  # 20 and 16 pixels
    assert np.count_nonzero(large_parts(mask)) == MIN_AREA
    assert not large_parts(np.zeros((8, 8), np.uint8)).any()


def test_altered_tone_by_hand():
    golden = np.full((100, 100), 200, np.uint8)
    golden[:, :50] = 100
    mask = np.where(golden < 150, 255, 0).astype(np.uint8)
    test = golden.copy()
    test[40:50, 20:30] = 60  # 40 levels darker than the dark tone, bound 24
    test[70:80, 20:30] = 85  # 15 levels: not plain
    changed = altered_tone(calm_tone(test), golden, mask, mask, np.ones(mask.shape, bool))
    assert changed[44, 24] == 255 and not changed[60:].any() and not changed[:, 50:].any()
