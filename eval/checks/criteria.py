"""Do the claims respect the acceptance criteria that were recalled?"""

from __future__ import annotations

from collections.abc import Iterator

from ...schema import Check, RecalledFact
from ._registry import Evidence, fault, register


def gives_leave(fact: RecalledFact) -> bool:
    """Whether a recalled criterion gives leave for anything, always or up to a limit; a generated one does not."""
    limit = fact.fact.criterion
    stated = fact.fact.kind == "criterion" and fact.fact.source != "generated"
    return stated and (bool(fact.fact.allows) or (limit is not None and limit.permits))


def permits(fact: RecalledFact, kind: str) -> bool:
    """Whether a recalled criterion gives leave for a type, always or up to a limit; a generated one gives none."""
    limit = fact.fact.criterion
    return gives_leave(fact) and (
        kind in fact.fact.allows or (limit is not None and limit.permits and limit.of in ("", kind))
    )


@register(metric="grounding")
def criterion_ignored(evidence: Evidence) -> Iterator[Check]:
    """A claim rejects a type that a recalled criterion allows, or allows one that no criterion does.

    Only a curated or expert criterion counts: a generated one grounds no decision.
    """
    allowed = {
        kind: fact.id
        for fact in evidence.facts.values()
        if fact.fact.kind == "criterion" and fact.fact.source != "generated"
        for kind in fact.fact.allows
    }
    for claim in evidence.claims:
        if claim.type is None:
            continue
        if claim.defect and claim.type in allowed:
            message = f"{claim.id} rejects {claim.type}, which [{allowed[claim.type]}] allows"
        elif claim.defect is False and not any(permits(fact, claim.type) for fact in evidence.facts.values()):
            message = f"{claim.id} passes {claim.type}, which no recalled criterion allows"
        else:
            continue
        yield fault("criterion_ignored", claim.id, message, step=evidence.step_of(claim))
