"""From difference maps and blobs to regions with boxes, scores and changes, and to the heat map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..schema import Box, Change, Region
from .boards import Blob
from .geometry import carry, compose, invert, scaling, tangent, warp
from .scoring import saturate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Field = NDArray[np.float32]
    Image = NDArray[np.uint8]

MAX_REGIONS = 15
BOARD_HALF = 25.0
"""Changed pixels (after edge tolerance) at which a board region scores .5."""
BOARD_POWER = 2.0
SOFT_REACH = 12
"""Pixels beyond which a blob's softened heat has gone."""
MIN_BOARD_AREA = 20
"""Board blobs below this many pixels are edge noise and no region; they still count in the image's score."""
SEED = 0.9
"""A photograph's region must reach this share of the half-score distance somewhere ..."""
PEAK = 0.45
"""... and this share of the strongest difference; it reaches as far as this share of its own peak ..."""
SPREAD, TIGHTEST = 90.0, 0.8
"""... or as this percentile of the image's differences, where much differs a little; at most this share of its peak."""
SAME_LEVELS = 24.0
"""Colours closer than this (8-bit levels, mean over channels) count as the same when change is told."""


def grow(box: tuple[int, int, int, int], pad: int, size: tuple[int, int]) -> Box:
    """`box` (x1, y1, x2, y2) widened by `pad` pixels on each side, clipped to an image of `size` (width, height)."""
    return Box(max(0, box[0] - pad), max(0, box[1] - pad), min(size[0], box[2] + pad), min(size[1], box[3] + pad))


def board_regions(
    blobs: Sequence[Blob], size: tuple[int, int], pad: int, limit: int = MAX_REGIONS
) -> tuple[Region, ...]:
    """Regions of the blobs of at least 20 pixels, `R1` being the largest; boxes padded by `pad` pixels."""
    found = [b for b in blobs if b.area >= MIN_BOARD_AREA][:limit]
    return tuple(
        Region(
            id=f"R{i}",
            box=grow(b.box, pad, size),
            score=round(saturate(b.area, BOARD_HALF, BOARD_POWER), 4),
            change=b.change,
            area=b.area,
            hint=b.hint,
        )
        for i, b in enumerate(found, 1)
    )


def board_heat(blobs: Sequence[Blob], changed: Image) -> Field:
    """Heat 0..1 of a board, H x W float32: each blob's score on its pixels, softened by 3 pixels."""
    heat = np.zeros(changed.shape, np.float32)
    for blob in reversed(blobs):
        x1, y1, x2, y2 = blob.box
        part = heat[y1:y2, x1:x2]
        part[changed[y1:y2, x1:x2] > 0] = saturate(blob.area, BOARD_HALF, BOARD_POWER)
    height, width = changed.shape[:2]
    soft, size = heat.copy(), (width, height)
    for blob in blobs:
        # Softened around each blob only; twice the reach lies inside, so that the cut shows nowhere.
        x1, y1, x2, y2 = grow(blob.box, 2 * SOFT_REACH, size)
        around = cv2.GaussianBlur(cv2.dilate(heat[y1:y2, x1:x2], np.ones((5, 5), np.uint8)), (0, 0), 3.0)
        x3, y3, x4, y4 = grow(blob.box, SOFT_REACH, size)
        inner = soft[y3:y4, x3:x4]
        np.maximum(inner, around[y3 - y1 : y4 - y1, x3 - x1 : x4 - x1], out=inner)
    return soft


def photo_heat(field: Field, half: float, to_test: NDArray[np.float64], size: tuple[int, int], power: float) -> Field:
    """Heat 0..1 of a photograph in the test frame: the score of each cell's distance.

    Args:
        field: cell rows x columns, noise units.
        half, power: of `saturate`.
        to_test: matrix, cells -> test pixels.
        size: width, height of the test image.
    """
    ratio = np.power(np.maximum(field, 0) / half, power, dtype=np.float32)
    return np.clip(warp((ratio / (1 + ratio)).astype(np.float32), to_test, size, border=0), 0, 1)


def photo_regions(
    field: Field,
    picture: Image,
    golden: Image,
    half: float,
    power: float,
    work_to_test: NDArray[np.float64],
    size: tuple[int, int],
    pad: int,
    limit: int = MAX_REGIONS,
) -> tuple[Region, ...]:
    """Regions of a photograph's distance field, strongest first.

    A region starts at a cell that reaches 90 % of `half` and 45 % of the strongest cell, reaches as far as 45 % of its
    own peak (less far where much of the image differs a little), and is drawn in to the pixels that differ plainly.

    Args:
        field: cell rows x columns, noise units, in the working frame.
        picture, golden: test and golden image in the working frame, H x W x 3 uint8.
        half, power: of `saturate`.
        work_to_test: matrix, working pixels -> test pixels.
        size: width, height of the test image.
        pad: pixels added on each side.
        limit: at most so many regions.
    """
    peak = float(field.max())
    seed = max(SEED * half, PEAK * peak)
    if peak < seed:
        return ()
    work = picture.shape[1::-1]
    step = (work[0] / field.shape[1], work[1] / field.shape[0])
    to_test = work_to_test
    scale = abs(float(np.linalg.det(tangent(to_test, work)[:, :2])))
    contrast = _contrast(picture, golden)
    background = _background(golden)
    everywhere = float(np.percentile(field, SPREAD))
    left = field.copy()
    regions: list[tuple[float, Box, Change, int]] = []
    while len(regions) < limit:
        _, value, _, (cx, cy) = cv2.minMaxLoc(left)
        if value < seed:
            break
        reach = min(max(PEAK * value, everywhere), TIGHTEST * value)
        _, labels = cv2.connectedComponents((left >= reach).astype(np.uint8), connectivity=8)
        part = labels == labels[cy, cx]
        left[cv2.dilate(part.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0] = 0
        mask = cv2.resize(part.astype(np.uint8), work, interpolation=cv2.INTER_NEAREST) > 0
        changed = _drawn_in(mask, contrast, step)
        box = _to_box(changed, to_test, size)
        if box is None:
            continue
        change = _change(picture, golden, changed, background)
        regions.append((value, grow(box, pad, size), change, max(1, round(int(changed.sum()) * scale))))
    return tuple(
        Region(id=f"R{i}", box=box, score=round(saturate(value, half, power), 4), change=change, area=area)
        for i, (value, box, change, area) in enumerate(regions, 1)
    )


def _contrast(picture: Image, golden: Image) -> Field:
    """Per pixel the least colour difference to the golden image within one pixel, levels, H x W float32."""
    a = cv2.GaussianBlur(picture, (3, 3), 0).astype(np.float32)
    b = cv2.GaussianBlur(golden, (3, 3), 0)
    low, high = cv2.erode(b, np.ones((3, 3), np.uint8)), cv2.dilate(b, np.ones((3, 3), np.uint8))
    return np.maximum(np.maximum(low - a, a - high), 0).max(axis=2)


def _drawn_in(mask: NDArray[np.bool_], contrast: Field, step: tuple[float, float]) -> NDArray[np.bool_]:
    """The pixels of `mask` that plainly differ, or `mask` itself where the difference is one of texture."""
    inside = np.where(mask, contrast, 0)
    top = float(np.percentile(contrast[mask], 98)) if mask.any() else 0.0
    if top < 20:
        return mask
    plain = inside >= max(12.0, 0.35 * top)
    plain = cv2.morphologyEx(plain.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)) > 0
    enough = max(6.0, 0.06 * float(mask.sum()), 0.5 * step[0] * step[1])
    return plain if float(plain.sum()) >= enough else mask


def _to_box(mask: NDArray[np.bool_], to_test: NDArray[np.float64], size: tuple[int, int]) -> Box | None:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return None
    x1, x2, y1, y2 = columns[0] - 0.5, columns[-1] + 0.5, rows[0] - 0.5, rows[-1] + 0.5
    ys, xs = np.nonzero(mask)
    corners = np.array([[x1, y1], [x2, y1], [x1, y2], [x2, y2]])
    near = tangent(to_test, mask.shape[1::-1])
    turned = to_test.shape == (3, 3) or abs(near[0, 1]) > 0.05 * abs(near[0, 0])
    moved = carry(np.stack([xs, ys], 1).astype(np.float64) if turned else corners, to_test)
    reach = 0.5 * float(np.sqrt(abs(np.linalg.det(near[:, :2])))) if turned else 0.0
    low, high = moved.min(axis=0) - reach + 0.5, moved.max(axis=0) + reach + 0.5
    box = Box(
        int(np.clip(np.floor(low[0] + 0.01), 0, size[0])),
        int(np.clip(np.floor(low[1] + 0.01), 0, size[1])),
        int(np.clip(np.ceil(high[0] - 0.01), 0, size[0])),
        int(np.clip(np.ceil(high[1] - 0.01), 0, size[1])),
    )
    return box if box.area > 0 else None


def _background(golden: Image) -> NDArray[np.float32] | None:
    """The colour of the golden image's border where that is uniform (80 % of it within 16 levels), else None."""
    edge = max(2, min(golden.shape[:2]) // 60)
    border = np.concatenate(
        [p.reshape(-1, 3) for p in (golden[:edge], golden[-edge:], golden[:, :edge], golden[:, -edge:])]
    ).astype(np.float32)
    colour = np.median(border, axis=0)
    return colour if float((np.abs(border - colour).max(axis=1) < 16).mean()) >= 0.8 else None


def _change(picture: Image, golden: Image, mask: NDArray[np.bool_], background: NDArray[np.float32] | None) -> Change:
    """`missing` where the golden image shows an object and the test its background, `added` the other way round."""
    if background is None or not mask.any():
        return "altered"
    test_empty = float((np.abs(picture[mask] - background).mean(axis=1) < SAME_LEVELS).mean())
    golden_empty = float((np.abs(golden[mask] - background).mean(axis=1) < SAME_LEVELS).mean())
    if test_empty >= 0.6 and golden_empty <= 0.3:
        return "missing"
    if golden_empty >= 0.6 and test_empty <= 0.3:
        return "added"
    return "altered"


def cells_to_work(field: Field, work: tuple[int, int]) -> NDArray[np.float64]:
    """2 x 3 map from the cells of `field` to pixels of a working frame of size `work` (width, height)."""
    return scaling(work[0] / field.shape[1], work[1] / field.shape[0])


def to_test_frame(
    field: Field, work: tuple[int, int], down: NDArray[np.float64], move: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Maps cells -> test pixels and working pixels -> test pixels.

    Args:
        field: the cells; work: size of the working frame; down: anchor pixels -> working pixels;
        move: test pixels -> anchor pixels.
    """
    work_to_test = invert(compose(down, move))
    return compose(work_to_test, cells_to_work(field, work)), work_to_test
