"""A result is another one; the claims stay."""

from __future__ import annotations


def test_altered_results_leave_the_claims(trace, mutants, step):
    for name in ("record altered", "result altered"):
        m = mutants[name]
        assert [s.claims for s in m.trace.steps] == [s.claims for s in trace.steps] and m.trace.verdict == trace.verdict
        assert step(m.trace, m.step).output != step(trace, m.step).output
    (finding,) = step(mutants["result altered"].trace, mutants["result altered"].step).output["findings"]
    assert finding["answer"].startswith(str(not finding["claim"].get("defect", False)))
    assert (finding["p_true"] < 0.5) == bool(finding["claim"].get("defect"))
