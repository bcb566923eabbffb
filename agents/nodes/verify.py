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
        measured={f.region: f.measured for f in read_findings(state)},
        claims=tuple(f.claim for f in read_findings(state)),
        unfamiliar=frozenset(f.region for f in read_findings(state) if not f.familiar),
        verdict=Claim.model_validate(reasoning["verdict"]) if reasoning.get("verdict") else None,
        answer=Claim.model_validate(reasoning["answer"]) if reasoning.get("answer") else None,
    )


def verify(state: InspectionState) -> dict[str, Any]:
    """Run every check; what they found stands in `checks`."""
    return {"checks": [dump(c) for c in run_checks(evidence(state))]}


def repair_or_go_on(state: InspectionState, *, policy: Policy) -> str:
    """The edge after `verify`: `repair` while there is an error that a second look may mend, else `review`."""
    errors = [c for c in state.get("checks") or () if c["severity"] == "error"]
    return "repair" if errors and spoke(state) and state.get("repairs", 0) < policy.max_repairs else "review"


def spoke(state: InspectionState) -> bool:
    """False where the model was not asked, because it does not know this kind of image."""
    return bool((state.get("reasoning") or {}).get("familiar", True))
