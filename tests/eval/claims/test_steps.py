"""Steps get the claims that their texts make; what they have already stays."""

from sage_inspect.eval.claims import claims_of, with_claims
from sage_inspect.schema import Claim, Step, Trace


def step(**output):
    return Step(id="S1", node="look", output=output)


def test_claims_and_coverage():
    made = claims_of(step(text="A crack runs along the rim. I will check it.", evidence=["No dents are visible."]))
    assert [(c.id, c.defect, c.type) for c in made.claims] == [("S1.1", True, "crack"), ("S1.2", False, None)]
    assert made.extra["claims_read"] == {"sentences": 3, "claims": 2}


def test_what_says_nothing_or_has_claims_is_left_alone():
    silent = step(score=0.5)
    assert claims_of(silent) is silent
    told = silent.model_copy(update={"claims": (Claim(id="C1", subject="R1", defect=True, text="x"),)})
    assert with_claims(Trace(run="r", steps=(told,))).steps[0] == told
