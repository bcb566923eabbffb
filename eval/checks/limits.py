"""Do the claims respect the limits that recalled criteria set, as the regions were measured?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...criterion import holds
from ...schema import Check, Claim, Criterion, Measured, RecalledFact
from ._registry import Evidence, fault, register


def limits_on(kind: str, facts: Iterable[RecalledFact]) -> list[tuple[RecalledFact, Criterion]]:
    """The limits that curated or expert criteria set to the size of a type of defect (not to how many there are)."""
    return [
        (f, f.fact.criterion)
        for f in facts
        if f.fact.criterion is not None
        and f.fact.source != "generated"
        and f.fact.criterion.of in ("", kind)
        and f.fact.criterion.quantity != "count"
    ]


def told_limit(limit: Criterion) -> str:
    """`length <= 5 mm`."""
    return f"{limit.quantity} {limit.comparison} {limit.limit:g} {limit.unit}".strip()


def told_size(limit: Criterion, measured: Iterable[Measured]) -> str:
    """What was measured of the quantity that is limited, `7.2 ± 0.3 mm`; "" where it was not in this unit."""
    for m in measured:
        if (m.quantity, m.unit) == (limit.quantity, limit.unit):
            return f"{m.value:.3g} ± {m.uncertainty:.2g} {m.unit}"
    return ""


@register(metric="faithfulness")
def limit_ignored(evidence: Evidence) -> Iterator[Check]:
    """A claim passes what was measured beyond a limit, rejects what is within one that permits, or cannot know it.

    What cannot be told (no scale, or the limit lies within the measurement's uncertainty) is an error where the claim
    passes the defect, and a warning where it does not.
    """
    for claim in evidence.claims:
        if claim.type is None or claim.defect is None:
            continue
        limits = limits_on(claim.type, evidence.facts.values())
        measured = evidence.measured.get(claim.subject, ())
        answers = [holds(limit, measured) for _, limit in limits]
        for (fact, limit), within in zip(limits, answers, strict=True):
            found = _against(claim, fact, limit, within, measured, all_within=all(a is True for a in answers))
            yield from (c.model_copy(update={"step": evidence.step_of(claim)}) for c in found)


@register(metric="faithfulness")
def count_ignored(evidence: Evidence) -> Iterator[Check]:
    """Claims pass defects of a type of which there are more than a criterion accepts."""
    for kind, claims in _by_type(evidence.claims).items():
        passed = [c for c in claims if c.defect is False]
        for fact in evidence.facts.values():
            limit = fact.fact.criterion
            if limit is None or limit.quantity != "count" or fact.fact.source == "generated" or not passed:
                continue
            if limit.of in ("", kind) and holds(limit, [Measured("count", len(claims))]) is False:
                message = f"{passed[0].id} passes {kind}, of which there are {len(claims)} ([{fact.id}]: "
                yield fault(
                    "count_ignored", passed[0].id, f"{message}{told_limit(limit)})", step=evidence.step_of(passed[0])
                )


def _by_type(claims: Iterable[Claim]) -> Mapping[str, list[Claim]]:
    found: dict[str, list[Claim]] = {}
    for claim in claims:
        if claim.type is not None and claim.defect is not None:
            found.setdefault(claim.type, []).append(claim)
    return found


def _against(
    claim: Claim,
    fact: RecalledFact,
    limit: Criterion,
    within: bool | None,
    measured: Iterable[Measured],
    *,
    all_within: bool,
) -> Iterator[Check]:
    size, rule = told_size(limit, measured), f"[{fact.id}] sets {told_limit(limit)}"
    if within is False and not claim.defect:
        yield fault("limit_ignored", claim.id, f"{claim.id} passes {claim.type} of {size}, {rule}")
    elif within and claim.defect and limit.permits and all_within:
        yield fault("limit_ignored", claim.id, f"{claim.id} rejects {claim.type} of {size}, {rule}")
    elif within is None:
        why = f"{size} is too close to tell" if size else f"its {limit.quantity} was not measured in {limit.unit}"
        message = f"{claim.id} {'rejects' if claim.defect else 'passes'} {claim.type}; {rule}, and {why}"
        yield fault("limit_ignored", claim.id, message, severity="warning" if claim.defect else "error")
