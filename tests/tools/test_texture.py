import cv2
import numpy as np
import pytest

from sage_inspect.images import ImageStore
from sage_inspect.tools import detector, texture
from sage_inspect.tools.compare import compare, golden_scores
from sage_inspect.tools.texture import build_texture_set, texture_difference, unaligned


def brushed(seed, size=(180, 140), mark=None):
    """Brushed metal: vertical streaks and grain that differ on every piece."""
    rng = np.random.default_rng(seed)
    streaks = cv2.GaussianBlur(rng.normal(0, 1, (1, size[0])), (0, 0), 1.5) * np.ones((size[1], 1))
    image = rng.uniform(100, 150) + 25 * streaks + rng.normal(0, 6, size[::-1])
    image = np.clip(cv2.GaussianBlur(image, (0, 0), 0.8), 0, 255).astype(np.uint8)
    if mark:
        cv2.circle(image, mark, 5, 35, -1)
    return image


@pytest.fixture(scope="module")
def learned():
    patch = pytest.MonkeyPatch()
    patch.setattr(texture, "COPIES", 3)
    patch.setattr(detector, "STEPS", 250)
    yield [brushed(s, (180 + 4 * s, 140)) for s in range(8)]
    patch.undo()


def test_only_many_that_do_not_align_are_loose(learned):
    assert unaligned(learned) and not unaligned(learned[:7])
    same = [np.clip(learned[0] + np.random.default_rng(s).normal(0, 4, learned[0].shape), 0, 255) for s in range(8)]
    assert not unaligned([s.astype(np.uint8) for s in same])


def test_a_mark_is_found_where_it_is(learned):
    goldens = build_texture_set(learned, in_colour=False)
    assert len(goldens.leave_one_out) == 8 and 0.3 < float(np.median(goldens.leave_one_out)) < 3
    plain = texture_difference(goldens, brushed(100), False)
    marked = texture_difference(goldens, brushed(100, mark=(60, 80)), False)
    assert marked.distance > 2 * plain.distance and marked.distance > 2.2
    row, column = np.unravel_index(int(marked.field.argmax()), marked.field.shape)
    assert abs(column * 4 - 60) < 10 and abs(row * 4 - 80) < 10 and not plain.reason


def test_another_material_is_told(learned):
    goldens = build_texture_set(learned, in_colour=False)
    for other in (np.full((140, 180), 120, np.uint8), np.random.default_rng(0).integers(0, 255, (140, 180), np.uint8)):
        assert "another material" in texture_difference(goldens, other, False).reason


def test_compare_takes_this_way(learned, tmp_path):
    images = ImageStore(tmp_path)
    found = compare(brushed(101, mark=(60, 80)), learned, images=images, pad=0)
    assert found.registration.comparable and "without position" in found.registration.note
    best = found.regions[0].box
    assert best.x1 <= 62 and best.x2 >= 58 and best.y1 <= 82 and best.y2 >= 78 and best.area < 30 * 30
    assert found.regions[0].change == "altered" and found.p_value == pytest.approx(1 / 9)
    assert images.array(found.heatmap).shape == (140, 180)
    again = compare(learned[3], learned, images=images)
    assert again.score == 0 and again.regions == () and again.references[0] == images.put(learned[3])
    assert not compare(np.full((140, 180), 120, np.uint8), learned, images=images).regions
    refs, scores = golden_scores(learned, images=images)
    assert len(refs) == len(scores) == 8 and all(0 < s < 1 for s in scores)
