"""The nouns: frozen, strict, JSON-plain."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sage_inspect.schema import Box, Fact, Region, told_change


def test_box_arithmetic_by_hand():
    # 10x10 boxes overlapping in 5x5: 25 / (100 + 100 - 25) = 1/7
    assert Box(0, 0, 10, 10).iou(Box(5, 5, 15, 15)) == pytest.approx(1 / 7)
    assert Box(0, 0, 10, 10).iou(Box(10, 0, 20, 10)) == 0
    assert Box(0, 0, 0, 0).iou(Box(0, 0, 0, 0)) == 0
    assert Box(2, 4, 6, 10).center == (4, 7)
    assert Box(6, 4, 2, 10).area == 0


def test_a_region_round_trips_with_its_box_as_a_list():
    region = Region(id="R1", box=Box(1, 2, 3, 4), score=0.5)
    assert region.model_dump(mode="json")["box"] == [1, 2, 3, 4]
    assert Region.model_validate_json(region.model_dump_json()) == region
    assert Region.model_validate_json(region.model_dump_json()).box.area == 4


@pytest.mark.parametrize("change", [{"score": 1.5}, {"score": -0.1}, {"change": "moved away"}, {"colour": "red"}])
def test_out_of_range_and_unknown_values_are_errors(change):
    with pytest.raises(ValidationError):
        Region.model_validate({"id": "R1", "box": [0, 0, 1, 1], "score": 0.5, **change})


def test_nouns_are_frozen():
    fact = Fact(id="a", text="A fact about boards.", object="pcb", kind="normal")
    with pytest.raises(ValidationError):
        fact.text = "another"


def test_a_region_of_an_older_trace_has_not_moved():
    region = Region.model_validate_json('{"id": "R1", "box": [1, 2, 3, 4], "score": 0.5, "change": "added"}')
    assert region.moved_from is None and region.offset is None and region.told == "added"


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        ((12.4, 0.2), "moved by 12 px to the right"),
        ((-3.0, -7.6), "moved by 3 px to the left and 8 px up"),
        ((0.0, 5.0), "moved by 5 px down"),
        (None, "moved"),
    ],
)
def test_a_move_in_words(offset, words):
    assert told_change("moved", offset) == words
    region = Region(id="R1", box=Box(1, 2, 3, 4), score=0.5, change="moved", offset=offset, moved_from=Box(0, 0, 2, 2))
    assert region.told == words and Region.model_validate_json(region.model_dump_json()) == region
