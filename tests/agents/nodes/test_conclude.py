"""The rules of the verdict, one case a rule."""

from __future__ import annotations

import pytest

from sage_inspect.agents.nodes.conclude import decide, defects_of
from sage_inspect.agents.nodes.review import read_correction
from sage_inspect.agents.policy import Policy
from sage_inspect.errors import BadInput

REF = {"sha256": "a" * 64, "width": 100, "height": 100}


def comparison(score=0.9, regions=1, p_value=None, references=1, comparable=True, note=""):
    return {
        "test": REF,
        "references": [REF] * references,
        "score": score,
        "p_value": p_value,
        "regions": [{"id": f"R{i + 1}", "box": [0, 0, 9, 9], "score": score} for i in range(regions)],
        "registration": {"method": "identity", "confidence": 1, "comparable": comparable, "note": note},
    }


def finding(p, defect=None, familiar=True, region="R1"):
    claim = {
        "id": "C1",
        "subject": region,
        "defect": defect if defect is not None else (p is not None and p > 0.5),
        "text": "x",
    }
    if not familiar:
        claim["defect"] = None
    return {
        "region": region,
        "place": "centre",
        "p_true": p,
        "familiar": familiar,
        "crop": REF,
        "answer": "",
        "claim": claim,
    }


def decided(**state):
    base = {"plan": {"route": "regions"}, "reasoning": {"verdict": {"defect": True}, "p_true": 0.97, "familiar": True}}
    return decide({**base, **state}, Policy())


@pytest.mark.parametrize(
    ("p", "name"), [(0.99, "anomalous"), (0.95, "anomalous"), (0.5, "uncertain"), (0.05, "normal"), (0.01, "normal")]
)
def test_the_highest_p_true_of_the_regions_decides(p, name):
    decision = decided(comparison=comparison(), findings=[finding(0.005), finding(p, region="R2")])
    assert (decision.verdict, decision.probability, decision.source) == (name, p, "p_true")


@pytest.mark.parametrize(
    ("p", "name"), [(0.995, "anomalous"), (0.97, "uncertain"), (0.03, "uncertain"), (0.005, "normal")]
)
def test_of_an_object_it_does_not_recognise_the_model_must_be_surer(p, name):
    decision = decided(comparison=comparison(), findings=[finding(p)], recognised=False)
    assert decision.verdict == name
    assert "does not know this object" in decision.doubt or name == "uncertain"


@pytest.mark.parametrize(("source", "name"), [("curated", "uncertain"), ("generated", "anomalous")])
def test_what_it_cannot_name_may_be_permitted(source, name):
    criterion = {"id": "k", "text": "Scratches are accepted.", "object": "gear", "kind": "criterion", "source": source}
    fact = {"id": "F1", "fact": {**criterion, "allows": ["scratch"]}, "score": 1.0}
    known = {"comparison": comparison(), "findings": [finding(0.999)], "facts": [fact]}
    decision = decided(**known, recognised=False)
    assert decision.verdict == name
    assert ("a criterion permits" in decision.doubt) == (name == "uncertain")
    assert decided(**known).verdict == "anomalous", "a named type is held against the criteria by examine"


def test_without_regions_the_reasoning_decides():
    reasoning = {"verdict": {"defect": False}, "p_true": 0.03, "familiar": True}
    assert decided(comparison=comparison(0, 0), reasoning=reasoning)[:3] == ("normal", 0.03, "p_true")


def test_an_unrepaired_error_makes_it_uncertain_and_a_warning_does_not():
    check = {"name": "contradiction", "scale": "claim", "severity": "error", "subject": "CV", "message": "no"}
    assert decided(findings=[finding(0.97)], comparison=comparison(), checks=[check]).verdict == "uncertain"
    check["severity"] = "warning"
    assert decided(findings=[finding(0.97)], comparison=comparison(), checks=[check]).verdict == "anomalous"


def test_a_backend_without_logits_decides_by_words_and_tells_no_probability():
    reasoning = {"verdict": {"defect": True}, "p_true": None, "familiar": True}
    decision = decided(findings=[finding(None, defect=True)], comparison=comparison(), reasoning=reasoning)
    assert (decision.verdict, decision.probability, decision.source) == ("anomalous", None, None)


def test_images_that_do_not_compare_decide_nothing():
    decision = decided(comparison=comparison(regions=0, comparable=False, note="another object"))
    assert (decision.verdict, decision.probability, decision.doubt) == ("uncertain", None, "another object")


def test_a_region_that_the_model_does_not_know_leaves_no_part_normal():
    findings = [finding(0.01), finding(None, familiar=False, region="R2")]
    decision = decided(comparison=comparison(regions=2), findings=findings)
    assert decision.verdict == "uncertain"
    assert "R2" in decision.doubt


@pytest.mark.parametrize(
    ("findings", "name"),
    [
        ([finding(0.02), {**finding(None, region="R2"), "claim": {"id": "C2", "subject": "R2", "defect": None, "text": "?"}}], "uncertain"),
        ([finding(None, defect=True), finding(0.02, region="R2")], "uncertain"),
        ([finding(0.97, defect=False)], "uncertain"),
        ([finding(0.02, defect=False), finding(0.04, defect=False, region="R2")], "normal"),
    ],
)  # fmt: skip
def test_words_and_logits_must_agree_and_every_region_must_be_read(findings, name):
    assert decided(comparison=comparison(regions=len(findings)), findings=findings).verdict == name


def test_what_a_criterion_allows_does_not_count_and_the_rest_does():
    allowed = {**finding(0.95, defect=False), "overruled": "F3"}
    assert decided(comparison=comparison(), findings=[allowed])[:3] == ("normal", 0.0, "criterion")
    other = finding(0.97, region="R2")
    assert decided(comparison=comparison(regions=2), findings=[allowed, other])[:3] == ("anomalous", 0.97, "p_true")


UNKNOWN = {"familiar": False, "p_true": 0.9, "verdict": {"defect": True}}


@pytest.mark.parametrize(
    ("compared", "expected"),
    [
        # 19 golden images allow p = 1/20 = 5 %, 18 do not (1/19 = 5.3 %); .05 / (.05 + p) is told as probability
        (comparison(p_value=0.05, references=19), ("anomalous", 0.5, "p_value")),
        (comparison(p_value=0.10, references=19), ("normal", 1 / 3, "p_value")),
        (comparison(0.5, p_value=1 / 19, references=18), ("uncertain", 0.5, "comparison")),
        (comparison(0.1, regions=0), ("normal", 0.1, "comparison")),
        (comparison(0.5), ("uncertain", 0.5, "comparison")),
        (comparison(0.95), ("anomalous", 0.95, "comparison")),
    ],
)
def test_where_the_model_knows_nothing_the_golden_images_speak(compared, expected):
    findings = [finding(None, familiar=False)] if compared["regions"] else []
    name, probability, source = decided(comparison=compared, findings=findings, reasoning=UNKNOWN)[:3]
    assert (name, source) == expected[::2]
    assert probability == pytest.approx(expected[1])


def test_a_model_that_sees_nothing_where_the_golden_images_object_says_so():
    decision = decided(comparison=comparison(p_value=0.05, references=19), findings=[finding(0.02)])
    assert decision.verdict == "normal"
    assert "unusual among the golden images" in decision.doubt


def test_a_correction_overrules_everything():
    decision = decided(findings=[finding(0.99)], comparison=comparison(), correction={"verdict": "normal"})
    assert decision[:3] == ("normal", 0.0, "review")


def test_a_knowledge_question_is_no_inspection():
    assert decided(plan={"route": "knowledge"})[:3] == ("uncertain", None, None)


def test_a_reviewers_defect_is_listed_and_what_the_model_said_besides_is_not():
    state = {
        "plan": {"route": "regions"},
        "comparison": comparison(regions=2),
        "findings": [finding(0.97)],
        "correction": {"verdict": "anomalous", "type": "short", "region": "R2", "note": "", "reviewer": "eva"},
    }
    (defect,) = defects_of(state, decide(state, Policy()))
    assert (defect.type, defect.region, defect.score) == ("short", "R2", 1.0)


def test_an_unread_review_note_is_refused_before_it_is_kept():
    with pytest.raises(BadInput, match="ok"):
        read_correction({"verdict": "normal", "note": "ok"})
