"""A claim cites a fact that it may not rest on."""

from __future__ import annotations

from sage_inspect.eval.checks.citations import speaks_of
from sage_inspect.schema import RecalledFact


def test_facts_unknown_foreign_and_stale(trace, mutants, step):
    known = {f["id"]: RecalledFact.model_validate(f) for f in step(trace, "S2").output["facts"]}
    m = mutants["unknown fact"]
    (cited,) = step(m.trace, m.step).claims[0].facts
    assert cited not in known and f"[{cited}]" in step(m.trace, m.step).claims[0].text
    m = mutants["foreign fact"]
    (cited,) = step(m.trace, m.step).claims[0].facts
    assert cited in ("F2", "F3") and not speaks_of(known[cited], "spur")
    m = mutants["stale fact"]
    stale = RecalledFact.model_validate(step(m.trace, "S2").output["facts"][0])
    assert stale.fact.digest == known["F1"].fact.digest and stale.fact.text != known["F1"].fact.text
    assert m.step == "S5" and m.trace.verdict.facts[0].text == stale.fact.text
