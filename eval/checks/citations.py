"""Is every claim bound to evidence that exists, is still the same, and speaks of what is claimed?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ...schema import Check, Claim, RecalledFact
from ._registry import Evidence, register


@register
def unknown_citation(evidence: Evidence) -> Iterator[Check]:
    """A cited fact was never recalled in this run, or a cited region never found."""
    for claim in evidence.all_claims():
        for cited in claim.facts:
            if cited not in evidence.facts:
                yield _error(
                    "unknown_citation", claim, f"{claim.id} cites [{cited}], which was not recalled in this run"
                )
        for cited in claim.regions:
            if cited not in evidence.regions:
                yield _error(
                    "unknown_citation", claim, f"{claim.id} cites [{cited}], which the comparison did not find"
                )


@register
def stale_fact(evidence: Evidence) -> Iterator[Check]:
    """A cited fact's text is no longer what its digest says."""
    for claim in evidence.all_claims():
        for cited in claim.facts:
            fact = evidence.facts.get(cited)
            if fact and fact.fact.digest and fact.fact.digest != hashlib.sha256(fact.fact.text.encode()).hexdigest():
                yield _error(
                    "stale_fact", claim, f"{claim.id} cites [{cited}], whose text has changed since it was stored"
                )


@register
def generated_only(evidence: Evidence) -> Iterator[Check]:
    """A decisive claim rests on generated facts alone: the model would cite itself (method.md section 1)."""
    for claim in evidence.all_claims():
        known = [evidence.facts[f] for f in claim.facts if f in evidence.facts]
        if claim.defect is not None and known and all(f.fact.source == "generated" for f in known):
            cited = ", ".join(f"[{f.id}]" for f in known)
            yield _error("generated_only", claim, f"{claim.id} rests on generated facts alone ({cited})")


@register
def uncited_claim(evidence: Evidence) -> Iterator[Check]:
    """A claim of a defect names no region, or names a type without the recalled fact that speaks of it."""
    for claim in evidence.all_claims():
        if claim.defect is not True:
            continue
        if not claim.regions and evidence.regions:
            yield _error("uncited_claim", claim, f"{claim.id} claims a defect and cites no region")
        fitting = [f.id for f in evidence.facts.values() if _names(f, claim.type)]
        if fitting and not claim.facts:
            yield _warning(
                "uncited_claim", claim, f"{claim.id} names {claim.type} and cites none of {', '.join(fitting)}"
            )


@register
def foreign_citation(evidence: Evidence) -> Iterator[Check]:
    """A claim names one type of defect and cites only facts that do not speak of it."""
    for claim in evidence.all_claims():
        if not claim.type or not claim.facts:
            continue
        known = [evidence.facts[f] for f in claim.facts if f in evidence.facts]
        if known and not any(_names(f, claim.type) for f in known):
            cited = ", ".join(f"[{f.id}]" for f in known)
            yield _warning(
                "foreign_citation", claim, f"{claim.id} names {claim.type}, but {cited} does not speak of it"
            )


def _names(fact: RecalledFact, type: str | None) -> bool:
    return bool(type) and _plain(type) in _plain(fact.fact.text)


def _plain(text: str | None) -> str:
    return (text or "").lower().replace("-", " ")


def _error(name: str, claim: Claim, message: str) -> Check:
    return Check(name=name, scale="claim", severity="error", subject=claim.id, message=message)


def _warning(name: str, claim: Claim, message: str) -> Check:
    return Check(name=name, scale="claim", severity="warning", subject=claim.id, message=message)
