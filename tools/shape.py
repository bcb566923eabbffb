"""The shape of a set of pixels: how long, how broad, how many pieces, and compact, elongated or branching."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

Form = Literal["compact", "elongated", "branching", "scattered"]
ELONGATED = 2.5
"""Length over breadth (or over thickness, for what is bent) from which a shape is elongated."""
SOLID = 0.7
"""A shape that fills less of its convex hull may branch."""
SCATTERED = 3
"""From so many pieces, none of them holding half of the pixels, a shape is scattered."""
_FINE = 4
_DRAWN = 96


@dataclass(frozen=True)
class Shape:
    """Measures of a mask, in pixels.

    Attributes:
        length, breadth: sides of the smallest rectangle, turned as it may be, around all pixels (their full extent: a
            row of five pixels is 5 long and 1 broad).
        width, height: along the image's axes.
        area: pixels; count: pieces (8-connected).
        thickness: diameter of the largest disc inside.
        outline: length of the outlines, holes left out.
        form: `compact`, `elongated` (straight or bent), `branching`, or `scattered` (many pieces).
    """

    length: float
    breadth: float
    width: int
    height: int
    area: int
    count: int
    thickness: float
    outline: float
    form: Form


def shape_of(mask: Mask) -> Shape:
    """Measure a mask (H x W bool) that has at least one pixel; ValueError where it has none."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        raise ValueError("the mask is empty")
    cut = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(cut, connectivity=8)
    areas = stats[1:count, cv2.CC_STAT_AREA]
    outlines, _ = cv2.findContours(cut, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.convexHull(np.concatenate(list(outlines)))
    sides = sorted(cv2.minAreaRect(hull)[1])
    # The rectangle goes through the pixels' centres; half a pixel more on each side reaches their edges.
    breadth, length = float(sides[0]) + 1.0, float(sides[1]) + 1.0
    thickness = _thickness(cut)
    area = int(areas.sum())
    solidity = area / max(float(cv2.contourArea(hull)) + float(cv2.arcLength(hull, True)) / 2 + 1, 1.0)
    form = _form(cut, areas, length / breadth, area / thickness**2, solidity)
    return Shape(
        length=length,
        breadth=breadth,
        width=int(cut.shape[1]),
        height=int(cut.shape[0]),
        area=area,
        count=int(areas.size),
        thickness=thickness,
        outline=float(sum(cv2.arcLength(o, True) for o in outlines)),
        form=form,
    )


def _thickness(cut: NDArray[np.uint8]) -> float:
    # Magnified, because the distance to the next pixel's centre tells two pixels of width from one no better than 1.
    fine = _FINE if max(cut.shape) <= 256 else 1
    big = cv2.copyMakeBorder(np.kron(cut, np.ones((fine, fine), np.uint8)), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return max(1.0, (2.0 * float(cv2.distanceTransform(big, cv2.DIST_L2, 5).max()) - 1.0) / fine)


def _form(cut: NDArray[np.uint8], areas: NDArray[np.int32], ratio: float, bent: float, solidity: float) -> Form:
    if areas.size >= SCATTERED and areas.max() < 0.5 * areas.sum():
        return "scattered"
    if solidity < SOLID and _arms(cut) >= 3:
        return "branching"
    if ratio >= ELONGATED or (solidity < SOLID and bent >= ELONGATED):
        return "elongated"
    return "compact"


def _arms(cut: NDArray[np.uint8]) -> int:
    """Most branches that leave any one point of the largest piece: how often a circle around it meets the piece."""
    scale = min(1.0, _DRAWN / max(cut.shape))
    small = cv2.resize(cut * 255, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) > 96 if scale < 1 else cut > 0
    drawn = np.pad(small.astype(np.uint8), 2)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(drawn, connectivity=8)
    if count < 2:
        return 0
    piece = (labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())).astype(np.uint8)
    distance = cv2.distanceTransform(piece, cv2.DIST_L2, 5)
    ridge = np.argwhere((distance >= cv2.dilate(distance, np.ones((3, 3), np.uint8))) & (piece > 0))
    best = 0
    for y, x in ridge[:: max(1, len(ridge) // 60)]:
        radius = round(1.8 * float(distance[y, x]) + 2)
        ring = np.zeros_like(piece)
        cv2.circle(ring, (int(x), int(y)), radius, 1, 1)
        # Arms must go on: what ends within the ring's width is a bump of the outline.
        met, marks = cv2.connectedComponents(piece & ring, connectivity=8)
        outer = np.zeros_like(piece)
        cv2.circle(outer, (int(x), int(y)), radius + 3, 1, 2)
        beyond = cv2.dilate(piece & outer, np.ones((5, 5), np.uint8))
        best = max(best, sum(1 for m in range(1, met) if np.any(beyond[marks == m])))
    return best
