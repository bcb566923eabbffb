"""Do the boxes in the verdict lie where the comparison found the regions that they name?"""

from __future__ import annotations

from collections.abc import Iterator

from ...schema import Check
from ._registry import fault, register
from .view import TraceView

AWAY = 0.3
"""IoU at or below which a box is somewhere else."""
NEAR = 0.7
"""IoU below which a box is told as moved."""


@register(metric="heat", on=TraceView)
def box_off_region(view: TraceView) -> Iterator[Check]:
    """A defect's box in the verdict is not where its region was found."""
    for defect in view.final.defects if view.final else ():
        region = view.regions.get(defect.region)
        if region is None:
            continue
        iou = defect.box.iou(region.box)
        if iou < NEAR:
            message = (
                f"the box of {defect.region} in the verdict has an IoU of {iou:.2f} with the region that was found"
            )
            severity = "error" if iou <= AWAY else "warning"
            yield fault("box_off_region", defect.region, message, severity=severity, scale="claim", step=view.last)  # type: ignore[arg-type]
