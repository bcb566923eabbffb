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
MOSTLY = 2 / 3
"""Share of the smaller of two boxes above which it lies in the larger. The centre alone would not do: a box that was
moved by half its side still has it in the defect."""


@register(on=TraceView)
def wrong_verdict(view: TraceView) -> Iterator[Check]:
    """The verdict is not the label (an `uncertain` one is no error; it abstains).

    It lies at the step that claimed so first: the verdict's claim where that says the same, else the last step.
    """
    right = right_verdict(view.labels)
    if view.final is None or right is None or view.final.verdict in ("uncertain", right):
        return
    message = f"the verdict is {view.final.verdict}, the label {right}"
    said = view.verdict
    follows = said is not None and said.defect == (view.final.verdict == "anomalous")
    step = view.step_of(said) if said is not None and follows else view.last
    yield fault("wrong_verdict", view.last, message, scale="trace", step=step or view.last)


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
    """True where two boxes mean one place: IoU above .3, or more than two thirds of the smaller lie in the larger."""
    iou = first.iou(second)
    shared = iou * (first.area + second.area) / (1 + iou)
    return iou > HIT or shared > MOSTLY * min(first.area, second.area)
