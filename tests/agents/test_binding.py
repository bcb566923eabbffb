"""Citations that fit, criteria that decide, answers that repeat the findings."""

from __future__ import annotations

from sage_inspect.agents.binding import apply_criteria, bind_citations, bind_verdict
from sage_inspect.schema import Claim, Fact, Finding, ImageRef, RecalledFact

REF = ImageRef(sha256="a" * 64, width=9, height=9)


def fact(id, text, **more):
    return RecalledFact(
        id=id, fact=Fact(**{"id": id, "text": text, "object": "pcb", "kind": "defect", **more}), score=1
    )


SHORT, OPEN = fact("F1", "A short joins two conductors."), fact("F2", "An open breaks a conductor.")
OWN = fact("F3", "A short is bad.", source="generated")
PERMIT = fact("F4", "Shorts are acceptable here.", kind="criterion", allows=("short",))


def claim(**changes):
    return Claim(
        **{
            "id": "C1",
            "subject": "R1",
            "defect": True,
            "type": "short",
            "text": "Short: joined [R1] [F2].",
            "facts": ("F2",),
            **changes,
        }
    )


def test_a_citation_that_does_not_fit_gives_way_to_one_that_does():
    bound = bind_citations(claim(), [OPEN, SHORT])
    assert (bound.facts, bound.text) == (("F1",), "Short: joined [R1] [F1].")
    assert bind_citations(claim(facts=("F1",)), [SHORT]).facts == ("F1",)


def test_nothing_is_cited_where_nothing_fits_or_only_a_model_says_so():
    assert bind_citations(claim(), [OPEN]).facts == ()
    assert "[F" not in bind_citations(claim(), [OPEN]).text
    assert bind_citations(claim(facts=()), [OWN]).facts == ()
    assert bind_citations(claim(type=None), [SHORT]).facts == ()


def test_a_persons_criterion_overrules_and_a_generated_one_does_not():
    passed, by = apply_criteria(claim(), [SHORT, PERMIT])
    assert (passed.defect, passed.type, passed.facts, by) == (False, "short", ("F4",), "F4")
    own = PERMIT.model_copy(update={"fact": PERMIT.fact.model_copy(update={"source": "generated"})})
    assert apply_criteria(claim(), [own]) == (claim(), "")
    assert apply_criteria(claim(type="open"), [PERMIT])[1] == ""
    assert apply_criteria(claim(defect=False), [PERMIT])[1] == ""


def finding(region, kind, place, facts=()):
    said = Claim(id=f"C{region[1:]}", subject=region, defect=kind is not None, type=kind, text="x", facts=facts)
    return Finding(region=region, place=place, p_true=0.9, familiar=True, crop=REF, answer="", claim=said)


FINDINGS = (
    finding("R1", "short", "centre", ("F1",)),
    finding("R2", "open", "upper left"),
    finding("R3", None, "centre"),
)


def test_a_verdict_takes_its_places_from_the_findings():
    muddled = claim(id="CV", type="open", text="True. Open: lower right [R1].", regions=("R1",), facts=())
    bound = bind_verdict(muddled, FINDINGS)
    assert bound.text == "True. Short: centre [R1]; open: upper left [R2] [F1]."
    assert (bound.regions, bound.type, bound.subject) == (("R1", "R2"), None, "image")


def test_a_denied_or_unfounded_verdict_is_left_alone():
    denied = claim(id="CV", defect=False, text="False. No defect: fine.", type=None)
    assert bind_verdict(denied, FINDINGS) == denied
    assert bind_verdict(claim(id="CV"), FINDINGS[2:]) == claim(id="CV")
