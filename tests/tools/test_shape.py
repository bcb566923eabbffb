import cv2
import numpy as np
import pytest

from sage_inspect.tools.shape import shape_of


def canvas(side=120):
    return np.zeros((side, side), np.uint8)


def test_a_row_of_five_pixels_is_five_long_and_one_broad():
    mask = np.zeros((9, 9), bool)
    mask[4, 2:7] = True
    shape = shape_of(mask)
    assert (shape.length, shape.breadth, shape.width, shape.height, shape.area, shape.count) == (5, 1, 5, 1, 5, 1)
    assert shape.thickness == pytest.approx(1, abs=0.3)
    assert shape.form == "elongated"


def test_a_single_pixel_has_a_shape_and_nothing_has_none():
    mask = np.zeros((3, 3), bool)
    mask[1, 1] = True
    assert (shape_of(mask).length, shape_of(mask).area, shape_of(mask).form) == (1, 1, "compact")
    with pytest.raises(ValueError, match="empty"):
        shape_of(np.zeros((3, 3), bool))


@pytest.mark.parametrize("angle", [0, 17, 45, 80])
def test_a_turned_bar_keeps_its_length_and_breadth(angle):
    mask = canvas()
    corners = cv2.boxPoints(((60, 60), (59, 11), angle))
    cv2.fillPoly(mask, [corners.round().astype(np.int32)], 1)
    shape = shape_of(mask > 0)
    assert shape.length == pytest.approx(60, abs=2)
    assert shape.breadth == pytest.approx(12, abs=2)
    assert shape.thickness == pytest.approx(12, abs=1.5)
    assert shape.form == "elongated"


def test_forms():
    disc, arc, star, specks = canvas(), canvas(), canvas(), canvas()
    cv2.circle(disc, (60, 60), 20, 1, -1)
    cv2.ellipse(arc, (60, 60), (40, 40), 0, 0, 250, 1, 4)
    for end in ((60, 10), (15, 100), (105, 100)):
        cv2.line(star, (60, 60), end, 1, 4)
    for x in (20, 50, 80, 100):
        cv2.circle(specks, (x, 60), 4, 1, -1)
    assert [shape_of(m > 0).form for m in (disc, arc, star, specks)] == [
        "compact",
        "elongated",
        "branching",
        "scattered",
    ]
    assert shape_of(specks > 0).count == 4


def test_a_square_with_a_ragged_edge_stays_compact():
    mask = canvas()
    mask[40:70, 40:70] = 1
    rng = np.random.default_rng(0)
    mask[39, 40:70] = rng.integers(0, 2, 30)
    mask[40:70, 70] = rng.integers(0, 2, 30)
    assert shape_of(mask > 0).form == "compact"
