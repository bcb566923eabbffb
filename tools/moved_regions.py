"""Regions of a comparison of which some are one part that has moved: told as one region, with the step and the old place.

The rest of the comparison (score, heat map, the other regions' boxes) stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ..schema import Box, Region
from .geometry import invert
from .moved import Step, Views, halved, make_views, step_away, step_within, tight

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
ONE_SHADE = 1.5
"""Boards: the two places differ by no more than this factor in changed pixels."""
SLACK = 4
WITHIN = 0.6
"""Share of a region inside the old and the new place from which it belongs to the move."""


@dataclass(frozen=True)
class _Move:
    """A step, the regions (by position) it was read from, and whether it was found at half size."""

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
    moves = [_Move(s, group) for group, mask in _groups(masks, boxes) if (s := step_within(views, mask)) is not None]
    reach = round(REACH * max(picture.shape[:2]))
    around = Box(-reach, -reach, reach + 1, reach + 1)
    for index, (mask, box, region) in enumerate(zip(masks, boxes, regions, strict=True)):
        if box is None or box.area > LARGEST * mask.size:
            continue
        level = float(views.error[mask > 0].min())
        for added in (True, False):
            if region.change == ("missing" if added else "added"):
                continue
            step = step_away(views, mask, added, around, coarse, level)
            if step is not None:
                moves.append(_Move(step, (index,)))
    return _told(regions, moves, to_test, size, pad)


def board_moves(
    regions: Sequence[Region], test: Image, golden: Image, changed: Image, size: tuple[int, int], pad: int
) -> tuple[Region, ...]:
    """Regions of a board, largest first, pads and tracks that moved as a whole told as such.

    Only an added region and a missing one of about the same number of pixels are one part; what differs of a part that
    moved is the same at both places.

    Args:
        regions: as `board_regions` returned them, boxes padded by `pad`.
        test, golden: 0/255 foreground masks, registered; changed: 0/255 mask of what counts as changed.
    """
    pairs = [
        (i, j)
        for i, missing in enumerate(regions)
        for j, added in enumerate(regions)
        if (missing.change, added.change) == ("missing", "added")
        and max(missing.area, added.area) <= ONE_SHADE * min(missing.area, added.area) + 2 * SLACK
    ]
    if not pairs:
        return tuple(regions)
    moves = [_Move(s, p) for p in pairs if (s := _board_step(*(regions[i].box for i in p), test, golden, changed, pad))]
    return _told(regions, moves, np.eye(2, 3), size, pad)


def _board_step(missing: Box, added: Box, test: Image, golden: Image, changed: Image, pad: int) -> Step | None:
    """The step from a missing region to an added one, if they are one part."""
    size = (test.shape[1], test.shape[0])
    old, new = _shrunk(missing, pad, size), _shrunk(added, pad, size)
    near, away = _gap(old, new) <= NEAR, [round(b - a) for a, b in zip(old.center, new.center, strict=True)]
    if not (near or _alike(old, new)) or np.hypot(*away) > REACH * max(size):
        return None
    # Only what lies about the two is looked at: a board must not wait for its largest part.
    window = _grown(_hull(old, new), 2 * SLACK, size)
    cut = np.s_[window.y1 : window.y2, window.x1 : window.x2]
    views = make_views(test[cut], golden[cut], softness=0)
    apart = np.where(test[cut] != golden[cut], changed[cut], 0).astype(np.uint8)
    before, after = (_inside(apart, _laid(b, -window.x1, -window.y1)) for b in (old, new))
    step = step_within(views, before | after) if near else None
    if step is None and _alike(old, new):
        narrow = Box(away[0] - SLACK, away[1] - SLACK, away[0] + SLACK + 1, away[1] + SLACK + 1)
        step = step_away(views, before, False, narrow, level=1.0)
    return step and replace(step, old=_laid(step.old, window.x1, window.y1))


def _changed(views: Views, box: Box) -> Image:
    """0/255 mask of the pixels in `box` that plainly differ."""
    mask = np.zeros(views.error.shape, np.uint8)
    inside = np.s_[box.y1 : box.y2, box.x1 : box.x2]
    apart = np.abs(views.picture[inside] - views.golden[inside]).max(axis=2)
    if apart.size:
        mask[inside] = np.where(apart >= max(PLAIN, SHARE * float(np.percentile(apart, 98))), 255, 0)
    return mask


def _inside(mask: Image, box: Box) -> Image:
    cut = np.zeros_like(mask)
    cut[box.y1 : box.y2, box.x1 : box.x2] = mask[box.y1 : box.y2, box.x1 : box.x2]
    return cut


def _groups(masks: Sequence[Image], boxes: Sequence[Box | None]) -> Iterator[tuple[tuple[int, ...], Image]]:
    """Each region, each two that lie near each other, and each cluster of such."""
    known = [i for i, b in enumerate(boxes) if b is not None]
    label = list(range(len(boxes)))
    groups = {(i,) for i in known}
    for i, j in combinations(known, 2):
        if _gap(boxes[i], boxes[j]) <= NEAR:  # type: ignore[arg-type]
            groups.add((i, j))
            label = [label[i] if own == label[j] else own for own in label]
    groups |= {tuple(i for i in known if label[i] == own) for own in {label[i] for i in known}}
    for group in sorted(groups):
        mask = masks[group[0]].copy()
        for i in group[1:]:
            mask |= masks[i]
        box = tight(mask)
        if box is not None and box.area <= LARGEST * mask.size:
            yield group, mask


def _told(
    regions: Sequence[Region], moves: Sequence[_Move], to_test: Matrix, size: tuple[int, int], pad: int
) -> tuple[Region, ...]:
    """The regions with those of the best moves joined, numbered again; a region belongs to one move."""
    taken: set[int] = set()
    told: dict[int, Region] = {}
    for move in sorted(moves, key=lambda m: m.step.left):
        step, old = move.step, move.step.old
        before = _grown(_carried(old, to_test, size), pad, size)
        after = _grown(_carried(_laid(old, round(step.dx), round(step.dy)), to_test, size), pad, size)
        own = {i for i, r in enumerate(regions) if i in move.regions or _share(r.box, (before, after)) >= WITHIN}
        if own & taken:
            continue
        taken |= own
        start = np.array([old.center, (old.center[0] + step.dx, old.center[1] + step.dy)]) - 0.5
        was, now = _points(start, to_test)
        first = min(own)
        box = _hull(before, after) if _gap(before, after) <= NEAR else after
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


def _points(points: NDArray[np.float64], matrix: Matrix) -> NDArray[np.float64]:
    moved = np.column_stack([points, np.ones(len(points))]) @ np.asarray(matrix).T
    return moved[:, :2] / moved[:, 2:] if moved.shape[1] == 3 else moved


def _carried(box: Box, matrix: Matrix, size: tuple[int, int]) -> Box:
    """The box around `box` in another frame of `size` (width, height)."""
    corners = np.array([[x, y] for x in (box.x1, box.x2) for y in (box.y1, box.y2)], np.float64) - 0.5
    moved = _points(corners, matrix) + 0.5
    low, high = np.floor(moved.min(axis=0) + 0.01), np.ceil(moved.max(axis=0) - 0.01)
    x1, x2 = np.clip([low[0], high[0]], 0, size[0])
    y1, y2 = np.clip([low[1], high[1]], 0, size[1])
    return Box(int(x1), int(y1), int(x2), int(y2))


def _grown(box: Box, pad: int, size: tuple[int, int]) -> Box:
    return Box(max(0, box.x1 - pad), max(0, box.y1 - pad), min(size[0], box.x2 + pad), min(size[1], box.y2 + pad))


def _shrunk(box: Box, pad: int, size: tuple[int, int]) -> Box:
    """`box` without its padding; at the image's border that was cut off."""
    x1, y1 = (0 if v == 0 else v + pad for v in box[:2])
    x2, y2 = (v if v == limit else v - pad for v, limit in zip(box[2:], size, strict=True))
    return Box(x1, y1, max(x1 + 1, x2), max(y1 + 1, y2))


def _laid(box: Box, dx: int, dy: int) -> Box:
    return Box(box.x1 + dx, box.y1 + dy, box.x2 + dx, box.y2 + dy)


def _gap(a: Box, b: Box) -> int:
    return max(a.x1 - b.x2, b.x1 - a.x2, a.y1 - b.y2, b.y1 - a.y2)


def _alike(a: Box, b: Box) -> bool:
    sides = zip((a.x2 - a.x1, a.y2 - a.y1), (b.x2 - b.x1, b.y2 - b.y1), strict=True)
    return all(abs(one - other) <= 2 * SLACK for one, other in sides)


def _hull(a: Box, b: Box) -> Box:
    return Box(min(a.x1, b.x1), min(a.y1, b.y1), max(a.x2, b.x2), max(a.y2, b.y2))


def _share(box: Box, places: Sequence[Box]) -> float:
    """The largest share of `box` inside one of the places."""
    common = [Box(max(box.x1, p.x1), max(box.y1, p.y1), min(box.x2, p.x2), min(box.y2, p.y2)).area for p in places]
    return max(common) / max(1, box.area)
