"""A trace is seen by what its results hold, whatever its nodes and ids are called."""

from __future__ import annotations

from sage_inspect.eval.checks import view_of
from sage_inspect.schema import Trace

from ..traces import C1, CV, raw, trace


def test_everything_has_its_step():
    view = view_of(trace())
    assert [(s.claim.id, s.step.id, s.role) for s in view.said] == [
        ("C1", "S5", "claim"),
        ("C2", "S6", "claim"),
        ("CV", "S7", "verdict"),
    ]
    assert {f: [t.step.id for t in told] for f, told in view.told_facts.items()} == {"F1": ["S2"], "F2": ["S2"]}
    assert {r: [t.step.id for t in told] for r, told in view.told_regions.items()} == {"R1": ["S3"], "R2": ["S3"]}
    assert view.examined == {"R1", "R2"} and view.last == "S9" and view.verdict.id == "CV" and view.answer is None


def test_claims_are_read_from_results_where_the_step_names_none():
    data = raw()
    for step in data["steps"]:
        step.pop("claims", None)
    assert [s.claim.id for s in view_of(trace(data)).said] == ["C1", "C2", "CV"]


def test_a_claim_on_the_image_by_the_concluding_step_is_the_verdicts():
    claim = {"id": "x", "subject": "image", "defect": True, "text": "broken"}
    steps = [{"id": "1", "node": "end", "output": {"verdict": {"verdict": "anomalous"}}, "claims": [claim]}]
    assert view_of(Trace.model_validate({"run": "r", "steps": steps})).verdict.id == "x"


def test_made_again_after_a_repair_is_withdrawn_and_after_a_question_is_not():
    def steps(between):
        said = [
            {"id": "1", "node": "a", "claims": [C1]},
            {"id": "2", "node": "b", "output": between},
            {"id": "3", "node": "a", "claims": [C1]},
        ]
        return view_of(Trace.model_validate({"run": "r", "steps": said}))

    assert [s.step.id for s in steps({"repairs": 1}).live] == ["3"]
    assert [s.step.id for s in steps({"question": "And?"}).live] == ["1", "3"]
    assert [s.step.id for s in steps({}).live] == ["1", "3"]


def test_a_copied_step_has_claims_of_its_own():
    known = trace()
    view = view_of(known.model_copy(update={"steps": (*known.steps, known.steps[4].model_copy(update={"id": "S5b"}))}))
    assert [view.step_of(s.claim) for s in view.said if s.claim.id == "C1"] == ["S5", "S5b"]
    assert CV["id"] == view.verdict.id
