"""The verdict is hidden and derived from the claims."""

from __future__ import annotations

import pytest

from sage_inspect.eval.checks import view_of
from sage_inspect.eval.checks.entailment import derive
from sage_inspect.schema import Trace

from ..traces import raw, trace
from .found import found, step, verdicts


def claims(*said, output=None):
    made = [{"id": f"C{i}", "subject": s, "defect": d, "text": "."} for i, (s, d) in enumerate(said)]
    return view_of(
        Trace.model_validate({"run": "r", "steps": [{"id": "1", "node": "n", "claims": made, "output": output or {}}]})
    )


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ([], None),
        ([("R1", True), ("R2", False)], "anomalous"),
        ([("R1", False), ("R2", False)], "normal"),
        ([("R1", False), ("R2", None)], None),  # one was not judged
        ([("R1", False), ("R1", True)], "normal"),  # a contradiction decides nothing: the first claim counts
        ([("image", True)], "anomalous"),
        ([("image", True), ("R1", False)], "normal"),  # places before the whole
    ],
)
def test_derived(said, verdict):
    assert derive(claims(*said)) == verdict


def test_a_reviewer_decides():
    assert derive(claims(("R1", True), output={"correction": {"verdict": "normal"}})) == "normal"


def test_a_model_that_reads_regions_only_says_nothing_of_a_whole_image():
    data = raw()
    data["steps"] = [step(data, "S7"), step(data, "S9")]
    assert derive(view_of(trace(data))) == "anomalous"
    data["steps"][0]["output"]["reasoning"]["regions_only"] = True
    assert derive(view_of(trace(data))) is None


def change(**fields):
    def apply(data):
        for verdict in verdicts(data):
            verdict.update(fields)

    return apply


def test_a_verdict_against_itself():
    assert found("verdict_against_itself") == []
    assert len(found("verdict_against_itself", change(verdict="normal"))) == 2  # its defects, its probability
    assert found("verdict_against_itself", lambda d: d["verdict"].update(verdict="uncertain")) == [
        ("error", "S9", "S9")
    ]
    assert found("verdict_against_itself", change(probability=0.1)) == [("error", "S9", "S9")]


def test_numbers_must_have_been_measured():
    assert found("number_not_measured") == []
    assert found("number_not_measured", change(p_true=0.5)) == [("error", "S9", "S9")]
    by_score = {"probability_source": "comparison", "p_true": None}
    assert found("number_not_measured", change(**by_score, probability=0.9)) == []
    assert found("number_not_measured", change(**by_score, probability=0.1)) == [("error", "S9", "S9")]
