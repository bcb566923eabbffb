"""Which pixels of a place stand out: against the golden image laid over it, or, without one, against its own ground.

Edges are set at half of the strength (a blurred edge lies there); the same at .35 and .65 of it says how sure they are.
Light that differs is taken out by the place's surroundings, and one pixel of misregistration does not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from .geometry import grey

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..schema import Box

    Image = NDArray[np.uint8]
    Mask = NDArray[np.bool_]
    Field = NDArray[np.float32]

HALF, LESS, MORE = 0.5, 0.35, 0.65
"""Share of the strength at which an edge is drawn, and the two that bracket it."""
PLAIN = 20.0
"""Grey levels below which a difference is one of texture or noise and has no edges to measure."""
MARGIN = 16
"""Least number of pixels around a place from which its light and noise are told."""
GROW = 5
"""Side of the square by which pixels that surely differ grow into those that plainly do: the tolerance cut them."""
_LEAST, _SHARE = 4, 0.05


@dataclass(frozen=True)
class Standing:
    """Pixels of a box that stand out.

    Attributes:
        mask: H x W bool of the box; wide, narrow: the same with the edge drawn further out and further in.
        levels: strength, grey levels (of a heat map: 0..255).
    """

    mask: Mask
    wide: Mask
    narrow: Mask
    levels: float


def changed_pixels(test: Image, golden: Image, box: Box) -> Standing | None:
    """What differs from the golden image inside `box`; None where it does not differ plainly (by 20 levels).

    Args:
        test, golden: uint8, H x W or H x W x 3, in the same frame.
        box: inside both.
    """
    side = max(MARGIN, (box.x2 - box.x1) // 2, (box.y2 - box.y1) // 2)
    x1, y1 = max(0, box.x1 - side), max(0, box.y1 - side)
    window = (slice(y1, box.y2 + side), slice(x1, box.x2 + side))
    a, b = test[window], golden[window]
    if a.ndim != b.ndim:
        a, b = grey(a), grey(b)
    inner = (slice(box.y1 - y1, box.y2 - y1), slice(box.x1 - x1, box.x2 - x1))
    outside = np.ones(a.shape[:2], bool)
    outside[inner] = False
    sure, plain = _differences(_soft(a), _soft(b), outside)
    # Low enough that a neighbouring defect is not taken for noise.
    noise = float(np.percentile(sure[outside], 80)) if outside.any() else 0.0
    return _standing(sure[inner], plain[inner], floor=max(PLAIN, 3 * noise))


def heated_pixels(heat: Image, box: Box) -> Standing | None:
    """Where a heat map (H x W uint8) is hot inside `box`: coarse, for differences of texture."""
    inside = heat[box.y1 : box.y2, box.x1 : box.x2].astype(np.float32)
    return _standing(inside, inside, floor=PLAIN)


def object_pixels(test: Image, box: Box) -> Standing | None:
    """What lies on a plainer ground inside `box`, without a golden image: the tone that the box's border has less of.

    None where the two tones are not 20 levels apart.
    """
    luma = cv2.GaussianBlur(grey(test[box.y1 : box.y2, box.x1 : box.x2]), (3, 3), 0)
    _, high = cv2.threshold(luma, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    light = high > 0
    if light.all() or not light.any():
        return None
    low, top = float(np.median(luma[~light])), float(np.median(luma[light]))
    if top - low < PLAIN:
        return None
    border = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    away = np.abs(luma.astype(np.float32) - (top if border.mean() >= 0.5 else low))
    return _standing(away, away, floor=PLAIN, strength=top - low)


def _soft(image: Image) -> Field:
    soft = cv2.GaussianBlur(image, (3, 3), 0).astype(np.float32)
    return soft if soft.ndim == 3 else soft[..., None]


def _differences(test: Field, golden: Field, outside: Mask) -> tuple[Field, Field]:
    """Difference of the strongest channel, H x W levels: the least within one pixel, and the plain one."""
    if outside.any():
        offset = np.median((test - golden)[outside], axis=0)
        test = test - np.clip(offset, -40, 40).astype(np.float32)
    around = np.ones((3, 3), np.uint8)
    low, high = (morph(golden, around).reshape(test.shape) for morph in (cv2.erode, cv2.dilate))
    least = np.maximum(np.maximum(low - test, test - high), 0).max(axis=2)
    return least, np.abs(test - golden).max(axis=2)


def _standing(sure: Field, plain: Field, floor: float, strength: float | None = None) -> Standing | None:
    """Pixels where `sure` is strong, and their neighbours where `plain` is: the tolerance took a pixel off the rim."""
    # The few strongest pixels may be noise: the fifth speaks for them.
    fifth = max(0, sure.size - 5)
    top = float(np.partition(sure.ravel(), fifth)[fifth]) if strength is None else strength
    if top < floor:
        return None
    wide, mask, narrow = (_grown(_pieces(sure >= share * top), plain >= share * top) for share in (LESS, HALF, MORE))
    return Standing(mask, wide, narrow, top) if mask.any() else None


def _grown(mask: Mask, inside: Mask) -> Mask:
    return mask | ((cv2.dilate(mask.astype(np.uint8), np.ones((GROW, GROW), np.uint8)) > 0) & inside)


def _pieces(mask: Mask) -> Mask:
    """`mask` without specks: pieces below 4 pixels and 5 % of the largest one."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count < 2:
        return mask
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    kept = areas >= max(_LEAST, _SHARE * int(areas.max()))
    return np.asarray(kept[labels], bool)
