"""The controls know what they say they know."""

from __future__ import annotations

from sage_inspect.eval.labels import Labels
from sage_inspect.eval.null_scorers import NULL_SCORERS, constant, length, verdict_only
from sage_inspect.schema import Claim, Step, Trace, Verdict

SAID = Claim(id="C1", subject="R1", defect=True, text="abcd")
TRACE = Trace(
    run="r",
    steps=(Step(id="S1", node="a", claims=(SAID, SAID)),),
    verdict=Verdict(verdict="normal", probability=None, probability_source=None),
)


def test_controls():
    assert set(constant(TRACE).values()) == {1.0} and length(TRACE) == {"length": 8.0}
    assert verdict_only(TRACE) == {"identification": None}
    assert verdict_only(TRACE, Labels(label="normal")) == {"identification": 1.0}
    assert verdict_only(TRACE, Labels(label="anomalous")) == {"identification": 0.0}
    assert set(NULL_SCORERS) == {"constant", "length", "verdict-only"}
