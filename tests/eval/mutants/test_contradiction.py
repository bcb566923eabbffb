"""A later claim says the opposite."""

from __future__ import annotations


def test_contradictions_stand_in_claims_output_and_verdict(mutants, step):
    m = mutants["polarity contradicted"]
    more = step(m.trace, "S7").claims[-1]
    assert m.step == "S7" and step(m.trace, "S7").output["reasoning"]["remark"]["id"] == more.id
    first = next(c for s in m.trace.steps for c in s.claims if c.subject == more.subject)
    assert first.defect is not more.defect and m.trace.verdict.claims[-1] == more
    m = mutants["type contradicted"]
    more = step(m.trace, "S7").claims[-1]
    assert more.subject == "R1" and more.defect and more.type not in (None, "spur")
