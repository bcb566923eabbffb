"""Edges that lie a little elsewhere than on the golden board, and are no defect: print stretch and etching."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.uint8]

SHALLOW = 3.0
"""Depth in pixels up to which a bite or a spur is the play of an edge: one pixel of tolerance, two of etching and
of what registration leaves."""
WIDE = 4
"""... where what it bites into (or, a spur, the gap that it narrows) is at least so many times as wide."""
NEAR = 8
"""Pixels about the difference within which that width is measured."""


def only_edge_play(
    golden: Mask, changed: Mask, box: tuple[int, int, int, int], change: Literal["added", "missing"]
) -> bool:
    """Whether a bite or spur is so shallow beside the width of its structure that it is the play of an edge.

    Args:
        golden: 0/255 foreground mask, registered.
        changed: 0/255 mask of the same shape: pixels of this change, others may lie outside `box`.
        box: x1, y1, x2, y2 of the difference.
        change: `missing` foreground is a bite into it, `added` foreground narrows the background.
    """
    height, width = golden.shape
    # The distances must be right as far as half the width that is asked for, at the places that are near.
    margin = NEAR + round(WIDE * SHALLOW / 2) + 1
    x1, y1 = max(0, box[0] - margin), max(0, box[1] - margin)
    x2, y2 = min(width, box[2] + margin), min(height, box[3] + margin)
    phase = golden[y1:y2, x1:x2] if change == "missing" else cv2.bitwise_not(golden[y1:y2, x1:x2])
    inside = np.zeros(phase.shape, np.uint8)
    own = slice(box[1] - y1, box[3] - y1), slice(box[0] - x1, box[2] - x1)
    inside[own] = changed[box[1] : box[3], box[0] : box[2]]
    from_edge = cv2.distanceTransform(phase, cv2.DIST_L2, cv2.DIST_MASK_5)
    deepest = cv2.minMaxLoc(from_edge, inside)[1]
    near = cv2.dilate(inside, np.ones((2 * NEAR + 1, 2 * NEAR + 1), np.uint8))
    return deepest <= SHALLOW and 2 * cv2.minMaxLoc(from_edge, near)[1] >= WIDE * deepest
