"""Grey differences inside one tone of a two-toned pair, which its binarised masks cannot show.

Stripes of grey 100 and 200 count as bilevel, and a black blot on a dark stripe changes no phase. After registration
and with the light matched for each tone, a pixel is altered where it lies plainly outside the grey values that the
golden image has within three pixels. Truly binarised pairs have none; noise, blur, light and grain stay below the
bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from .geometry import grey

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
    Mask = NDArray[np.uint8]

LEAST_LEVELS = 24.0
"""Grey levels by which a pixel must at least lie outside the golden image's range ..."""
NOISE_UNITS = 5.0
"""... and multiples of the pair's own noise (1.48 MAD)."""
MIN_AREA = 20
"""Pixels that must hold together."""
QUIET = 12
"""Levels by which nothing lies outside the golden image's range where two pictures are binarised alike."""
REACH = np.ones((7, 7), np.uint8)
"""Neighbourhood whose grey values the golden image may show: misregistration and blur at edges are no difference."""
STRIP = 128
"""Rows that are compared at a time: floating point of a whole line scan would take gigabytes."""
MAX_SEARCHED, MAX_SAMPLES = 100_000, 5_000


def calm_tone(image: Image) -> Image:
    """The grey picture that `altered_tone` compares: luma without salt and pepper, H x W uint8."""
    return cv2.medianBlur(np.ascontiguousarray(grey(image)), 3)


def altered_tone(test: Image, golden: Image, test_mask: Mask, golden_mask: Mask, valid: NDArray[np.bool_]) -> Mask:
    """0/255 mask of pixels of one phase in both images whose grey value differs plainly, in areas of 20 pixels or more.

    Args:
        test, golden: `calm_tone` of both, one shape, registered.
        test_mask, golden_mask: their 0/255 foreground masks.
        valid: where the golden image is known.
    """
    known = cv2.erode(valid.astype(np.uint8) * 255, REACH)
    known[:2], known[-2:], known[:, :2], known[:, -2:] = 0, 0, 0, 0
    # Around changed phases blur leaves grey values in between; the masks tell those.
    changed = cv2.morphologyEx(test_mask ^ golden_mask, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    known &= ~cv2.dilate(changed, np.ones((9, 9), np.uint8)) & ~(test_mask ^ golden_mask)
    low, high = cv2.erode(golden, REACH), cv2.dilate(golden, REACH)
    beyond = cv2.bitwise_and(cv2.max(cv2.subtract(test, high), cv2.subtract(low, test)), known)
    if cv2.minMaxLoc(beyond)[1] <= QUIET:
        # Truly binarised pairs: no light could lift anything above the least difference.
        return np.zeros(test.shape, np.uint8)
    tones = [_median(golden, mask) for mask in (golden_mask, cv2.bitwise_not(golden_mask)) if mask.any()]
    edge = cv2.dilate(test_mask, REACH) ^ cv2.erode(test_mask, REACH)
    # Near the test image's own edges whatever lies between the two tones is blur.
    low = np.where(edge > 0, np.minimum(low, np.uint8(min(tones))), low)
    high = np.where(edge > 0, np.maximum(high, np.uint8(max(tones))), high)
    found = np.zeros(test.shape, np.uint8)
    for phase in (golden_mask, cv2.bitwise_not(golden_mask)):
        inside = cv2.bitwise_and(known, phase)
        light, noise = _light(test, golden, cv2.erode(inside, REACH), inside)
        if light is None:
            continue
        bound = max(LEAST_LEVELS, NOISE_UNITS * noise)
        for top in range(0, test.shape[0], STRIP):
            rows = slice(top, top + STRIP)
            matched = test[rows] - _surface(light, test.shape, rows)
            beyond = np.maximum(matched - high[rows], low[rows] - matched)
            found[rows] |= np.where(beyond > bound, inside[rows], 0).astype(np.uint8)
    return large_parts(found)


def large_parts(mask: Mask) -> Mask:
    """`mask` without connected parts of fewer than 20 pixels."""
    if not mask.any():
        return mask
    x, y, w, h = cv2.boundingRect(mask)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask[y : y + h, x : x + w], connectivity=8)
    large = np.where(stats[:, cv2.CC_STAT_AREA] >= MIN_AREA, 255, 0).astype(np.uint8)
    large[0] = 0
    kept = np.zeros_like(mask)
    kept[y : y + h, x : x + w] = large[labels]
    return kept


def _median(image: Image, mask: Mask) -> int:
    counts = np.cumsum(cv2.calcHist([image], [0], mask, [256], [0, 256]).ravel())
    return int(np.searchsorted(counts, counts[-1] / 2))


def _light(test: Image, golden: Image, core: Mask, inside: Mask) -> tuple[NDArray[np.float64] | None, float]:
    """How much lighter the test image is inside one tone, as the weights of `_terms`, and the noise about that.

    A quadratic surface by least squares on what lies near it; None where the tone has too few pixels to tell.
    """
    height, width = test.shape
    # Of a large image only some rows and columns: the indices alone would take eight bytes a pixel.
    step = max(1, int(np.sqrt(test.size / MAX_SEARCHED)))
    rows, columns = np.nonzero((core if np.count_nonzero(core) >= 500 * step * step else inside)[::step, ::step])
    if rows.size < 4 * MIN_AREA:
        return None, 0.0
    every = max(1, rows.size // MAX_SAMPLES)
    rows, columns = rows[::every] * step, columns[::every] * step
    delta = test[rows, columns].astype(np.float64) - golden[rows, columns]
    terms = _terms(columns / width - 0.5, rows / height - 0.5)
    weights: NDArray[np.float64] = np.zeros(6)
    weights[0] = np.median(delta)
    for _ in range(3):
        rest = delta - terms @ weights
        spread = 1.4826 * float(np.median(np.abs(rest)))
        near = np.abs(rest) <= max(4.0, 3 * spread)
        if spread < 0.5 or np.count_nonzero(near) < 200:
            break
        weights = np.linalg.lstsq(terms[near], delta[near], rcond=None)[0].astype(np.float64)
    noise = 1.4826 * float(np.median(np.abs(delta - terms @ weights)))
    return weights, noise


def _surface(weights: NDArray[np.float64], shape: tuple[int, ...], rows: slice) -> NDArray[np.float32]:
    """Some rows of the surface over an image of `shape`, in levels."""
    height, width = shape
    x = (np.arange(width) / width - 0.5)[None, :]
    y = (np.arange(height)[rows] / height - 0.5)[:, None]
    across = (weights[0] + weights[1] * x + weights[3] * x * x).astype(np.float32)
    down = (weights[2] * y + weights[4] * y * y).astype(np.float32)
    return across + down + (weights[5] * y).astype(np.float32) * x.astype(np.float32)


def _terms(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], 1)
