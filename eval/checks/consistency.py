"""Do the claims agree with each other and with what the comparison saw?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...schema import Box, Check, Claim
from ._registry import Evidence, Severity, fault, register
from .entailment import first_claims

OVERLAP = 0.5
"""IoU from which two regions are one place."""


@register(metric="coverage")
def unread_answer(evidence: Evidence) -> Iterator[Check]:
    """An answer that should say True or False could not be read (where the model knew what it saw)."""
    for claim in (*evidence.claims, *([evidence.verdict] if evidence.verdict else [])):
        if claim.defect is None and claim.subject not in evidence.unfamiliar:
            message = f"{claim.id} says neither True nor False"
            yield fault("unread_answer", claim.id, message, step=evidence.step_of(claim))


@register(metric="consistency")
def contradiction(evidence: Evidence) -> Iterator[Check]:
    """Two claims about one region, or about regions that overlap, assert and deny a defect, or name two types.

    About the image as a whole it is a warning: "no crack" beside "a scratch" denies one thing and asserts another, and
    an agent may change its mind from step to step; whether the verdict then follows is told by entailment.
    """
    first_of: dict[str, Claim] = {}
    for claim in evidence.claims:
        first = first_of.setdefault(claim.subject, claim)
        message = "" if first is claim else against(first, claim)
        if message:
            severity: Severity = "warning" if claim.subject == "image" else "error"
            yield fault("contradiction", claim.id, message, severity=severity, step=evidence.step_of(claim))
    for first, claim in _overlapping(evidence, list(first_of.values())):
        if first.defect is not None and claim.defect is not None and first.defect != claim.defect:
            message = f"{against(first, claim)}, which overlaps {first.subject}"
            yield fault("contradiction", claim.id, message, step=evidence.step_of(claim))


@register(metric="entailment")
def verdict_against_claim(evidence: Evidence) -> Iterator[Check]:
    """The verdict's claim is about one region, and a claim about that region says something else."""
    verdict = evidence.verdict
    if verdict is None or verdict.subject == "image":
        return
    first = next((c for c in evidence.claims if c.subject == verdict.subject), None)
    message = against(first, verdict) if first else ""
    if message:
        yield fault("verdict_against_claim", verdict.id, message, step=evidence.step_of(verdict))


@register(metric="faithfulness")
def type_against_evidence(evidence: Evidence) -> Iterator[Check]:
    """The named type is not the one that the shape of the difference suggests (evidence, not proof: a warning)."""
    for claim in first_claims(evidence.claims):
        region = evidence.regions.get(claim.subject)
        if claim.defect and claim.type and region is not None and region.hint and region.hint != claim.type:
            message = f"{claim.id} names {claim.type}, the shape of {region.id} suggests {region.hint}"
            step = evidence.step_of(claim)
            yield fault("type_against_evidence", claim.id, message, severity="warning", step=step)


def against(first: Claim, second: Claim) -> str:
    """How the second claim contradicts the first, in words; "" where it does not."""
    if first.defect is not None and second.defect is not None and first.defect != second.defect:
        return f"{first.id} says {first.defect} and {second.id} says {second.defect} about {second.subject}"
    if first.type and second.type and first.type != second.type:
        return f"{first.id} names {first.type} and {second.id} names {second.type} at {second.subject}"
    return ""


def _overlapping(evidence: Evidence, claims: Sequence[Claim]) -> Iterator[tuple[Claim, Claim]]:
    """Pairs of claims (in order of the claims) whose regions lie in one place; a sweep from left to right."""
    placed = [(i, c, evidence.regions[c.subject].box) for i, c in enumerate(claims) if c.subject in evidence.regions]
    placed.sort(key=lambda p: p[2].x1)
    open_: list[tuple[int, Claim, Box]] = []
    for i, claim, box in placed:
        open_ = [o for o in open_ if o[2].x2 > box.x1]
        for j, other, other_box in open_:
            if box.iou(other_box) >= OVERLAP:
                yield (other, claim) if j < i else (claim, other)
        open_.append((i, claim, box))
