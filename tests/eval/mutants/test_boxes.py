"""Boxes move along one line, to where no other defect lies."""

from __future__ import annotations

import pytest

from sage_inspect.eval.mutants import STRENGTHS, mutants_of
from sage_inspect.schema import Box


@pytest.mark.parametrize("where", ["answer", "comparison"])
def test_a_moved_box_goes_away_along_one_line(where, trace, labels, mutants):
    """The IoU left, with where it was or with the true box, is just what the strength allows."""
    start, true, boxes = trace.verdict.defects[0].box, labels.defects[0].box, []
    for strength in STRENGTHS:
        m = mutants[f"box moved in the {where}, IoU {strength:g}"]
        boxes.append(m.trace.verdict.defects[0].box)
        left = max(start.iou(boxes[-1]), true.iou(boxes[-1]))
        assert strength - 0.06 <= left <= strength and m.strength == strength
    assert len({(b.x1 > start.x1, b.x1 < start.x1, b.y1 > start.y1, b.y1 < start.y1) for b in boxes}) == 1
    nudged = mutants[f"box nudged in the {where}"].trace.verdict.defects[0].box
    assert 0.9 < start.iou(nudged) < 1


def test_a_box_moved_in_the_comparison_is_moved_everywhere(trace, mutants, step):
    m = mutants["box moved in the comparison, IoU 0"]
    new = list(m.trace.verdict.defects[0].box)
    assert m.step == "S5" and str(list(trace.verdict.defects[0].box)) not in m.trace.model_dump_json()
    assert step(m.trace, "S3").output["comparison"]["regions"][0]["box"] == new
    assert step(m.trace, "S5").input["region"]["box"] == new


def test_a_box_moves_where_no_other_defect_lies(trace, labels):
    """To the right of the box lies another defect, and to its left and above and below it is too near the border."""
    at = Box(10, 10, 60, 450)
    other = labels.defects[0].model_copy(update={"box": Box(70, 0, 200, 480)})
    edge = trace.verdict.defects[0].model_copy(update={"box": at})
    tight = trace.model_copy(update={"verdict": trace.verdict.model_copy(update={"defects": (edge,)})})
    crowded = labels.model_copy(update={"defects": (other,)})
    assert not [m for m in mutants_of(tight, crowded) if m.family == "box moved"]
