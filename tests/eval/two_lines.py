"""A small trace of two branches that meet, for tests."""

from sage_inspect.eval.claims import with_claims
from sage_inspect.schema import Step, Trace, Verdict


def two_lines(first="A crack runs along the rim.", second="The rim is cracked.", p=(0.95, 0.9), last=0.92, **verdict):
    steps = (
        Step(id="S1", node="direct", output={"text": first, "probability": p[0], "confidence": 0.9}),
        Step(id="S2", node="turn", output={"text": "I will zoom.", "probability": p[1]}, calls=1,
             tokens={"input": 3, "output": 4}),
        Step(id="S3", node="zoom", parents=("S2",), input={"x": 1, "image": {"sha256": "ab12"}}, ms=5.0),
        Step(id="S4", node="conclude", parents=("S3",), output={"text": second, "probability": p[1]}),
        Step(id="S5", node="combine", parents=("S1", "S4"), output={"probability": last}),
    )  # fmt: skip
    told = Verdict(
        verdict="anomalous" if last >= 0.5 else "normal", probability=last, probability_source=None, **verdict
    )
    return with_claims(Trace(run="r1", source="other", steps=steps, verdict=told))
