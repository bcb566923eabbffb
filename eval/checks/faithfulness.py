"""Is what was recorded still what the steps gave, and do claims agree with the result of their own step?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...answers import parse_answer
from ...schema import Check, Claim
from ..trace_file import digest_of
from ._registry import fault, register
from .view import TraceView, claims_in


@register(metric="faithfulness", on=TraceView)
def altered_result(view: TraceView) -> Iterator[Check]:
    """A step's output is not what its digest was made of: it was altered after it had been recorded."""
    for step in view.trace.steps:
        if step.output_digest and digest_of(step.output) != step.output_digest:
            message = f"the result of {step.id} ({step.node}) is not the one that was recorded"
            yield fault("altered_result", step.id, message, scale="step", step=step.id)


@register(metric="faithfulness", on=TraceView)
def result_changed_later(view: TraceView) -> Iterator[Check]:
    """A region is not what a later step was given of it: the fault lies where it was found."""
    told: set[tuple[str, str]] = set()
    for step in view.trace.steps:
        given = step.input.get("region")
        if not isinstance(given, dict) or str(given.get("id")) not in view.regions:
            continue
        region = view.regions[str(given["id"])]
        changed = [
            k
            for k in ("box", "change", "hint", "moved_from", "offset")
            if k in given and _plain(given[k]) != _plain(getattr(region, k))
        ]
        source = view.told_regions[region.id][-1].step
        if changed and (source.id, region.id) not in told:
            told.add((source.id, region.id))
            message = f"{region.id} in {source.id} has another {' and '.join(changed)} than when {step.id} looked at it"
            yield fault("result_changed_later", source.id, message, scale="step", step=source.id)


@register(metric="faithfulness", on=TraceView)
def claim_against_result(view: TraceView) -> Iterator[Check]:
    """A step's claim says something else than the result that the step recorded."""
    for step in view.trace.steps:
        if not step.claims:
            continue
        recorded = {str(claim.get("id")): claim for _, claim in claims_in(step.output)}
        for claim in step.claims:
            known = recorded.get(claim.id)
            if known is not None and _core(claim) != (known.get("subject"), known.get("defect"), known.get("type")):
                message = f"{claim.id} is not the claim that the result of {step.id} holds"
                yield fault("claim_against_result", claim.id, message, step=step.id)


@register(metric="faithfulness", on=TraceView)
def claim_against_words(view: TraceView) -> Iterator[Check]:
    """A finding's claim turns round what the model said, and no acceptance criterion is named that would."""
    for found in view.findings:
        claim, words = found.noun.get("claim"), found.noun.get("answer")
        if not isinstance(claim, dict) or not isinstance(words, str) or claim.get("defect") is None:
            continue
        said = parse_answer(words)
        if said.value is None or said.value == claim["defect"] or said.allowed or found.noun.get("overruled"):
            continue
        message = f"the model said {said.value}, {claim.get('id')} says {claim['defect']}"
        yield fault("claim_against_words", str(claim.get("id", "")), message, step=found.step.id)


def _core(claim: Claim) -> tuple[str, bool | None, str | None]:
    return claim.subject, claim.defect, claim.type


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else value
