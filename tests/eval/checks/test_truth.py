"""Which claim about a place is wrong, and where a wrong verdict was first claimed."""

from __future__ import annotations

import pytest

from sage_inspect.eval.checks.truth import touches
from sage_inspect.eval.labels import Labels
from sage_inspect.eval.score_trace import score_trace
from sage_inspect.schema import Box, Claim, Step, Trace, Verdict


@pytest.mark.parametrize(
    ("box", "one_place"),
    [
        (Box(100, 100, 140, 140), True),
        (Box(110, 100, 150, 140), True),  # IoU .6
        (Box(122, 100, 162, 140), False),  # moved by more than half a side: IoU .29
        (Box(115, 115, 125, 125), True),  # a small box inside
        (Box(60, 60, 180, 180), True),  # a large one around it
        (Box(140, 100, 180, 140), False),
    ],
)
def test_boxes_mean_one_place(box, one_place):
    assert touches(box, Box(100, 100, 140, 140)) is touches(Box(100, 100, 140, 140), box) is one_place


def test_a_true_box_larger_than_the_claimed_one_does_not_excuse_a_move():
    """40 x 44 in 47 x 57, then moved by 22 px: IoU .28, its centre still in the true box."""
    true, claimed = Box(100, 100, 147, 157), Box(104, 106, 144, 150)
    moved = Box(126, 106, 166, 150)
    assert touches(claimed, true) and moved.center[0] < true.x2 and not touches(moved, true)


def _trace(claimed: bool, concluded: str) -> Trace:
    said = Claim(id="CV", subject="image", defect=claimed, text="...")
    steps = (
        Step(id="S1", node="reason", output={"reasoning": {"verdict": said.model_dump()}}, claims=(said,)),
        Step(id="S2", node="conclude", parents=("S1",)),
    )
    return Trace(run="t", steps=steps, verdict=Verdict(verdict=concluded, probability=None, probability_source=None))


@pytest.mark.parametrize(("claimed", "concluded", "step"), [(True, "anomalous", "S1"), (False, "anomalous", "S2")])
def test_a_wrong_verdict_lies_where_it_was_first_claimed(claimed, concluded, step):
    score = score_trace(_trace(claimed, concluded), labels=Labels(label="normal"))
    assert [c.step for c in score.checks if c.name == "wrong_verdict"] == [step]


def test_a_right_verdict_is_no_fault():
    score = score_trace(_trace(False, "normal"), labels=Labels(label="normal"))
    assert "wrong_verdict" not in {c.name for c in score.checks}
