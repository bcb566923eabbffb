"""Does the verdict follow from the claims? Hide it, derive it from them, and compare."""

from __future__ import annotations

from collections.abc import Iterator

from ...schema import Check, Claim, VerdictName
from ._registry import Evidence, fault, register
from .view import TraceView, mapping

_CLOSE = 0.002
"""Recorded numbers are rounded to four places; what differs by more is another number."""


@register(metric="entailment")
def verdict_not_entailed(evidence: Evidence) -> Iterator[Check]:
    """The verdict's claim says something else than the regions' claims taken together."""
    verdict, entailed = evidence.verdict, entailed_by(evidence.claims)
    if verdict is None or verdict.defect is None or entailed is None:
        return
    if verdict.defect != entailed:
        found = ", ".join(c.subject for c in first_claims(evidence.claims) if c.defect) or "no region"
        yield fault(
            "verdict_not_entailed",
            verdict.id,
            f"the verdict says {verdict.defect}, but the findings say {entailed} (defect at: {found})",
            scale="trace",
            step=evidence.step_of(verdict),
        )


@register(metric="entailment")
def answer_not_entailed(evidence: Evidence) -> Iterator[Check]:
    """The answer affirms a type of defect that the claims about the regions do not contain."""
    answer = evidence.answer
    if answer is None or not answer.type or not answer.text.lower().startswith(("true", "yes")) or not evidence.claims:
        return
    if answer.type not in {c.type for c in evidence.claims if c.defect}:
        message = f"the answer affirms {answer.type}, which no finding names"
        yield fault("answer_not_entailed", answer.id, message, step=evidence.step_of(answer))


@register(metric="entailment", on=TraceView)
def conclusion_not_entailed(view: TraceView) -> Iterator[Check]:
    """The trace's verdict is not the one that its claims (or the person who reviewed it) lead to."""
    derived = derive(view)
    if view.final is None or derived is None or view.final.verdict in ("uncertain", derived):
        return
    message = f"the verdict is {view.final.verdict}, its claims lead to {derived}"
    yield fault("conclusion_not_entailed", view.last, message, scale="trace", step=view.last)


@register(metric="entailment", on=TraceView)
def verdict_against_itself(view: TraceView) -> Iterator[Check]:
    """A normal verdict lists defects, is at odds with its own probability, or with the step that gave it."""
    final = view.final
    if final is None:
        return
    said = []
    if final.verdict == "normal" and final.defects:
        said.append(f"the verdict is normal and lists {len(final.defects)} defects")
    if final.verdict != "uncertain" and final.probability is not None and final.probability_source is not None:
        likely = "anomalous" if final.probability >= 0.5 else "normal"
        if likely != final.verdict:
            said.append(f"the verdict is {final.verdict} at a probability of {final.probability:.2f}")
    recorded = mapping(view.concluding.output.get("verdict")).get("verdict") if view.concluding else None
    if recorded and recorded != final.verdict:
        said.append(f"the verdict is {final.verdict}, {view.last} gave {recorded}")
    for message in said:
        yield fault("verdict_against_itself", view.last, message, scale="trace", step=view.last)


@register(metric="entailment", on=TraceView)
def number_not_measured(view: TraceView) -> Iterator[Check]:
    """A number in the verdict is none that a step measured: P(True), the p-value, or the comparison's score."""
    final = view.final
    if final is None or view.corrected:
        return
    measured = [t.noun.get("p_true") for t in view.findings]
    measured += [mapping(s.output.get("reasoning")).get("p_true") for s in view.trace.steps]
    p_values = [mapping(s.output.get("comparison")).get("p_value") for s in view.trace.steps]
    scores = [mapping(s.output.get("comparison")).get("score") for s in view.trace.steps]
    score = final.probability if final.probability_source == "comparison" else None
    numbers_told = (("P(True)", final.p_true, measured), ("p-value", final.p_value, p_values), ("score", score, scores))
    for name, value, known in numbers_told:
        numbers = [k for k in known if isinstance(k, int | float)]
        if value is not None and numbers and not any(abs(k - value) < _CLOSE for k in numbers):
            message = f"the verdict's {name} {value:.4f} was measured in no step"
            yield fault("number_not_measured", view.last, message, scale="trace", step=view.last)


def first_claims(claims: tuple[Claim, ...]) -> list[Claim]:
    """The first claim on each subject: a later one that contradicts it is a fault of its own, and decides nothing."""
    first: dict[str, Claim] = {}
    for claim in claims:
        first.setdefault(claim.subject, claim)
    return list(first.values())


def entailed_by(claims: tuple[Claim, ...]) -> bool | None:
    """Whether the claims taken together say that there is a defect; None where none says anything."""
    judged = [c.defect for c in first_claims(claims) if c.defect is not None]
    return any(judged) if judged else None


def derive(view: TraceView) -> VerdictName | None:
    """The verdict that follows from a trace with its verdict hidden; None where nothing decisive was said.

    In this order: a reviewer's word; the claims about regions (one defect is enough; where a region was not judged,
    no defect elsewhere decides nothing); what is claimed about the whole image.
    """
    if view.corrected in ("normal", "anomalous"):
        return "anomalous" if view.corrected == "anomalous" else "normal"
    first = first_claims(view.claims)
    parts = [c for c in first if c.subject != "image"] or first
    if any(c.defect for c in parts):
        return "anomalous"
    if parts and all(c.defect is False for c in parts):
        return "normal"
    if parts or view.verdict is None or view.verdict.defect is None or view.regions_only:
        return None
    return "anomalous" if view.verdict.defect else "normal"
