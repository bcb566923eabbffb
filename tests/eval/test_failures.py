"""Each sign is found where it lies, and a trace without a fault bears none."""

import pytest

from sage_inspect.eval.failures import SIGNS, sign, signs_of
from sage_inspect.schema import Step

from .two_lines import two_lines

GOOD = {"first": "A large crack runs along the left side.", "second": "The large crack lies on the left side."}


def names(trace):
    return {c.name for c in signs_of(trace)}


def test_a_sound_trace_bears_none():
    assert names(two_lines(**GOOD)) == set()


@pytest.mark.parametrize(
    "change, found, step",
    [
        ({"p": (0.95, 0.1), "last": 0.53}, "undecided", ""),
        ({"p": (0.95, 0.1), "last": 0.53}, "lines_disagree", "S4"),
        ({"second": "No defects are visible."}, "words_against_verdict", "S4"),
        ({"second": "A wide stain covers the lid."}, "different_reasons", "S4"),
        ({"second": "A small, subtle crack lies on the left side."}, "faint_evidence", ""),
        ({"second": "This is a clear anomaly."}, "no_type", "S4"),
        ({"first": "A large crack is visible.", "second": "The rim is cracked."}, "no_place", ""),
        ({"first": "It might be a crack at the left side.", "second": "It is likely a crack."}, "hedged", ""),
        ({"p": (0.2, 0.4), "last": 0.3}, "defect_left_standing", "S4"),
    ],
)  # fmt: skip
def test_a_sign_is_found(change, found, step):
    assert (found, step) in {(c.name, c.step) for c in signs_of(two_lines(**{**GOOD, **change}))}


def test_calls_and_reversals():
    trace = two_lines(**GOOD)
    more = (*trace.steps[:3], Step(id="S3b", node="zoom", parents=("S3",), input=dict(trace.steps[2].input)),
            Step(id="S3c", node="turn", parents=("S3b",), output={"probability": 0.1}, error="lost"),
            trace.steps[3].model_copy(update={"parents": ("S3c",)}), trace.steps[4])  # fmt: skip
    found = {(c.name, c.step) for c in signs_of(trace.model_copy(update={"steps": more}))}
    assert {("repeated_call", "S3b"), ("reversal", "S3c"), ("reversal", "S4"), ("failed_call", "S3c")} <= found
    without = tuple(s for s in trace.steps if s.id != "S3")
    assert "nothing_checked" in names(trace.model_copy(update={"steps": without}))


def test_a_sign_is_added_once():
    with pytest.raises(ValueError):
        sign(SIGNS["hedged"])
