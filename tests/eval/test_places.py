"""Places in text and of boxes."""

from __future__ import annotations

import pytest

from sage_inspect.eval.places import PLACES, near, places_of, read_places
from sage_inspect.prompts import place
from sage_inspect.schema import Box


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a line at the upper left", ("upper left",)),
        ("top-right, then bottom center", ("upper right", "lower centre")),
        ("at the centre left", ("centre left",)),
        ("at the centre", ("centre",)),
        ("at the centre of the hole, darkest in the middle", ()),
        ("in the middle of the image", ("centre",)),
        ("Short: centre", ("centre",)),
        ("the centre hole is open", ()),
        ("at the upper left and the upper left", ("upper left",)),
    ],
)
def test_read_places(text, expected):
    assert read_places(text) == expected


def test_every_place_of_prompts_is_read_back():
    assert {place(Box(x, y, x + 2, y + 2), 9, 9) for x in (0, 4, 7) for y in (0, 4, 7)} == set(PLACES)
    assert all(read_places(f"a line at the {name}") == (name,) for name in PLACES)


def test_a_box_across_a_line_has_two_right_places():
    # 90 x 90: the cells end at 30 and 60. 20 of 40 columns lie left of 60, 20 right of it.
    assert set(places_of(Box(40, 40, 80, 50), 90, 90)) == {"centre", "centre right"}
    assert places_of(Box(2, 2, 20, 20), 90, 90) == ("upper left",)
    assert near("upper left", "centre")
    assert not near("upper left", "upper right")
