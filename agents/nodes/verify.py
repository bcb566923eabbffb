"""verify: the deterministic checks of eval/checks on what was said; errors give one repair round."""

from __future__ import annotations

from typing import Any

from ...eval.checks import Evidence, run_checks
from ...schema import Claim
from ..policy import Policy
from ..state import InspectionState, dump, read_comparison, read_facts, read_findings


def evidence(state: InspectionState) -> Evidence:
    """What the checks look at: recalled facts, regions, the regions' claims, the verdict's and the answer's claim."""
    comparison = read_comparison(state)
    reasoning = state.get("reasoning") or {}
    return Evidence(
        facts={f.id: f for f in read_facts(state)},
        regions={r.id: r for r in comparison.regions} if comparison else {},
        claims=tuple(f.claim for f in read_findings(state)),
        verdict=Claim.model_validate(reasoning["verdict"]) if reasoning.get("verdict") else None,
        answer=Claim.model_validate(reasoning["answer"]) if reasoning.get("answer") else None,
    )


def verify(state: InspectionState) -> dict[str, Any]:
    """Run every check; what they found stands in `checks`."""
    return {"checks": [dump(c) for c in run_checks(evidence(state))]}


def repair_or_go_on(state: InspectionState, *, policy: Policy) -> str:
    """The edge after `verify`: `repair` while an error concerns the reasoning and a round is left, else `review`."""
    reasoning_failed = any(c["severity"] == "error" and c["subject"] in ("CV", "CA") for c in state.get("checks") or ())
    familiar = (state.get("reasoning") or {}).get("familiar", True)
    return "repair" if reasoning_failed and familiar and state.get("repairs", 0) < policy.max_repairs else "review"


def repair(state: InspectionState) -> dict[str, Any]:
    """Count the round; `reason` reads the complaints from `checks`."""
    return {"repairs": state.get("repairs", 0) + 1}
