"""Regions that are one part which has moved, told as one: with how far it moved, and where the golden image has it.

The rest of the comparison (score, heat map, the other regions' boxes) stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np

from ..schema import Box, Change, Region
from .geometry import carry, identity, invert
from .moved import Step, step_away, step_within, tight
from .moved_islands import Island, find_island, island_step
from .regions import grow
from .step_sums import Views, halved, make_views

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
    Matrix = NDArray[np.float64]

REACH = 0.3
"""A moved part is looked for within this share of the frame's longer side."""
PLAIN, SHARE = 14.0, 0.3
"""A pixel has changed where it differs by so many levels and by this share of its region's strongest difference."""
NEAR = 16
"""Regions closer than this many pixels may be the two sides of one part; places closer than it get one box."""
LARGEST = 0.25
"""A change of more than this share of the frame is no part's."""
WITHIN = 0.6
"""Share of a region inside the old and the new place from which it belongs to the move."""


@dataclass(frozen=True)
class _Move:
    """A step, and the regions (by position) it was read from."""

    step: Step
    regions: tuple[int, ...]


def photo_moves(
    regions: Sequence[Region], picture: Image, golden: Image, to_test: Matrix, size: tuple[int, int], pad: int
) -> tuple[Region, ...]:
    """Regions of a photograph, strongest first, moved parts told as such.

    Args:
        regions: as `photo_regions` returned them, boxes padded by `pad`.
        picture, golden: test and golden image in the working frame, H x W x 3 uint8.
        to_test: working pixels -> test pixels.
        size: width, height of the test image.
    """
    if not regions:
        return ()
    views = make_views(picture, golden)
    coarse = halved(views)
    back = invert(to_test)
    masks = [_changed(views, _carried(_shrunk(r.box, pad, size), back, picture.shape[1::-1])) for r in regions]
    boxes = [tight(m) for m in masks]
    moves = []
    for group in _groups(boxes):
        mask = np.asarray(np.maximum.reduce([masks[i] for i in group]), np.uint8)
        whole = tight(mask)
        if whole is None or whole.area > LARGEST * mask.size:
            continue
        step = step_within(views, mask)
        if step is not None:
            moves.append(_Move(step, group))
    reach = round(REACH * max(picture.shape[:2]))
    for index, (mask, box, region) in enumerate(zip(masks, boxes, regions, strict=True)):
        if box is None or box.area > LARGEST * mask.size:
            continue
        for added in (True, False):
            if region.change == ("missing" if added else "added"):
                continue
            step = step_away(views, coarse, mask, added, reach)
            if step is not None:
                moves.append(_Move(step, (index,)))
    return _told(regions, moves, to_test, size, pad)


def board_moves(
    regions: Sequence[Region], test: Image, golden: Image, size: tuple[int, int], pad: int
) -> tuple[Region, ...]:
    """Regions of a board, largest first; a pad or track that moved as a whole is told as such.

    Args:
        regions: as `board_regions` returned them, boxes padded by `pad`.
        test, golden: 0/255 foreground masks, registered.
    """
    old = _islands(regions, "missing", golden, test)
    new = _islands(regions, "added", test, golden) if old else []
    moves = []
    for (i, was), (j, now) in product(old, new):
        if np.hypot(now.box.x1 - was.box.x1, now.box.y1 - was.box.y1) > REACH * max(size):
            continue
        step = island_step(was, now, test, golden)
        if step is not None:
            moves.append(_Move(step, (i, j)))
    return _told(regions, moves, identity(), size, pad)


def _islands(regions: Sequence[Region], change: Change, copper: Image, other: Image) -> list[tuple[int, Island]]:
    """What lies at the regions of one change, each with its region's position."""
    found = ((i, find_island(copper, other, r.box)) for i, r in enumerate(regions) if r.change == change)
    return [(i, island) for i, island in found if island is not None]


def _changed(views: Views, box: Box) -> Image:
    """0/255 mask of the pixels in `box` that plainly differ."""
    mask = np.zeros(views.error.shape, np.uint8)
    inside = np.s_[box.y1 : box.y2, box.x1 : box.x2]
    apart = np.abs(views.picture[inside] - views.golden[inside]).max(axis=2)
    if apart.size:
        mask[inside] = np.where(apart >= max(PLAIN, SHARE * float(np.percentile(apart, 98))), 255, 0)
    return mask


def _groups(boxes: Sequence[Box | None]) -> list[tuple[int, ...]]:
    """Each box (by position), each two that lie near each other, and each cluster of such."""
    known = [(i, b) for i, b in enumerate(boxes) if b is not None]
    label = list(range(len(boxes)))
    groups: set[tuple[int, ...]] = {(i,) for i, _ in known}
    for (i, one), (j, other) in combinations(known, 2):
        if _gap(one, other) <= NEAR:
            groups.add((i, j))
            label = [label[i] if own == label[j] else own for own in label]
    groups |= {tuple(i for i, _ in known if label[i] == label[first]) for first, _ in known}
    return sorted(groups)


def _told(
    regions: Sequence[Region], moves: Sequence[_Move], to_test: Matrix, size: tuple[int, int], pad: int
) -> tuple[Region, ...]:
    """The regions with those of the best moves joined, numbered again; a region belongs to one move."""
    taken: set[int] = set()
    told: dict[int, Region] = {}
    for move in sorted(moves, key=lambda m: m.step.left):
        step, old = move.step, move.step.old
        before = grow(_carried(old, to_test, size), pad, size)
        after = grow(_carried(_laid(old, round(step.dx), round(step.dy)), to_test, size), pad, size)
        own = {i for i, r in enumerate(regions) if i in move.regions or _share(r.box, (before, after)) >= WITHIN}
        if own & taken:
            continue
        taken |= own
        start = np.array([old.center, (old.center[0] + step.dx, old.center[1] + step.dy)]) - 0.5
        was, now = carry(start, to_test)
        first = min(own)
        box = _hull((before, after)) if _gap(before, after) <= NEAR else after
        told[first] = regions[first].model_copy(
            update={
                "box": box,
                "change": "moved",
                "score": max(regions[i].score for i in own),
                "area": sum(regions[i].area for i in own),
                "hint": "",
                "moved_from": before,
                "offset": (round(float(now[0] - was[0]), 1), round(float(now[1] - was[1]), 1)),
            }
        )
    kept = [told.get(i, r) for i, r in enumerate(regions) if i in told or i not in taken]
    return tuple(r.model_copy(update={"id": f"R{i}"}) for i, r in enumerate(kept, 1))


def _carried(box: Box, matrix: Matrix, size: tuple[int, int]) -> Box:
    """The box around `box` in another frame of `size` (width, height)."""
    corners = np.array([[x, y] for x in (box.x1, box.x2) for y in (box.y1, box.y2)], np.float64) - 0.5
    moved = carry(corners, matrix) + 0.5
    low, high = np.floor(moved.min(axis=0) + 0.01), np.ceil(moved.max(axis=0) - 0.01)
    x1, x2 = np.clip([low[0], high[0]], 0, size[0])
    y1, y2 = np.clip([low[1], high[1]], 0, size[1])
    return Box(int(x1), int(y1), int(x2), int(y2))


def _shrunk(box: Box, pad: int, size: tuple[int, int]) -> Box:
    """`box` without its padding; at the image's border that was cut off."""
    x1, y1 = (0 if v == 0 else v + pad for v in box[:2])
    x2, y2 = (v if v == limit else v - pad for v, limit in zip(box[2:], size, strict=True))
    return Box(x1, y1, max(x1 + 1, x2), max(y1 + 1, y2))


def _laid(box: Box, dx: int, dy: int) -> Box:
    return Box(box.x1 + dx, box.y1 + dy, box.x2 + dx, box.y2 + dy)


def _gap(a: Box, b: Box) -> int:
    return max(a.x1 - b.x2, b.x1 - a.x2, a.y1 - b.y2, b.y1 - a.y2)


def _hull(boxes: Sequence[Box]) -> Box:
    low, high = np.min(boxes, axis=0), np.max(boxes, axis=0)
    return Box(int(low[0]), int(low[1]), int(high[2]), int(high[3]))


def _share(box: Box, places: Sequence[Box]) -> float:
    """The largest share of `box` inside one of the places."""
    common = [Box(max(box.x1, p.x1), max(box.y1, p.y1), min(box.x2, p.x2), min(box.y2, p.y2)).area for p in places]
    return max(common) / max(1, box.area)
