"""Is every claim bound to evidence that exists, is still the same, and speaks of what is claimed?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache

from ...schema import Check, Claim, RecalledFact
from ._registry import Evidence, fault, register
from .view import TraceView


@register(metric="grounding")
def unknown_citation(evidence: Evidence) -> Iterator[Check]:
    """A cited fact was never recalled in this run, or a cited region never found."""
    for claim in evidence.all_claims():
        for cited in claim.facts:
            if cited not in evidence.facts:
                message = f"{claim.id} cites [{cited}], which was not recalled in this run"
                yield fault("unknown_citation", claim.id, message, step=evidence.step_of(claim))
        for cited in claim.regions:
            if cited not in evidence.regions:
                message = f"{claim.id} cites [{cited}], which the comparison did not find"
                yield fault("unknown_citation", claim.id, message, step=evidence.step_of(claim))


@register(metric="grounding")
def stale_fact(evidence: Evidence) -> Iterator[Check]:
    """A cited fact's text is no longer what its digest says."""
    for claim in evidence.all_claims():
        for cited in claim.facts:
            fact = evidence.facts.get(cited)
            if fact and not is_whole(fact):
                message = f"{claim.id} cites [{cited}], whose text has changed since it was stored"
                yield fault("stale_fact", claim.id, message, step=evidence.step_of(claim))


@register(metric="grounding", on=TraceView)
def changed_fact(view: TraceView) -> Iterator[Check]:
    """A cited id stood for one text where it was recalled, and for another one later in the same trace."""
    for claim in view.all_claims():
        for cited in claim.facts:
            stated = view.told_facts.get(cited, [])
            texts = {(t.noun.fact.text, t.noun.fact.digest) for t in stated}
            if len(texts) > 1 and is_whole(view.facts[cited]):  # else it is stale already
                message = f"{claim.id} cites [{cited}], which is not the same in {', '.join(t.step.id for t in stated)}"
                yield fault("changed_fact", claim.id, message, step=view.step_of(claim))


@register(metric="grounding")
def generated_only(evidence: Evidence) -> Iterator[Check]:
    """A decisive claim rests on generated facts alone: the model would cite itself (method.md section 1)."""
    for claim in evidence.all_claims():
        known = [evidence.facts[f] for f in claim.facts if f in evidence.facts]
        if claim.defect is not None and known and all(f.fact.source == "generated" for f in known):
            cited = ", ".join(f"[{f.id}]" for f in known)
            message = f"{claim.id} rests on generated facts alone ({cited})"
            yield fault("generated_only", claim.id, message, step=evidence.step_of(claim))


@register(metric="grounding")
def uncited_claim(evidence: Evidence) -> Iterator[Check]:
    """A claim of a defect names no region, or names a type without the recalled fact that speaks of it."""
    for claim in evidence.all_claims():
        if claim.defect is not True:
            continue
        step = evidence.step_of(claim)
        if not claim.regions and evidence.regions:
            yield fault("uncited_claim", claim.id, f"{claim.id} claims a defect and cites no region", step=step)
        fitting = _fitting(evidence, claim)
        if fitting and not claim.facts:
            message = f"{claim.id} names {claim.type} and cites none of {', '.join(fitting)}"
            yield fault("uncited_claim", claim.id, message, severity="warning", step=step)


@register(metric="grounding")
def foreign_citation(evidence: Evidence) -> Iterator[Check]:
    """A claim names one type of defect and cites only facts that do not speak of it.

    An error where that is beyond doubt: a fact that does speak of it was at hand, or what is cited is about another
    object than everything else that was recalled. Else a warning: words have synonyms.
    """
    for claim in evidence.all_claims():
        if not claim.type or not claim.facts:
            continue
        known = [evidence.facts[f] for f in claim.facts if f in evidence.facts]
        if not known or any(speaks_of(f, claim.type) for f in known):
            continue
        message = f"{claim.id} names {claim.type}, but {', '.join(f'[{f.id}]' for f in known)} does not speak of it"
        fitting = _fitting(evidence, claim)
        if fitting:
            message += f" ({', '.join(f'[{f}]' for f in fitting)} does)"
        certain = bool(fitting) or all(_stray(evidence, f) for f in known)
        yield fault(
            "foreign_citation", claim.id, message, severity="error" if certain else "warning",
            step=evidence.step_of(claim),
        )  # fmt: skip


def _fitting(evidence: Evidence, claim: Claim) -> list[str]:
    return [f.id for f in evidence.facts.values() if speaks_of(f, claim.type)]


def _stray(evidence: Evidence, fact: RecalledFact) -> bool:
    """True where all other recalled facts are about one object, and this one is about another."""
    others = {f.fact.object for f in evidence.facts.values() if f.id != fact.id}
    return len(others) == 1 and fact.fact.object not in others


def is_whole(fact: RecalledFact) -> bool:
    """False where a fact's text is not what its digest was made of; without a digest nobody can tell."""
    return not fact.fact.digest or fact.fact.digest == _digest(fact.fact.text)


@lru_cache(maxsize=4096)
def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def speaks_of(fact: RecalledFact, kind: str | None) -> bool:
    """True where a fact names a type of defect: "pin-hole" in "Pin-holes weaken it.", not "short" in "shortage"."""
    return bool(kind) and _names(fact.fact.text, str(kind))


@lru_cache(maxsize=16384)
def _names(text: str, kind: str) -> bool:
    words = re.escape(_plain(kind)).replace(r"\ ", r"\s+")
    return bool(re.search(rf"\b{words}(s|es)?\b", _plain(text)))


def _plain(text: str) -> str:
    return text.lower().replace("-", " ")
