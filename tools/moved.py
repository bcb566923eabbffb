"""Has a part moved? The step that explains what changed, from two registered pictures and the changed pixels.

A step explains a change where what the golden image shows at the old place is found in the test image at the new one,
and *both* places have changed: their squared difference falls to a share of what it is without the step, whichever of
them had less. A part that is missing leaves no second place; one like its neighbour finds a place that has not changed;
one that was replaced is not found again. An edge fits all along itself, so the step must also fit better than those
beside it.

Two cases: the two places lie in one changed rectangle (`step_within`: the part is that rectangle without what the step
leaves over), or apart (`step_away`: the part is the changed pixels themselves).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..schema import Box
from .step_sums import Views, energy, kept, products, slid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
    Field = NDArray[np.float32]

EXPLAINED = 0.45
"""Share of the squared difference that a step may leave."""
LIKE = 0.75
"""NCC of the part at the two places, colours together, from which it is the same part."""
SHARPER, LEAST_SHARPER, BESIDE = 1.3, 0.03, 4
"""Steps that lie so many pixels beside the best must leave so many times as much, and so much more."""
COVERED = 0.8
"""Share of what changed in a rectangle that must lie at one of the two places ..."""
BALANCED = 0.4
"""... and the least share of the one place's change that the other has."""
WHOLE = 0.4
"""Overlap (IoU) of the part with what changed at the other place, where the two lie apart."""
LEAST_STEP, LEAST_SIDE, LEAST_BREADTH = 3.0, 5, 5.0
"""Pixels: shorter steps may be registration's; narrower changes are edges."""
RING = 2
"""Pixels around a part that must fit as well: its outline."""
AROUND = 12
"""Pixels around the other place within which what changed belongs to it."""
TRIED = 6
_NEVER = np.float32(9.0)


@dataclass(frozen=True)
class Step:
    """A movement in pixels: `dx`, `dy`, the part's box in the golden image, and the share that is left unexplained."""

    dx: float
    dy: float
    old: Box
    left: float


def tight(mask: Image) -> Box | None:
    """The smallest box around what is not 0; None where all is."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return None
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def compact(mask: Image) -> bool:
    """Whether the changed pixels are as broad somewhere as a part: a thin line along an edge is none."""
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    return 2 * float(cv2.distanceTransform(np.pad(closed, 1), cv2.DIST_L2, 3).max()) >= LEAST_BREADTH


def step_within(views: Views, mask: Image) -> Step | None:
    """The step of a part whose old and new place make up one changed rectangle.

    The part fills the rectangle but for what the step leaves over on one side at each place; every step is tried.

    Args:
        mask: the changed pixels, H x W, not 0 where changed.
    """
    box = tight(mask)
    if box is None or min(box.x2 - box.x1, box.y2 - box.y1) < LEAST_SIDE:
        return None
    width, height = box.x2 - box.x1, box.y2 - box.y1
    rows, columns = slice(box.y1, box.y2), slice(box.x1, box.x2)
    test, golden = views.picture[rows, columns], views.golden[rows, columns]
    middle = golden.mean(axis=(0, 1))
    test, golden = test - middle, golden - middle
    changed = np.where(mask[rows, columns] > 0, views.error[rows, columns], 0).astype(np.float32)
    total = max(float(changed.sum()), 1e-3)
    # A step turned round swaps the two places.
    apart = kept(energy(golden)) + kept(energy(test))[::-1, ::-1] - 2 * products(golden, test)
    before = kept(changed)
    after = before[::-1, ::-1]
    least = np.minimum(before, after)
    left = np.asarray(np.maximum(apart, 0) / np.maximum(least, 1e-3), np.float32)
    dy, dx = np.mgrid[1 - height : height, 1 - width : width]
    far = np.hypot(dx, dy)
    small = (np.abs(dx) > width - LEAST_SIDE) | (np.abs(dy) > height - LEAST_SIDE)
    unfit = (before + after < COVERED * total) | (least < BALANCED * np.maximum(before, after))
    # Of two steps that fit a striped part the shorter one is the likelier.
    cost = left + 0.1 * far / np.hypot(width, height)
    cost[(far < LEAST_STEP) | small | unfit] = _NEVER
    # On plain ground the bare place fits the bare place too, the other way round: the best steps are tried in turn.
    apart_by = max(BESIDE, min(width, height) // 4)
    for _ in range(TRIED):
        row, column = divmod(int(cost.argmin()), cost.shape[1])
        if cost[row, column] > EXPLAINED + 0.1:
            return None
        at, x, y = (row, column), int(dx[row, column]), int(dy[row, column])
        old = Box(max(0, -x), max(0, -y), min(width, width - x), min(height, height - y))
        # What changed at both places must not count twice.
        both = changed[
            max(old.y1, old.y1 + y) : min(old.y2, old.y2 + y), max(old.x1, old.x1 + x) : min(old.x2, old.x2 + x)
        ]
        covered = float(before[at] + after[at]) - float(both.sum()) >= COVERED * total
        was = golden[old.y1 : old.y2, old.x1 : old.x2]
        now = test[old.y1 + y : old.y2 + y, old.x1 + x : old.x2 + x]
        if covered and _fits(left, at) and _likeness(was, now) >= LIKE:
            fine = _vertex(left, at)
            place = Box(box.x1 + old.x1, box.y1 + old.y1, box.x1 + old.x2, box.y1 + old.y2)
            return Step(x + fine[0], y + fine[1], place, float(left[at]))
        cost[max(0, row - apart_by) : row + apart_by + 1, max(0, column - apart_by) : column + apart_by + 1] = _NEVER
    return None


def step_away(views: Views, coarse: Views, mask: Image, added: bool, reach: int) -> Step | None:
    """The step between a changed place and another one that need not have been noticed.

    Args:
        coarse: the views at half size, over which the search goes first.
        mask: the changed pixels, H x W, not 0 where changed: the part's outline.
        added: the mask shows the part in the test image (its new place); else in the golden image (its old one).
        reach: so many pixels away the other place is looked for.
    """
    box = tight(mask)
    if box is None or min(box.x2 - box.x1, box.y2 - box.y1) < LEAST_SIDE or not compact(mask):
        return None
    small = cv2.resize(mask, coarse.error.shape[1::-1], interpolation=cv2.INTER_AREA)
    near, half = _Template.of(np.where(small > 0, 255, 0).astype(np.uint8), RING // 2), reach // 2
    found = _best(coarse, near, added, Box(-half, -half, half + 1, half + 1), LEAST_STEP / 2)
    if found is None or found.left > 2 * EXPLAINED:
        return None
    x, y, more = 2 * found.dx, 2 * found.dy, BESIDE + 3
    part = _Template.of(mask, RING)
    found = _best(views, part, added, Box(x - more, y - more, x + more + 1, y + more + 1), LEAST_STEP)
    if found is None or found.left > EXPLAINED or not _fits(found.map, found.at):
        return None
    if not _whole(views, mask, box, (found.dx, found.dy)):
        return None
    here, there = (views.picture, views.golden) if added else (views.golden, views.picture)
    inside = part.mask > 0
    if _likeness(part.cut(here)[inside], part.cut(there, found.dx, found.dy)[inside]) < LIKE:
        return None
    fine = _vertex(found.map, found.at)
    dx, dy = found.dx + fine[0], found.dy + fine[1]
    if not added:
        return Step(dx, dy, box, found.left)
    old = Box(box.x1 + found.dx, box.y1 + found.dy, box.x2 + found.dx, box.y2 + found.dy)
    return Step(-dx, -dy, old, found.left)


@dataclass(frozen=True)
class _Template:
    """A part with its outline: the box around it, and a 0/1 mask of that size."""

    box: Box
    mask: Field

    @classmethod
    def of(cls, mask: Image, ring: int) -> _Template:
        wide = cv2.dilate(mask, np.ones((2 * ring + 1, 2 * ring + 1), np.uint8))
        box = tight(wide)
        assert box is not None  # the caller has looked
        return cls(box, (wide[box.y1 : box.y2, box.x1 : box.x2] > 0).astype(np.float32))

    def cut(self, picture: Field, dx: int = 0, dy: int = 0) -> Field:
        return picture[self.box.y1 + dy : self.box.y2 + dy, self.box.x1 + dx : self.box.x2 + dx]


@dataclass(frozen=True)
class _Found:
    """The best step of a map of what steps leave unexplained, and where it lies in that."""

    map: Field
    at: tuple[int, int]
    dx: int
    dy: int
    left: float


def _best(views: Views, part: _Template, added: bool, reach: Box, least: float) -> _Found | None:
    """What each step within `reach` leaves unexplained; None where none of `least` pixels stays inside the picture."""
    here, there = (views.picture, views.golden) if added else (views.golden, views.picture)
    height, width = views.error.shape
    x1, x2 = max(reach.x1, -part.box.x1), min(reach.x2, width - part.box.x2 + 1)
    y1, y2 = max(reach.y1, -part.box.y1), min(reach.y2, height - part.box.y2 + 1)
    if x1 >= x2 or y1 >= y2:
        return None
    rows = slice(part.box.y1 + y1, part.box.y2 + y2 - 1)
    columns = slice(part.box.x1 + x1, part.box.x2 + x2 - 1)
    own = part.cut(here)
    middle = own[part.mask > 0].mean(axis=0)
    own, window = own - middle, there[rows, columns] - middle
    weighed = np.ascontiguousarray(own * part.mask[..., None])
    apart = float((weighed * own).sum()) + slid(energy(window), part.mask) - 2 * slid(window, weighed)
    before = float((part.mask * part.cut(views.error)).sum())
    least_changed = np.minimum(before, slid(np.ascontiguousarray(views.error[rows, columns]), part.mask))
    left = (np.maximum(apart, 0) / np.maximum(least_changed, 1e-3)).astype(np.float32)
    dy, dx = np.mgrid[y1:y2, x1:x2]
    far = np.where(np.hypot(dx, dy) < least, _NEVER, left)
    row, column = divmod(int(far.argmin()), far.shape[1])
    if far[row, column] >= _NEVER:
        return None
    return _Found(left, (row, column), x1 + column, y1 + row, float(left[row, column]))


def _fits(left: Field, at: tuple[int, int]) -> bool:
    """Whether a step leaves little, and plainly less than every one 4 pixels beside it."""
    least = float(left[at])
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    rows = np.rint(at[0] + BESIDE * np.sin(angles)).astype(int)
    columns = np.rint(at[1] + BESIDE * np.cos(angles)).astype(int)
    inside = (rows >= 0) & (rows < left.shape[0]) & (columns >= 0) & (columns < left.shape[1])
    if least > EXPLAINED or not inside.any():
        return False
    return float(left[rows[inside], columns[inside]].min()) > SHARPER * least + LEAST_SHARPER


def _whole(views: Views, mask: Image, box: Box, step: tuple[int, int]) -> bool:
    """Whether what changed about the other place is the part and little else (what changed at its own left out)."""
    height, width = mask.shape
    level = float(views.error[mask > 0].min())
    x1, y1 = max(0, box.x1 + step[0] - AROUND), max(0, box.y1 + step[1] - AROUND)
    x2, y2 = min(width, box.x2 + step[0] + AROUND), min(height, box.y2 + step[1] + AROUND)
    own = cv2.dilate(mask[y1:y2, x1:x2], np.ones((5, 5), np.uint8)) > 0
    part = np.zeros(own.shape, bool)
    shape = mask[box.y1 : box.y2, box.x1 : box.x2] > 0
    top, start = box.y1 + step[1] - y1, box.x1 + step[0] - x1
    part[top : top + shape.shape[0], start : start + shape.shape[1]] = shape
    changed = (views.error[y1:y2, x1:x2] >= level) & (part | ~own)
    _, labels = cv2.connectedComponents((changed | part).astype(np.uint8))
    touching = np.isin(labels, np.unique(labels[part])) & changed
    return float((touching & part).sum()) >= WHOLE * float((touching | part).sum())


def _likeness(was: Field, now: Field) -> float:
    """NCC of two arrays of colours, each channel by its own mean."""
    a, b = (v.reshape(-1, v.shape[-1]) for v in (was, now))
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    return float((a * b).sum() / np.sqrt(max(float((a * a).sum() * (b * b).sum()), 1e-9)))


def _vertex(left: Field, at: tuple[int, int]) -> tuple[float, float]:
    """Where between pixels the least lies, by a parabola through each axis: dx, dy within half a pixel."""
    row, column = at
    if not (0 < row < left.shape[0] - 1 and 0 < column < left.shape[1] - 1):
        return 0.0, 0.0

    def along(before: float, here: float, after: float) -> float:
        bend = before + after - 2 * here
        return float(np.clip((before - after) / (2 * bend), -0.5, 0.5)) if bend > 1e-6 else 0.0

    across = along(*(float(v) for v in left[row, column - 1 : column + 2]))
    return across, along(*(float(v) for v in left[row - 1 : row + 2, column]))
