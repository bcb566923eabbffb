"""What is cited was recalled, is the same still, and speaks of the claim (more in tests/eval/test_checks.py)."""

from __future__ import annotations

from ..traces import FACTS
from .found import found, step


def cite(*facts):
    def apply(data):
        for claim in (step(data, "S5")["claims"][0], step(data, "S5")["output"]["findings"][0]["claim"]):
            claim["facts"] = list(facts)

    return apply


def test_citations_that_cannot_be_found():
    assert found("unknown_citation") == [] and found("unknown_citation", cite("F9")) == [("error", "C1", "S5")]


def test_a_citation_of_something_else_is_an_error_where_a_fitting_fact_was_at_hand():
    assert found("foreign_citation", cite("F2")) == [("error", "C1", "S5")]

    def nothing_fits(data):
        cite("F2")(data)
        step(data, "S2")["output"]["facts"] = FACTS[1:]

    assert ("warning", "C1", "S5") in found("foreign_citation", nothing_fits)


def test_one_id_for_two_texts():
    def restate(text):
        def apply(data):
            fact = {**FACTS[0], "fact": {**FACTS[0]["fact"], "text": text, "digest": ""}}
            step(data, "S4")["output"]["facts"] = [fact]

        return apply

    assert found("changed_fact") == []
    assert found("changed_fact", restate("A short is harmless.")) == [("error", "C1", "S5"), ("error", "CV", "S7")]
