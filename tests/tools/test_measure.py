import cv2
import numpy as np
import pytest

from sage_inspect.errors import BadInput
from sage_inspect.images import encode_png
from sage_inspect.schema import Box, Comparison, Region, Registration
from sage_inspect.tools.compare import compare
from sage_inspect.tools.measure import measure

BOX = (60, 60, 180, 160)


def plate(seed=0):
    rng = np.random.default_rng(seed)
    soft = cv2.GaussianBlur(rng.normal(0, 60, (240, 300)).astype(np.float32), (0, 0), 9)
    return np.clip(150 + soft + rng.normal(0, 3, soft.shape), 0, 255).astype(np.uint8)


def scratched(seed=0, angle=25.0):
    """A dark bar of 70 x 8 pixels around (120, 110), turned."""
    test = plate(seed)
    y, x = np.mgrid[:240, :300]
    turn = np.deg2rad(angle)
    along = (x - 120) * np.cos(turn) + (y - 110) * np.sin(turn)
    across = (y - 110) * np.cos(turn) - (x - 120) * np.sin(turn)
    test[(np.abs(along) <= 35) & (np.abs(across) <= 4)] = 30
    return test


def laid_over(images, test, golden, regions=(), heat=None, **how):
    """A comparison made by hand: the golden image lies over the test image as it is."""
    refs = [images.put(i) for i in (test, golden)]
    registration = Registration(**{"method": "identity", "confidence": 1.0, **how})
    heatmap = None if heat is None else images.put(heat)
    return Comparison(
        test=refs[0],
        references=(refs[1],),
        aligned=refs[1],
        score=0.9,
        regions=regions,
        registration=registration,
        heatmap=heatmap,
    )


def within(quantity, truth):
    return abs(quantity.value - truth) <= quantity.uncertainty


def test_a_scratch_is_measured_along_itself(images):
    found = measure(laid_over(images, scratched(), plate()), BOX, images=images, mm_per_pixel=0.05)
    assert found.basis == "changed pixels"
    assert within(found.length, 70) and within(found.breadth, 8)
    # 70 cos 25 + 8 sin 25 = 66.8, 70 sin 25 + 8 cos 25 = 36.8
    assert within(found.width, 66.8) and within(found.height, 36.8)
    assert within(found.area, 560)
    assert (found.count, found.form, found.note) == (1, "elongated", "")
    assert found.length.mm == pytest.approx(found.length.value * 0.05, rel=1e-3)
    assert found.area.mm == pytest.approx(found.area.value * 0.0025, rel=1e-3)
    assert found.length.mm_uncertainty == pytest.approx(found.length.uncertainty * 0.05, rel=1e-3)


def test_a_region_of_a_real_comparison(images):
    comparison = compare(scratched(), plate(), images=images)
    found = measure(comparison, "R1", images=images)
    assert (found.region, found.box) == ("R1", comparison.regions[0].box)
    assert within(found.length, 70)
    assert found.length.mm is None and found.mm_per_pixel is None
    box = comparison.regions[0].box
    assert found.width.value < box.x2 - box.x1, "the region's margin is not measured"


def test_without_a_golden_image_the_object_in_the_box_is_measured(images, tmp_path):
    path = tmp_path / "plate.png"
    path.write_bytes(encode_png(scratched()))
    for source in (path, str(path), path.read_bytes(), scratched(), images.put(path), images.put(path).sha256):
        found = measure(source, BOX, images=images)
        assert found.basis == "object pixels"
        assert within(found.length, 70) and within(found.breadth, 8)


def test_where_nothing_stands_out_the_box_itself_is_told(images):
    found = measure(np.full((90, 90), 120, np.uint8), (10, 10, 30, 20), images=images)
    assert (found.basis, found.count, found.form) == ("box", None, None)
    assert (found.length.value, found.breadth.value, found.area.value) == (20, 10, 200)
    assert "nothing stands out" in found.told()


def test_a_difference_of_texture_is_measured_from_the_heat_map_and_said_to_be_coarse(images):
    heat = np.zeros((240, 300), np.uint8)
    heat[80:120, 90:150] = 180
    comparison = laid_over(images, plate(), plate(), heat=heat)
    found = measure(comparison, BOX, images=images)
    assert found.basis == "heat map"
    assert within(found.length, 60) and within(found.breadth, 40)
    assert found.length.uncertainty >= 2
    assert "coarse" in found.told()


def test_pieces_are_counted(images):
    golden = np.full((240, 300), 200, np.uint8)
    test = golden.copy()
    for x in (80, 110, 140):
        cv2.circle(test, (x, 100), 5, 20, -1)
    found = measure(laid_over(images, test, golden), BOX, images=images)
    assert (found.count, found.form) == (3, "scattered")


def test_what_goes_on_beyond_the_box_is_doubted(images):
    found = measure(laid_over(images, scratched(), plate()), (100, 60, 180, 160), images=images)
    assert "edge of the box" in found.note
    whole = np.full((60, 60), 200, np.uint8)
    whole[20:40, :30] = 10
    assert "edge of the image" in measure(whole, (0, 0, 60, 60), images=images).note


def test_a_golden_image_that_hardly_agrees_is_told(images):
    found = measure(laid_over(images, scratched(), plate(), confidence=0.6), BOX, images=images)
    assert "agree by 0.60 only" in found.note and found.note in found.told()


def test_large_numbers_are_told_without_an_exponent(images):
    golden = np.full((240, 300), 200, np.uint8)
    test = golden.copy()
    test[20:220, 30:270] = 20
    told = measure(laid_over(images, test, golden), (10, 10, 290, 230), images=images).told()
    assert "area 48000 ± " in told and "e+" not in told


def test_a_soft_edge_is_less_sure_than_a_sharp_one(images):
    golden = np.full((240, 300), 200, np.uint8)
    test = golden.copy()
    test[80:140, 90:150] = 20
    soft = cv2.GaussianBlur(test, (0, 0), 12)
    sharp = measure(laid_over(images, test, golden), (40, 40, 200, 180), images=images)
    blurred = measure(laid_over(images, soft, golden), (40, 40, 200, 180), images=images)
    assert blurred.width.uncertainty > 1.5 * sharp.width.uncertainty
    assert within(sharp.width, 60) and within(blurred.width, 60)


@pytest.mark.parametrize("scale", [0, -0.1, float("nan"), float("inf"), 1e6])
def test_a_scale_that_is_none_is_refused(images, scale):
    with pytest.raises(BadInput, match="mm_per_pixel"):
        measure(plate(), BOX, images=images, mm_per_pixel=scale)


def test_another_object_is_not_measured_against(images):
    region = Region(id="R1", box=Box(*BOX), score=0.5)
    comparison = laid_over(images, plate(), plate(1), (region,), comparable=False, note="another object")
    with pytest.raises(BadInput, match="another object"):
        measure(comparison, "R1", images=images)


def test_a_region_that_is_not_there_is_refused(images):
    with pytest.raises(BadInput, match="R7"):
        measure(compare(scratched(), plate(), images=images), "R7", images=images)


def test_a_truncated_image_is_refused_in_one_line(images, tmp_path):
    path = tmp_path / "cut.png"
    path.write_bytes(encode_png(plate())[:2000])
    with pytest.raises(BadInput, match="cut off or damaged"):
        measure(path, BOX, images=images)
