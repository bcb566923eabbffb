"""Which place of an image a caller means: a region of a comparison by its id, or a box."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import BadInput
from ..schema import Box, Comparison, Region

Where = Region | str | Sequence[int]
"""A region, the id of one (`R1`), or a box `x1, y1, x2, y2` in pixels of the test image."""


def find_place(where: Where, size: tuple[int, int], comparison: Comparison | None = None) -> tuple[Region | None, Box]:
    """The region (None for a bare box) and its box, clipped to an image of `size` (width, height).

    Raises:
        BadInput: the comparison has no such region, there is no comparison to look it up in, or the box is empty,
            outside the image or no box.
    """
    if isinstance(where, str):
        where = _by_id(where.strip().strip("[]"), comparison)
    if isinstance(where, Region):
        return where, clip_box(where.box, size)
    return None, clip_box(where, size)


def _by_id(id: str, comparison: Comparison | None) -> Region:
    if comparison is None:
        raise BadInput(
            f"region '{id}'", "regions come from a comparison and none was given", "compare first, or name a box"
        )
    for region in comparison.regions:
        if region.id == id:
            return region
    if not comparison.registration.comparable:
        raise BadInput(
            f"region '{id}'",
            f"the images could not be compared ({comparison.registration.note})",
            "give another golden image",
        )
    known = ", ".join(r.id for r in comparison.regions)
    if not known:
        raise BadInput(f"region '{id}'", "the comparison found no region at all", "name a box instead")
    raise BadInput(f"region '{id}'", f"the comparison found {known}", "use one of these ids")


def clip_box(box: Sequence[int], size: tuple[int, int]) -> Box:
    """`box` as four whole numbers inside an image of `size` (width, height).

    Raises:
        BadInput: not four whole numbers, empty, or outside the image.
    """
    shown = f"box {box!r:.60}"
    try:
        x1, y1, x2, y2 = (int(v) for v in box)
        shown = f"box {x1}, {y1}, {x2}, {y2}"
    except (TypeError, ValueError, OverflowError):
        raise BadInput(shown, "these are not four whole numbers", "give x1, y1, x2, y2 in pixels") from None
    if x2 <= x1 or y2 <= y1:
        raise BadInput(shown, "it is empty", "give x1, y1, x2, y2 with x1 below x2 and y1 below y2")
    clipped = Box(max(0, x1), max(0, y1), min(size[0], x2), min(size[1], y2))
    if clipped.x2 <= clipped.x1 or clipped.y2 <= clipped.y1:
        raise BadInput(shown, f"it lies outside the {size[0]} x {size[1]} image", "give a box inside it")
    return clipped
