"""Is every claim bound to evidence that exists, is still the same, and speaks of what is claimed?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from ...schema import Check, RecalledFact
from ._registry import Evidence, fault, register


@register
def unknown_citation(evidence: Evidence) -> Iterator[Check]:
    """A cited fact was never recalled in this run, or a cited region never found."""
    for claim in evidence.all_claims():
        for cited in claim.facts:
            if cited not in evidence.facts:
                yield fault(
                    "unknown_citation", claim.id, f"{claim.id} cites [{cited}], which was not recalled in this run"
                )
        for cited in claim.regions:
            if cited not in evidence.regions:
                yield fault(
                    "unknown_citation", claim.id, f"{claim.id} cites [{cited}], which the comparison did not find"
                )


@register
def stale_fact(evidence: Evidence) -> Iterator[Check]:
    """A cited fact's text is no longer what its digest says."""
    for claim in evidence.all_claims():
        for cited in claim.facts:
            fact = evidence.facts.get(cited)
            if fact and fact.fact.digest and fact.fact.digest != hashlib.sha256(fact.fact.text.encode()).hexdigest():
                yield fault(
                    "stale_fact", claim.id, f"{claim.id} cites [{cited}], whose text has changed since it was stored"
                )


@register
def generated_only(evidence: Evidence) -> Iterator[Check]:
    """A decisive claim rests on generated facts alone: the model would cite itself (method.md section 1)."""
    for claim in evidence.all_claims():
        known = [evidence.facts[f] for f in claim.facts if f in evidence.facts]
        if claim.defect is not None and known and all(f.fact.source == "generated" for f in known):
            cited = ", ".join(f"[{f.id}]" for f in known)
            yield fault("generated_only", claim.id, f"{claim.id} rests on generated facts alone ({cited})")


@register
def uncited_claim(evidence: Evidence) -> Iterator[Check]:
    """A claim of a defect names no region, or names a type without the recalled fact that speaks of it."""
    for claim in evidence.all_claims():
        if claim.defect is not True:
            continue
        if not claim.regions and evidence.regions:
            yield fault("uncited_claim", claim.id, f"{claim.id} claims a defect and cites no region")
        fitting = [f.id for f in evidence.facts.values() if speaks_of(f, claim.type)]
        if fitting and not claim.facts:
            yield fault(
                "uncited_claim",
                claim.id,
                f"{claim.id} names {claim.type} and cites none of {', '.join(fitting)}",
                severity="warning",
            )


@register
def foreign_citation(evidence: Evidence) -> Iterator[Check]:
    """A claim names one type of defect and cites only facts that do not speak of it."""
    for claim in evidence.all_claims():
        if not claim.type or not claim.facts:
            continue
        known = [evidence.facts[f] for f in claim.facts if f in evidence.facts]
        if known and not any(speaks_of(f, claim.type) for f in known):
            cited = ", ".join(f"[{f.id}]" for f in known)
            yield fault(
                "foreign_citation",
                claim.id,
                f"{claim.id} names {claim.type}, but {cited} does not speak of it",
                severity="warning",
            )


def speaks_of(fact: RecalledFact, kind: str | None) -> bool:
    """True where a fact names a type of defect: "pin-hole" in "Pin-holes weaken it.", not "short" in "shortage"."""
    if not kind:
        return False
    words = re.escape(_plain(kind)).replace(r"\ ", r"\s+")
    return bool(re.search(rf"\b{words}(s|es)?\b", _plain(fact.fact.text)))


def _plain(text: str) -> str:
    return text.lower().replace("-", " ")
