"""An acceptance criterion with a limit, from the fact to the verdict: the region is measured, and that decides."""

from __future__ import annotations

import pytest

from sage_inspect.agents.limits import apply_limits
from sage_inspect.agents.policy import Policy
from sage_inspect.knowledge.fact import make_fact
from sage_inspect.knowledge.limits import read_criterion
from sage_inspect.schema import Claim, Measured, RecalledFact

from .test_graph import run

RULE = "Spurious copper up to 0.5 mm is acceptable."


def recalled(text: str, id: str = "F1", source: str = "curated") -> RecalledFact:
    fact = make_fact(text, "pcb", "criterion", criterion=read_criterion(text), source=source)
    return RecalledFact(id=id, fact=fact, score=1)


def claim(defect: bool, type: str = "scratch") -> Claim:
    return Claim(id="C1", subject="R1", defect=defect, type=type, text="Scratch.", regions=("R1",))


def island(pair):
    """A blob of 20 x 10 px that touches no conductor."""
    golden = pair[1]
    test = golden.copy()
    test[90:100, 53:73] = 0
    return test, golden


def says(text: str):
    if "Answer with its name only" in text:
        return "printed circuit board"
    if "Does region [" in text:
        return "True. Spurious copper: an island of copper [R1].", 0.97
    if "allowed: a criterion" in text:
        return "False. No defect: what differs is allowed.", 0.05
    return "True. Spurious copper: an island of copper [R1].", 0.97


@pytest.mark.parametrize(
    ("scale", "verdict", "message"),
    [
        (0.02, "normal", ""),  # .40 +- .04 mm
        (0.04, "anomalous", ""),  # .80 +- .08 mm
        (0.025, "anomalous", "too close to tell"),  # .50 +- .05 mm
        (None, "anomalous", "length was not measured in mm"),
    ],
)
def test_from_the_fact_to_the_verdict(scripted, stores, pair, scale, verdict, message):
    fact = make_fact(RULE, "pcb", "criterion", criterion=read_criterion(RULE))
    stores.facts.add([fact])
    state = run(scripted(says), stores, *island(pair), policy=Policy(mm_per_pixel=scale))
    found = state["verdict"]
    assert found["verdict"] == verdict
    (finding,) = state["findings"]
    cited = next(f["id"] for f in state["facts"] if f["fact"]["id"] == fact.id)
    if not message:
        word = "allowed" if verdict == "normal" else "rejected"
        assert f"{word}: a criterion accepts length <= 0.5 mm [{cited}]" in finding["claim"]["text"]
        assert found["probability_source"] == ("criterion" if verdict == "normal" else "p_true")
        assert not [c for c in found.get("checks", []) if c["name"] == "limit_ignored"]
    else:
        (check,) = [c for c in found["checks"] if c["name"] == "limit_ignored"]
        assert message in check["message"] and check["severity"] == "warning"


def test_a_small_model_s_verdict_follows_from_what_was_measured(scripted, stores, pair):
    fact = make_fact(RULE, "pcb", "criterion", criterion=read_criterion(RULE))
    stores.facts.add([fact])

    def muddled(text: str):
        asked = "Does region [" in text or "name only" in text
        return says(text) if asked else ("False. Spur, allowed: a criterion permits spurs [R1].", 0.4)

    found = [
        run(
            scripted(muddled, regions_only=True, familiarity=1.0),
            stores,
            *island(pair),
            policy=Policy(mm_per_pixel=scale),
        )["verdict"]
        for scale in (0.02, 0.04)
    ]
    assert [(v["verdict"], v["answer"].split(" [")[0]) for v in found] == [
        ("normal", "False. No defect: what differs is allowed"),
        ("anomalous", "True. Spurious copper: centre left"),
    ]
    assert not [c for v in found for c in v.get("checks", []) if c["severity"] == "error"]


def test_beyond_one_limit_is_a_defect_whatever_permits_it():
    rules = [
        recalled("Scratches up to 5 mm are acceptable.", "F1"),
        recalled("Scratches wider than 1 mm are rejected.", "F2"),
    ]
    sizes = [Measured("length", 4, "mm", 0.2), Measured("breadth", 2, "mm", 0.2)]
    done, overruled = apply_limits(claim(False), rules, sizes)
    assert done.defect and overruled == "" and done.facts == ("F2",) and "breadth <= 1 mm" in done.text
    thin = [Measured("length", 4, "mm", 0.2), Measured("breadth", 0.5, "mm", 0.2)]
    assert apply_limits(claim(True), rules, thin)[1] == "F1"
    assert apply_limits(claim(True), rules[1:], thin) == (claim(True), "")  # a rule that only rejects permits nothing
    assert apply_limits(claim(True), rules, thin[:1]) == (claim(True), "")  # one limit cannot be told


def test_a_generated_criterion_and_one_on_another_type_decide_nothing():
    sizes = [Measured("length", 4, "mm", 0.2)]
    rule = "Scratches up to 5 mm are acceptable."
    assert apply_limits(claim(True), [recalled(rule, source="generated")], sizes)[1] == ""
    assert apply_limits(claim(True, "crack"), [recalled(rule)], sizes)[1] == ""
