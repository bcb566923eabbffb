"""Coarse places and boxes, however they are written."""

import pytest

from sage_inspect.eval.claims.place import read_box, read_place


@pytest.mark.parametrize(
    "text, place",
    [
        ("in the top-right corner", "upper right"), ("left-center", "centre left"), ("the lower portion", "lower"),
        ("on the left side of the lid", "left"), ("in the center of the image", "centre"), ("right now it is gone", ""),
        ("what is left over", ""), ("middle left", "centre left"),
    ],
)  # fmt: skip
def test_a_place_is_read(text, place):
    assert read_place(text) == place


def test_a_box_spans_an_area():
    assert read_box("at bbox [80, 43, 128.5, 160]") == (80, 43, 128.5, 160)
    assert read_box("at [5, 5, 5, 9]") is None
