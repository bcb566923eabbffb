"""The opposite verdict, at the end or from the reasoning on."""

from __future__ import annotations

import pytest


def test_verdict_swapped_leaves_claims_and_boxes(trace, mutants):
    m = mutants["verdict swapped"]
    assert m.step == "S8" and m.trace.verdict.verdict == "normal" and m.trace.verdict.probability == pytest.approx(0.02)
    assert m.trace.verdict.defects == trace.verdict.defects and m.trace.steps[:-1] == trace.steps[:-1]


def test_conclusion_swapped_begins_in_the_reasoning(mutants, step):
    m = mutants["conclusion swapped"]
    assert m.step == "S7" and step(m.trace, "S7").claims[0].defect is False
    assert step(m.trace, "S7").output["reasoning"]["verdict"].get("defect") is False
    assert m.trace.verdict.verdict == "normal" and m.trace.verdict.answer.startswith("False")
