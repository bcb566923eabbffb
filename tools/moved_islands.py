"""Boards: has an island of copper, a pad or a piece of track, moved as a whole?

The island that the golden image has at a missing region is looked for among those that the test image has at added
ones: of the same shape but for a pixel of edge, and gone from the one place as it has come to the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..schema import Box
from .boards import KERNEL3
from .moved import LEAST_STEP, Step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

BEYOND = 64
"""Pixels that an island may reach beyond its region."""
UNLIKE = 0.1
"""Share of its pixels, a pixel of edge left out, that may differ between the two places."""
GONE = 0.6
"""Share of the pixels which such a step frees, and of those which it fills, that must be free and filled."""
_SLACK = 4


@dataclass(frozen=True)
class Island:
    """Connected copper: its box, 0/255 mask of that size, and centre of gravity (x, y)."""

    box: Box
    mask: Image
    centre: tuple[float, float]


def find_island(copper: Image, other: Image, box: Box) -> Island | None:
    """The island with most pixels in `box` that the other picture lacks; None where it reaches far beyond it.

    Args:
        copper, other: 0/255 masks of one shape, registered.
    """
    width, height = copper.shape[1], copper.shape[0]
    left, top = max(0, box.x1 - BEYOND), max(0, box.y1 - BEYOND)
    window = Box(left, top, min(width, box.x2 + BEYOND), min(height, box.y2 + BEYOND))
    part = copper[window.y1 : window.y2, window.x1 : window.x2]
    _, labels, stats, centres = cv2.connectedComponentsWithStats(part, connectivity=8)
    own = labels[box.y1 - top : box.y2 - top, box.x1 - left : box.x2 - left]
    counts = np.bincount(np.where(other[box.y1 : box.y2, box.x1 : box.x2] == 0, own, 0).ravel(), minlength=2)
    label = 1 + int(counts[1:].argmax())
    if counts[label] == 0:
        return None
    x, y, wide, high, _ = (int(v) for v in stats[label])
    found = Box(left + x, top + y, left + x + wide, top + y + high)
    edges = zip(found, window, (0, 0, width, height), strict=True)
    if any(end == cut != border for end, cut, border in edges):
        return None
    mask = np.where(labels[y : y + high, x : x + wide] == label, 255, 0).astype(np.uint8)
    return Island(found, mask, (left + float(centres[label, 0]), top + float(centres[label, 1])))


def island_step(was: Island, now: Island, test: Image, golden: Image) -> Step | None:
    """The step from an island of the golden image to one of the test image; None where they are not one."""
    dx, dy = now.centre[0] - was.centre[0], now.centre[1] - was.centre[1]
    sides = zip(was.mask.shape, now.mask.shape, strict=True)
    if any(abs(a - b) > _SLACK for a, b in sides) or np.hypot(dx, dy) < LEAST_STEP:
        return None
    # Both on one canvas: where the one was, the other there, and each laid over the other.
    x, y = round(dx), round(dy)
    low = np.minimum(was.box[:2], now.box[:2]) - abs(np.array([x, y])) - _SLACK
    high = np.maximum(was.box[2:], now.box[2:]) + abs(np.array([x, y])) + _SLACK
    canvas = Box(int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    old, new = _drawn(was, canvas, 0, 0), _drawn(now, canvas, 0, 0)
    onward, back = _drawn(was, canvas, x, y), _drawn(now, canvas, -x, -y)
    unlike = sum(
        cv2.countNonZero(cv2.bitwise_and(cv2.erode(one, KERNEL3), cv2.bitwise_not(other)))
        for one, other in ((onward, new), (new, onward))
    )
    left = unlike / max(1, cv2.countNonZero(old) + cv2.countNonZero(new))
    if left > UNLIKE:
        return None
    for island, mask, picture, covered in ((was, old, test, onward), (now, new, golden, back)):
        inside = np.s_[island.box.y1 : island.box.y2, island.box.x1 : island.box.x2]
        changed = cv2.countNonZero(cv2.bitwise_and(island.mask, cv2.bitwise_not(picture[inside])))
        if changed < GONE * cv2.countNonZero(cv2.bitwise_and(mask, cv2.bitwise_not(covered))):
            return None
    return Step(dx, dy, was.box, left)


def _drawn(island: Island, canvas: Box, dx: int, dy: int) -> Image:
    drawn = np.zeros((canvas.y2 - canvas.y1, canvas.x2 - canvas.x1), np.uint8)
    top, left = island.box.y1 + dy - canvas.y1, island.box.x1 + dx - canvas.x1
    drawn[top : top + island.mask.shape[0], left : left + island.mask.shape[1]] = island.mask
    return drawn
