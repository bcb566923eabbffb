"""Crop pairs of bare boards as the agent makes them, many a second.

A crop is a square window centred on a region's box, its side `max(96, 1.6 x the box's larger side)`, shifted to lie
inside the image (here also a little smaller or larger), resized to 96 pixels. Negatives show harmless differences
only, half of them centred on the strongest one, because that is where a comparison raises false regions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ....schema import Box
from .defects import TYPES, Sites, plant
from .layout import draw_layout
from .picture import Look, Nuisance, draw_look, draw_nuisance, picture

LABELS = ("none", *TYPES)
SIDE = 96
STORED = 104
"""Side of a stored crop: `SIDE` plus room for a random shift of +-4 pixels in training."""


@dataclass(frozen=True)
class Crop:
    """One drawn crop pair.

    Attributes:
        test, reference: luma, `uint8[STORED, STORED]`.
        mask: where the defect is, `uint8[STORED, STORED]` of 0 and 1 (all 0 in a negative).
        label: index into `LABELS`; 0 is no defect.
    """

    test: NDArray[np.uint8]
    reference: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    label: int


def window_side(box: Box, rng: np.random.Generator) -> float:
    """Side of the agent's window for a changed box, in pixels; the comparison's own padding is drawn from 0..12."""
    larger = max(box.x2 - box.x1, box.y2 - box.y1) + 2 * float(rng.uniform(0, 12))
    side = max(96.0, 1.6 * larger)
    if rng.random() < 0.35:
        side *= float(np.exp(rng.uniform(np.log(0.75), np.log(1.6))))
    return float(np.clip(side, 72, 200))


def draw_crops(
    seed: int | Sequence[int], positives: float = 0.6, board: int = 560, per_board: int = 24, grid: float = 0.0
) -> Iterator[Crop]:
    """Endless crop pairs; types are equally frequent among the positives (share `positives`).

    `grid` is the share of the positives whose defect is led into a cell of the window's 3 x 3 grid, drawn uniformly.
    """
    rng = np.random.default_rng((seed, 3) if isinstance(seed, int) else (*seed, 3))
    turn = int(rng.integers(len(TYPES)))
    while True:
        mask = draw_layout(rng, board)
        if not 0.06 < mask.mean() < 0.94:
            continue
        sites = Sites(mask)
        for _ in range(per_board):
            if rng.random() < positives:
                kind = TYPES[turn % len(TYPES)]
                crop = _positive(kind, sites, rng, grid)
                turn += crop is not None
            else:
                crop = _negative(mask, rng)
            if crop is not None:
                yield crop


def _positive(kind: str, sites: Sites, rng: np.random.Generator, grid: float) -> Crop | None:
    made = plant(kind, sites, rng)
    if made is None:
        return None
    mask = made.mask
    if rng.random() < 0.08:  # a second defect may lie near
        other = plant(TYPES[rng.integers(len(TYPES))], sites, rng, mask)
        mask = mask if other is None or _meet(other.box, made.box) else other.mask
    side = window_side(made.box, rng)
    x, y = made.box.center
    if grid and rng.random() < grid:
        b = made.box
        cell = (rng.integers(0, 3, 2) + rng.uniform(0.15, 0.85, 2)) / 3 - 0.5
        room_x, room_y = (max(0.0, side / 2 - extent / 2 - 3) for extent in (b.x2 - b.x1, b.y2 - b.y1))
        x -= float(np.clip(cell[0] * side, -room_x, room_x))
        y -= float(np.clip(cell[1] * side, -room_y, room_y))
    elif rng.random() < 0.8:
        x, y = x + rng.normal(0, 3), y + rng.normal(0, 3)
    else:  # a window pushed inwards at the image's border shows its region off centre
        room = max(0.0, side / 2 - max(made.box.x2 - made.box.x1, made.box.y2 - made.box.y1) / 2 - 10)
        x, y = x + rng.uniform(-room, room), y + rng.uniform(-room, room)
    look = draw_look(rng)
    changed = np.zeros_like(mask)
    b = made.box
    changed[b.y1 : b.y2, b.x1 : b.x2] = mask[b.y1 : b.y2, b.x1 : b.x2] != sites.mask[b.y1 : b.y2, b.x1 : b.x2]
    crop = _render(mask, sites.mask, changed, (x, y), side, look, LABELS.index(kind), rng)
    # A defect that blur and threshold swallowed would be a false label.
    seen = np.abs(crop.test.astype(np.int16) - crop.reference) * (cv2.dilate(crop.mask, np.ones((3, 3), np.uint8)) > 0)
    return crop if (seen > 0.25 * (look.board - look.copper)).sum() >= 6 else None


def _meet(a: Box, b: Box, gap: int = 16) -> bool:
    return Box(a.x1 - gap, a.y1 - gap, a.x2 + gap, a.y2 + gap).iou(b) > 0


def _negative(mask: NDArray[np.uint8], rng: np.random.Generator) -> Crop:
    size = mask.shape[0]
    side = float(96 * np.exp(rng.uniform(np.log(0.75), np.log(2.0)))) if rng.random() < 0.5 else 96.0
    look = draw_look(rng)
    x, y = rng.uniform(20, size - 20, 2)
    empty = np.zeros_like(mask)
    if rng.random() < 0.6:  # near copper's edges there is more to mistake
        edges = np.argwhere(cv2.Canny(mask * 255, 50, 100) > 0)
        if len(edges):
            y, x = edges[rng.integers(len(edges))] + rng.normal(0, 3, 2)
    if rng.random() < 0.15:  # the same fault on both pictures is the board's design
        return _render(mask, mask, empty, (x, y), side, look, 0, rng)
    crop = _render(mask, mask, empty, (x, y), side, look, 0, rng)
    if rng.random() < 0.5:  # centre on the strongest residue, as a comparison would
        residue = cv2.blur(np.abs(crop.test.astype(np.float32) - crop.reference), (7, 7))
        ry, rx = np.unravel_index(int(residue[10:-10, 10:-10].argmax()), (STORED - 20, STORED - 20))
        dx, dy = int(rx) + 10 - STORED // 2, int(ry) + 10 - STORED // 2
        test = np.roll(crop.test, (-dy, -dx), (0, 1))
        golden = np.roll(crop.reference, (-dy, -dx), (0, 1))
        keep = np.s_[max(0, -dy) : STORED - max(0, dy), max(0, -dx) : STORED - max(0, dx)]
        shape = (STORED, STORED)
        return Crop(cv2.resize(test[keep], shape), cv2.resize(golden[keep], shape), crop.mask, 0)
    return crop


def _render(
    test: NDArray[np.uint8],
    golden: NDArray[np.uint8],
    changed: NDArray[np.uint8],
    center: tuple[float, float],
    side: float,
    look: Look,
    label: int,
    rng: np.random.Generator,
) -> Crop:
    """Pictures of both masks around `center` (x, y), cut to a window of `side` pixels and resized to `STORED`."""
    size = test.shape[0]
    outer = side * STORED / SIDE
    x0 = float(np.clip(center[0] - outer / 2, 0, size - outer))
    y0 = float(np.clip(center[1] - outer / 2, 0, size - outer))
    margin = 6
    left, top = max(0, int(x0) - margin), max(0, int(y0) - margin)
    cut = np.s_[top : int(y0 + outer) + margin, left : int(x0 + outer) + margin]
    own, other = draw_nuisance(rng, 0, 0), draw_nuisance(rng)
    own = Nuisance(threshold=own.threshold, light=own.light, gain=own.gain, jpeg=own.jpeg)
    near = picture(test[cut], look, own, rng)
    far = picture(golden[cut], look, other, rng)
    inner = np.s_[int(y0) - top : int(y0 + outer) - top, int(x0) - left : int(x0 + outer) - left]
    shape = (STORED, STORED)
    how = cv2.INTER_AREA if outer >= STORED else cv2.INTER_LINEAR
    small = cv2.resize(changed[cut][inner].astype(np.float32), shape, interpolation=cv2.INTER_AREA)
    return Crop(
        cv2.resize(near[inner], shape, interpolation=how),
        cv2.resize(far[inner], shape, interpolation=how),
        (small > 0.15).astype(np.uint8),
        label,
    )
