"""A change is made wherever the thing stands, from its step on, and nowhere before."""

from __future__ import annotations

from sage_inspect.eval.mutants.editing import (
    as_claim,
    concluding,
    map_strings,
    replace_claim,
    with_output,
    with_verdict,
)
from sage_inspect.eval.trace_file import digest_of
from sage_inspect.schema import Trace


def test_a_replaced_claim_is_replaced_in_output_claims_and_verdict(trace, step):
    old = step(trace, "S5").claims[0]
    new = old.model_copy(update={"type": "open"})
    edited = replace_claim(trace, step(trace, "S5"), old, new)
    finding = step(edited, "S5").output["findings"][0]
    assert finding["claim"]["type"] == "open" and step(edited, "S5").claims == (new,)
    assert step(edited, "S8").output["verdict"]["claims"][0]["type"] == "open" and edited.verdict.claims[0] == new
    assert step(edited, "S7") == step(trace, "S7") and step(edited, "S5").output_digest == digest_of(
        step(edited, "S5").output
    )


def test_what_stands_before_the_step_stays(trace, step):
    old = step(trace, "S5").claims[0]
    edited = replace_claim(trace, step(trace, "S8"), old, old.model_copy(update={"type": "open"}))
    assert step(edited, "S5") == step(trace, "S5") and edited.verdict.claims[0].type == "open"


def test_a_verdict_without_a_step_that_holds_it(trace):
    bare = trace.model_copy(update={"steps": trace.steps[:2]})
    edited = with_verdict(bare, doubt="none")
    assert edited.verdict.doubt == "none" and edited.steps == bare.steps and concluding(bare).id == "S2"
    assert concluding(Trace(run="empty")) is None


def test_a_step_that_had_no_digest_gets_none(trace):
    bare = trace.steps[0].model_copy(update={"output_digest": ""})
    assert with_output(bare, {"a": 1}).output_digest == ""


def test_claims_are_told_from_other_objects():
    assert as_claim({"id": "C1", "subject": "R1", "text": "x", "defect": None}).id == "C1"
    assert as_claim({"id": "C1", "text": "x"}) is None and as_claim({"id": 1, "subject": [], "text": ""}) is None


def test_strings_are_changed_and_keys_are_not():
    assert map_strings({"a": ["a", 1, {"b": "a"}]}, str.upper) == {"a": ["A", 1, {"b": "A"}]}
