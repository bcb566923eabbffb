"""Do the claims respect the acceptance criteria that were recalled?"""

from __future__ import annotations

from collections.abc import Iterator

from ...schema import Check
from ._registry import Evidence, fault, register


@register
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
        elif claim.defect is False and claim.type not in allowed:
            message = f"{claim.id} passes {claim.type}, which no recalled criterion allows"
        else:
            continue
        yield fault("criterion_ignored", claim.id, message)
