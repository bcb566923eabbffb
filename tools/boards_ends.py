"""Where a board's picture ends inside the test frame: a scanner's white or black edge is not covered, and no defect.

Along the whole of one side only one flat phase is seen, up to a straight line, and at that line what the golden board
shows on both sides of it is cut off. A missing track along the border leaves a flat strip as well, but cuts nothing:
where that strip ends, structures of the golden board begin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.uint8]
    Seen = NDArray[np.bool_]

Pixels = TypeVar("Pixels", bound=np.generic)

SIDES = ("top", "bottom", "left", "right")
REACH = 0.1
"""Share of the frame's height (width) within which an end is looked for."""
DEEP = 3
"""Pixels of golden structure that must be missing in front of the line; fewer are within the edge tolerance."""
OFF_LINE = 2.0
"""Pixels by which the cut structures may end off the line."""
STEEPEST = 0.1
"""Slope beyond which a line is no side of the picture (about 6 degrees)."""
LEAST_CUT, LEAST_SPAN, WIDE_CUT = 0.05, 0.5, 0.15
"""Share of the side that must be cut, and share of the strip's length over which that is spread; from the third share
on one wide structure is enough. A bite, a pad or a track that ends early stays a defect."""
LEAST_SHARE, LEAST_BEFORE = 0.7, 0.5
"""Share of the golden structures across the line that must be cut, and share of what begins at the line that the golden
board must show in front of it, too: its edge along the border may lie a little further in, and that is no end."""
MOST_INSIDE = 0.03
"""Share of the strip's length where the test image may show the other phase (noise)."""


def picture_ends(test: Mask, golden: Mask, matrix: NDArray[np.float64]) -> tuple[Seen, str]:
    """Find where the test picture ends before its frame does. Costs under a millisecond at 640 x 640 pixels.

    Args:
        test: 0/255 mask.
        golden: 0/255 mask of the same shape, registered; 0 where the golden image is not known.
        matrix: golden pixels -> test pixels: an end is parallel to the frame or to the golden image's sides (read near
            its origin; mild perspective turns the other sides by less than what is borne).

    Returns:
        Which pixels the test picture shows, H x W bool, and one line for people ("" where it fills the frame), such
        as "the test image ends 9 px early at the left".
    """
    shown = np.ones(test.shape, bool)
    ends = []
    for side in SIDES:
        depth = _end(_facing(test, side), _facing(golden, side), _slopes(matrix, side))
        if depth is None:
            continue
        inner = _facing(shown, side)
        inner &= np.arange(inner.shape[0])[:, None] > depth
        ends.append(f"{round(float(depth.max()))} px early at the {side}")
    return shown, f"the test image ends {', '.join(ends)}" if ends else ""


def _facing(image: NDArray[Pixels], side: str) -> NDArray[Pixels]:
    """View of an image with `side` at the top."""
    turned = image.T if side in ("left", "right") else image
    return turned[::-1] if side in ("bottom", "right") else turned


def _slopes(matrix: NDArray[np.float64], side: str) -> list[float]:
    """How fast a line may recede from a side of the frame, pixels per pixel along it: 0, and as the golden image's
    sides do; read from both of them, because the parallel one tells little where all structures run across it."""
    (a, b), (c, d) = matrix[:2, :2]
    if abs(a) < abs(b):  # turned by about a quarter
        (a, c), (b, d) = (b, d), (-a, -c)
    along, across = (b / d, -c / a) if side in ("left", "right") else (c / a, -b / d)
    slopes = [0.0, along, across] if side in ("top", "left") else [0.0, -along, -across]
    return [s for s in slopes if abs(s) <= STEEPEST]


def _end(test: Mask, golden: Mask, slopes: list[float]) -> NDArray[np.float64] | None:
    """Depth below the top at which the picture begins, for each column; None where it begins at once."""
    reach = max(3 * DEEP, round(REACH * test.shape[0]))
    for flat in (np.uint8(0), np.uint8(255)):
        # Opened, so that single pixels of noise are no other phase.
        other = cv2.morphologyEx(test[:reach] ^ flat, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
        structure = (golden[:reach] ^ flat) > 0
        first = np.where(other.any(axis=0), other.argmax(axis=0), reach)
        columns = np.flatnonzero((first >= DEEP) & (first < reach - 1))
        cut = columns[structure[first[columns] - DEEP, columns] & structure[first[columns] + 1, columns]]
        if cut.size < LEAST_CUT * first.size:
            continue
        lines = [_start(first[cut] - slope * cut) + slope * np.arange(first.size) for slope in slopes]
        ends = [depth for depth in lines if _is_end(depth, first, cut, structure)]
        if ends:
            return max(ends, key=lambda depth: np.count_nonzero(_hit(depth, first, cut)))
    return None


def _hit(depth: NDArray[np.float64], first: NDArray[np.intp], cut: NDArray[np.intp]) -> Seen:
    return np.abs(first[cut] - depth[cut]) <= OFF_LINE


def _start(offsets: NDArray[np.float64]) -> float:
    """The offset near which most lie, pixels."""
    low = float(offsets.min())
    votes = np.convolve(np.bincount((offsets - low).astype(int), minlength=3), np.ones(3), "same")
    near = offsets[np.abs(offsets - low - float(votes.argmax()) - 0.5) <= OFF_LINE]
    return float(np.median(near))


def _is_end(depth: NDArray[np.float64], first: NDArray[np.intp], cut: NDArray[np.intp], structure: Seen) -> bool:
    """Whether the picture ends at a line.

    Args:
        depth: of the line, for each column.
        first: depth at which the test image first shows another phase than the flat one.
        cut: columns in which golden structure is missing up to there and goes on behind.
        structure: where the golden image shows another phase than the flat one.
    """
    hit = cut[_hit(depth, first, cut)]
    strip = depth >= DEEP
    wide = hit.size >= WIDE_CUT * depth.size
    if hit.size < LEAST_CUT * depth.size or not (wide or np.ptp(hit) >= LEAST_SPAN * np.count_nonzero(strip)):
        return False
    if np.count_nonzero(first[strip] < depth[strip] - OFF_LINE) > MOST_INSIDE * np.count_nonzero(strip):
        return False
    across = np.flatnonzero(strip & (depth < structure.shape[0] - DEEP - 1))
    at = np.rint(depth[across]).astype(int)
    before = structure[at - DEEP, across]
    due = before & structure[at + DEEP, across]
    begins = np.abs(first[across] - depth[across]) <= OFF_LINE
    cut_off = np.count_nonzero(due & begins) >= LEAST_SHARE * np.count_nonzero(due)
    return bool(cut_off and np.count_nonzero(before & begins) >= LEAST_BEFORE * np.count_nonzero(begins))
