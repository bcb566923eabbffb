import pytest

from sage_inspect.errors import BadInput
from sage_inspect.schema import Box, Comparison, ImageRef, Region, Registration
from sage_inspect.tools.where import clip_box, find_place

REF = ImageRef(sha256="0" * 64, width=100, height=80)


def comparison(*regions, comparable=True, note=""):
    how = Registration(method="identity", confidence=1.0, comparable=comparable, note=note)
    return Comparison(test=REF, references=(REF,), score=0.5, regions=regions, registration=how)


R1 = Region(id="R1", box=Box(10, 10, 20, 30), score=0.9)


@pytest.mark.parametrize("name", ["R1", " R1 ", "[R1]"])
def test_a_region_is_found_by_its_id(name):
    assert find_place(name, (100, 80), comparison(R1)) == (R1, Box(10, 10, 20, 30))


def test_a_region_or_a_box_stands_for_itself_and_is_clipped():
    assert find_place(R1, (15, 80)) == (R1, Box(10, 10, 15, 30))
    assert find_place([90, -5, 120, 10], (100, 80)) == (None, Box(90, 0, 100, 10))


def test_an_unknown_region_is_refused_with_the_known_ones():
    with pytest.raises(BadInput, match="found R1; use one"):
        find_place("R2", (100, 80), comparison(R1))
    with pytest.raises(BadInput, match="no region at all"):
        find_place("R1", (100, 80), comparison())
    with pytest.raises(BadInput, match="another view"):
        find_place("R1", (100, 80), comparison(comparable=False, note="another view"))
    with pytest.raises(BadInput, match="compare first"):
        find_place("R1", (100, 80))


NAN, INF = float("nan"), float("inf")
EMPTY, OUTSIDE = [(5, 5, 5, 9), (9, 9, 3, 12)], [(100, 0, 120, 10), (-9, 0, 0, 10)]
NONE = [(1, 2, 3), (1, 2, 3, "x"), None, 7, (0, 0, NAN, 4), (0, 0, INF, 4)]


@pytest.mark.parametrize("box", [*EMPTY, *OUTSIDE, *NONE])
def test_what_is_no_box_is_refused_in_one_line(box):
    with pytest.raises(BadInput) as told:
        clip_box(box, (100, 80))
    assert "\n" not in str(told.value)
