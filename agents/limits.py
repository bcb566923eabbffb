"""Acceptance criteria with a limit: the region is measured, and what was measured decides."""

from __future__ import annotations

from collections.abc import Sequence

from ..criterion import holds
from ..errors import BadInput
from ..eval.checks.limits import limits_on, told_limit, told_size
from ..images import ImageStore
from ..schema import Claim, Comparison, ImageRef, Measured, RecalledFact, Region, Registration
from ..tools.measure import Quantity, measure


def sizes(
    region: Region, test: ImageRef, aligned: ImageRef | None, images: ImageStore, mm_per_pixel: float | None
) -> tuple[Measured, ...]:
    """The region's sides and area in pixels, and in mm with a scale; () where nothing stands out to be measured."""
    pair = Comparison(
        test=test,
        references=(aligned,) if aligned else (),
        aligned=aligned,
        score=region.score,
        regions=(region,),
        registration=Registration(method="given", confidence=1.0),
    )
    try:
        found = measure(pair if aligned else test, region.box, images=images, mm_per_pixel=mm_per_pixel)
    except BadInput:
        return ()
    if found.basis == "box":
        return ()  # the box has a margin: its sides are no one's size
    rows: list[Measured] = []
    for name in ("length", "breadth", "width", "height", "area"):
        quantity: Quantity = getattr(found, name)
        square = "2" if name == "area" else ""
        rows.append(Measured(name, quantity.value, f"px{square}", quantity.uncertainty))  # type: ignore[arg-type]
        if quantity.mm is not None and quantity.mm_uncertainty is not None:
            rows.append(Measured(name, quantity.mm, f"mm{square}", quantity.mm_uncertainty))  # type: ignore[arg-type]
    return tuple(rows)


def apply_limits(claim: Claim, facts: Sequence[RecalledFact], measured: Sequence[Measured]) -> tuple[Claim, str]:
    """The claim as the limits want it, and the id of the criterion that overruled it as permitted ("" if none).

    Beyond one limit it is a defect, whatever else permits it. It is none where it is within every limit and one of them
    permits. Where that cannot be told the claim stays, and verification says so (eval/checks/limits.py).
    """
    if claim.type is None or claim.defect is None:
        return claim, ""
    answers = [(fact, limit, holds(limit, measured)) for fact, limit in limits_on(claim.type, facts)]
    for fact, limit, within in answers:
        if within is False:
            text = (
                f"{claim.type.capitalize()} of {told_size(limit, measured)}, rejected: a criterion accepts "
                f"{told_limit(limit)} [{fact.id}] [{claim.subject}]."
            )
            cited = tuple(dict.fromkeys((fact.id, *claim.facts)))
            return claim.model_copy(update={"defect": True, "facts": cited, "text": text}), ""
    if claim.defect and answers and all(within for _, _, within in answers):
        for fact, limit, _ in answers:
            if limit.permits:
                text = (
                    f"{claim.type.capitalize()} of {told_size(limit, measured)}, allowed: a criterion accepts "
                    f"{told_limit(limit)} [{fact.id}] [{claim.subject}]."
                )
                return claim.model_copy(update={"defect": False, "facts": (fact.id,), "text": text}), fact.id
    return claim, ""
