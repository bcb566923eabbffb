"""Line scans: long images compared piece by piece, with memory for one piece at a time.

A 20,000 x 2,000 scan described as a whole is shrunk elevenfold, and what is smaller than some forty pixels is gone.
Registered as a whole, it is then cut into pieces (here "strips") about as long as wide and at most 1,000 pixels wide,
each compared with the same piece of the golden images. Of dark squares of 12, 20 and 30 pixels on a drawn grey texture
the latter two give a region; in strips of the whole 2,000 pixels, which are shrunk as well, only the last one did.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..schema import Box, Region
from .geometry import compose, translation, warp
from .outcome import Outcome
from .scoring import conformal_p

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.uint8]
    Matrix = NDArray[np.float64]

LEAST_AREA, LEAST_ASPECT = 4_000_000, 4.0
"""Pixels, and length over width, from which an image is taken for a line scan."""
WIDEST = 1000
"""Pixels across a piece at most: a photograph larger than that is shrunk before it is described."""
OVERLAP = 0.06
SAME = 0.3
"""Overlap (IoU) of two regions from neighbouring strips from which they are one."""

Compare = Callable[["Array", "list[Array]"], "tuple[Outcome, Sequence[float]]"]


def strip_boxes(width: int, height: int) -> list[Box]:
    """The pieces of an image, overlapping by 6 % of their sides; none where it is no line scan."""
    long, short = max(width, height), min(width, height)
    if width * height < LEAST_AREA or long < LEAST_ASPECT * short:
        return []
    lanes = int(np.ceil(short / WIDEST))
    along, across = _cuts(long, int(np.ceil(long * lanes / short))), _cuts(short, lanes)
    spans = [(a, c) if width >= height else (c, a) for a in along for c in across]
    return [Box(x[0], y[0], x[1], y[1]) for x, y in spans]


def _cuts(whole: int, count: int) -> list[tuple[int, int]]:
    """`count` equal parts of a side, each with a margin into its neighbours: first pixel, and the one past the last."""
    length, margin = whole / count, OVERLAP * whole / count
    return [(max(0, round(k * length - margin)), min(whole, round((k + 1) * length + margin))) for k in range(count)]


def by_strips(
    whole: Outcome, test: Array, goldens: Sequence[Array], matrices: Sequence[Matrix], limit: int, compare: Compare
) -> Outcome:
    """`whole` with score, p-value, regions and heat from a comparison strip by strip.

    Args:
        whole: the comparison of the whole images; its alignment is kept.
        matrices: of each, golden -> test pixels.
        limit: at most so many regions.
        compare: compares a strip with the golden strips; returns the outcome and the golden strips' leave-one-out
            scores (as many as golden images, or none).

    Returns:
        The score is that of the worst strip; the p-value compares it with each golden image's own worst strip.
    """
    score, heat = 0.0, np.zeros(test.shape[:2], np.float32)
    found: list[Region] = []
    worst: list[float] = []
    for box in strip_boxes(test.shape[1], test.shape[0]):
        rows, columns = slice(box.y1, box.y2), slice(box.x1, box.x2)
        shift = translation(-box.x1, -box.y1)
        size = (box.x2 - box.x1, box.y2 - box.y1)
        pieces = [warp(g, compose(shift, m), size) for g, m in zip(goldens, matrices, strict=True)]
        outcome, normal = compare(np.ascontiguousarray(test[rows, columns]), pieces)
        score = max(score, outcome.score)
        worst = [max(a, b) for a, b in zip(worst or [0.0] * len(normal), normal, strict=True)]
        heat[rows, columns] = np.maximum(heat[rows, columns], outcome.heat)
        for region in outcome.regions:
            was = region.moved_from and _shifted(region.moved_from, box)
            found.append(region.model_copy(update={"box": _shifted(region.box, box), "moved_from": was}))
    regions = tuple(r.model_copy(update={"id": f"R{i}"}) for i, r in enumerate(_once(found)[:limit], 1))
    return replace(whole, score=score, p_value=conformal_p(score, worst), regions=regions, heat=heat)


def _once(found: Sequence[Region]) -> list[Region]:
    """Each region once, strongest first: of two from neighbouring strips the stronger, or that which tells a move
    whose other place the neighbour did not see."""
    kept: list[Region] = []
    for region in sorted(found, key=lambda r: (r.change != "moved", -r.score)):
        places = [place for k in kept for place in (k.box, k.moved_from) if place is not None]
        if all(region.box.iou(place) < SAME for place in places):
            kept.append(region)
    return sorted(kept, key=lambda r: -r.score)


def _shifted(part: Box, strip: Box) -> Box:
    return Box(part.x1 + strip.x1, part.y1 + strip.y1, part.x2 + strip.x1, part.y2 + strip.y1)
