"""A step is gone; the first error is where it is missed."""

from __future__ import annotations

from sage_inspect.eval.mutants import mutants_of


def test_examination_dropped_leaves_its_claim_in_the_verdict(mutants, step):
    m = mutants["examination dropped"]
    assert [s.id for s in m.trace.steps] == ["S1", "S2", "S3", "S4", "S6", "S7", "S8"] and m.step == "S7"
    assert step(m.trace, "S7").parents == ("S6",) and m.trace.verdict.claims[0].id == "C1"


def test_the_last_examination_dropped_hands_its_parents_on(trace, labels, step):
    chain = tuple(s.model_copy(update={"parents": ("S5",)}) if s.id == "S7" else s for s in trace.steps if s.id != "S6")
    m = {m.variant: m for m in mutants_of(trace.model_copy(update={"steps": chain}), labels)}["examination dropped"]
    assert step(m.trace, "S7").parents == ("S4",)


def test_comparison_and_recall_dropped_err_where_they_are_missed(mutants):
    assert mutants["comparison dropped"].step == "S4"
    assert mutants["recall dropped"].step == "S5"
    assert "S3" not in [s.id for s in mutants["comparison dropped"].trace.steps]
