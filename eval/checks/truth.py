"""With labels: is the verdict right, and which claim about a place is it that is wrong?"""

from __future__ import annotations

from collections.abc import Iterator

from ...schema import Box, Check
from ..labelled import right_verdict, true_boxes
from ._registry import fault, register
from .entailment import first_claims
from .view import TraceView

HIT = 0.3
"""IoU above which a box hits another."""


@register(on=TraceView)
def wrong_verdict(view: TraceView) -> Iterator[Check]:
    """The verdict is not the label (an `uncertain` one is no error; it abstains)."""
    right = right_verdict(view.labels)
    if view.final is None or right is None or view.final.verdict in ("uncertain", right):
        return
    message = f"the verdict is {view.final.verdict}, the label {right}"
    yield fault("wrong_verdict", view.last, message, scale="trace", step=view.last)


@register(on=TraceView)
def false_claim(view: TraceView) -> Iterator[Check]:
    """A claim asserts a defect at a region where there is none, or denies the one that is there."""
    truths = true_boxes(view.labels)
    if truths is None:
        return
    for claim in first_claims(view.claims):
        region = view.regions.get(claim.subject)
        if region is None or claim.defect is None:
            continue
        there = any(touches(region.box, box) for box in truths)
        if there != claim.defect:
            what = "denies a defect where there is one" if there else "claims a defect where there is none"
            yield fault("false_claim", claim.id, f"{claim.id} {what} ({claim.subject})", step=view.step_of(claim))


@register(on=TraceView)
def missed_defect(view: TraceView) -> Iterator[Check]:
    """A true defect lies in no region that the comparison found (told where there was a comparison)."""
    if not view.regions:
        return
    for box in true_boxes(view.labels) or ():
        if not any(touches(region.box, box) for region in view.regions.values()):
            message = f"no region was found at the true defect {list(box)}"
            yield fault("missed_defect", view.last, message, severity="warning", scale="trace", step=view.last)


def touches(first: Box, second: Box) -> bool:
    """True where two boxes mean one place: IoU above .3, or the centre of one lies in the other."""
    return first.iou(second) > HIT or _holds(first, second) or _holds(second, first)


def _holds(box: Box, other: Box) -> bool:
    x, y = other.center
    return box.x1 <= x < box.x2 and box.y1 <= y < box.y2
