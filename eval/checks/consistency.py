"""Do the claims agree with each other, with the comparison, and does the verdict follow from them?"""

from __future__ import annotations

from collections.abc import Iterator

from ...schema import Check, Claim
from ._registry import Evidence, fault, register


@register
def unread_answer(evidence: Evidence) -> Iterator[Check]:
    """An answer that should say True or False could not be read (where the model knew what it saw)."""
    for claim in (*evidence.claims, *([evidence.verdict] if evidence.verdict else [])):
        if claim.defect is None and claim.subject not in evidence.unfamiliar:
            yield fault("unread_answer", claim.id, f"{claim.id} says neither True nor False")


@register
def verdict_not_entailed(evidence: Evidence) -> Iterator[Check]:
    """The verdict says something else than the regions' claims taken together."""
    judged = [c.defect for c in evidence.claims if c.defect is not None]
    verdict = evidence.verdict
    if verdict is None or verdict.defect is None or not judged:
        return
    entailed = any(judged)
    if verdict.defect != entailed:
        found = ", ".join(c.subject for c in evidence.claims if c.defect) or "no region"
        yield fault(
            "verdict_not_entailed",
            verdict.id,
            f"the verdict says {verdict.defect}, but the findings say {entailed} (defect at: {found})",
            scale="trace",
        )


@register
def answer_not_entailed(evidence: Evidence) -> Iterator[Check]:
    """The answer affirms a type that no claim about a region names (as a defect, or as one that is permitted)."""
    answer = evidence.answer
    if answer is None or not answer.type or not answer.text.lower().startswith(("true", "yes")) or not evidence.claims:
        return
    if answer.type not in {c.type for c in evidence.claims}:
        yield fault("answer_not_entailed", answer.id, f"the answer affirms {answer.type}, which no finding names")


@register
def contradiction(evidence: Evidence) -> Iterator[Check]:
    """Two claims about one region assert and deny a defect, or name two types."""
    by_subject: dict[str, Claim] = {}
    for claim in (*evidence.claims, *([evidence.verdict] if evidence.verdict else [])):
        first = by_subject.setdefault(claim.subject, claim)
        if first is claim or claim.subject == "image":
            continue
        if first.defect is not None and claim.defect is not None and first.defect != claim.defect:
            yield fault(
                "contradiction",
                claim.id,
                f"{first.id} says {first.defect} and {claim.id} says {claim.defect} about {claim.subject}",
            )
        elif first.type and claim.type and first.type != claim.type:
            yield fault(
                "contradiction",
                claim.id,
                f"{first.id} names {first.type} and {claim.id} names {claim.type} at {claim.subject}",
            )


@register
def type_against_evidence(evidence: Evidence) -> Iterator[Check]:
    """The named type is not the one that the shape of the difference suggests (evidence, not proof: a warning)."""
    for claim in evidence.claims:
        region = evidence.regions.get(claim.subject)
        if claim.defect and claim.type and region is not None and region.hint and region.hint != claim.type:
            yield fault(
                "type_against_evidence",
                claim.id,
                f"{claim.id} names {claim.type}, the shape of {region.id} suggests {region.hint}",
                severity="warning",
            )
