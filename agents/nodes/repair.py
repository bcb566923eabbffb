"""repair: one round. A region whose claim was refused is looked at again, with only the facts that bear on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langgraph.types import Send

from ...eval.checks.citations import speaks_of
from ...schema import Claim, RecalledFact
from ..state import InspectionState, read_facts, read_findings
from .plan import branch


def repair(state: InspectionState) -> dict[str, Any]:
    """Count the round; `reason` reads the complaints from `checks`."""
    return {"repairs": state.get("repairs", 0) + 1}


def redo(state: InspectionState) -> list[Send] | str:
    """The edge after `repair`: the refused regions go back to `examine`; without any, the reasoning is done again."""
    refused = {c["subject"] for c in state.get("checks") or () if c["severity"] == "error"}
    claims = {f.region: f.claim for f in read_findings(state) if f.claim.id in refused}
    if not claims:
        return "reason"
    facts = read_facts(state)
    return [Send("examine", branch(state, region, bearing_on(claim, facts))) for region, claim in claims.items()]


def bearing_on(claim: Claim, facts: Sequence[RecalledFact]) -> list[RecalledFact]:
    """The criteria and at most one other fact that speak of a claim's type; nothing else may distract."""
    kind = claim.type or ""
    naming = [f for f in facts if speaks_of(f, kind)]
    criteria = [f for f in facts if kind in f.fact.allows or (f in naming and f.fact.kind == "criterion")]
    return [*criteria, *[f for f in naming if f not in criteria][:1]]
