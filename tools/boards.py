"""Difference of bilevel images (boards, artwork): added and missing foreground, tolerant of a pixel of edge.

Recipe and figures: docs of `benchmarks/compare.py`. `copper` stands for the foreground phase. DeepPCB draws copper dark
on a light ground, so dark is the default; `foreground="light"` turns it round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from ..schema import Change
from .geometry import grey

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.uint8]

Foreground = Literal["dark", "light"]
KERNEL3 = np.ones((3, 3), np.uint8)
KERNEL2 = np.ones((2, 2), np.uint8)
REGROW = 3
"""Pixels by which an opened difference grows back inside the plain XOR."""
GROUP_RADIUS = 9
"""Differences of one polarity closer than twice this many pixels are one region."""
RING = 2
"""Width in pixels of the ring around a difference whose phases tell its type."""
LOCAL_MARGIN = 8
LOCAL_SHIFT = 3
LOCAL_EXPLAINED = 0.4
_LEVELS = np.arange(256, dtype=np.float64)
TWO_TONED = 0.94
LONELY = 0.004
"""Share of single pixels of the other phase from which they are salt and pepper."""
MIN_ARC = 2
"""Pixels of a ring phase below which it is no contact."""


@dataclass(frozen=True)
class Blob:
    """A group of changed pixels of one polarity.

    Attributes:
        box: x1, y1, x2, y2 (half-open) without padding.
        area: changed pixels.
        change: `added` or `missing` foreground, or `altered` (its phase is right, its grey value is not).
        hint: one of the six board defect names; "" where altered.
    """

    box: tuple[int, int, int, int]
    area: int
    change: Change
    hint: str


def is_bilevel(image: NDArray[np.uint8], least: float = TWO_TONED) -> bool:
    """Whether an image has two tones and no colour, as binarised boards and line art do (noise and blur allowed).

    Two clusters by Otsu must explain `least` (94 %) of the grey values' variance, each hold 0.2 % of the pixels, and
    lie 60 grey levels apart; the mean chroma must stay below 12.
    """
    if image.ndim == 3:
        red, green, blue = cv2.split(image)
        high, low = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
        if cv2.mean(cv2.subtract(high, low))[0] > 12:
            return False
    histogram = _histogram(grey(image))
    cut, between = _otsu(histogram)
    dark, moment = float(histogram[: cut + 1].sum()), histogram @ _LEVELS
    if min(dark, 1 - dark) < 0.002:
        return False
    darker = float(histogram[: cut + 1] @ _LEVELS[: cut + 1]) / dark
    lighter = float(histogram[cut + 1 :] @ _LEVELS[cut + 1 :]) / (1 - dark)
    return lighter - darker >= 60 and between / float(histogram @ (_LEVELS - moment) ** 2) >= least


def otsu(luma: NDArray[np.uint8]) -> int:
    """Otsu's threshold of an H x W uint8 image: pixels above it are the light phase."""
    return _otsu(_histogram(luma))[0]


def _histogram(luma: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Share of the pixels at each of the 256 levels; of a large image every few rows tell it."""
    rows = luma[:: max(1, luma.shape[0] // 300)]
    return cv2.calcHist([rows], [0], None, [256], [0, 256]).ravel().astype(np.float64) / rows.size


def _otsu(histogram: NDArray[np.float64]) -> tuple[int, float]:
    """The threshold (the lowest of equally good ones) and the variance between the two phases, levels squared."""
    below = np.cumsum(histogram)[:-1]
    moment = np.cumsum(histogram * _LEVELS)
    spread = below * (1 - below)
    gap = moment[-1] * below - moment[:-1]
    between = np.divide(gap**2, spread, out=np.zeros(255), where=spread > 1e-9)
    best = float(between.max())
    return int(np.argmax(between >= best * (1 - 1e-9))), best


def foreground_mask(image: NDArray[np.uint8], foreground: Foreground = "dark") -> Mask:
    """0/255 mask of the foreground phase of a bilevel image, H x W; salt and pepper is taken out by a 3 x 3 median."""
    luma = grey(image)
    how = cv2.THRESH_BINARY_INV if foreground == "dark" else cv2.THRESH_BINARY
    mask = np.asarray(cv2.threshold(luma, otsu(luma), 255, how)[1], np.uint8)
    calm = np.asarray(cv2.medianBlur(mask, 3), np.uint8)
    odd = cv2.bitwise_xor(mask, calm)
    if cv2.countNonZero(odd) <= LONELY * mask.size:
        return mask
    lonely = odd & np.where(cv2.boxFilter(odd, -1, (3, 3), normalize=True) < 60, 255, 0).astype(np.uint8)
    return calm if cv2.countNonZero(lonely) > LONELY * mask.size else mask


def changed_masks(test: Mask, golden: Mask, valid: NDArray[np.bool_] | None = None) -> tuple[Mask, Mask]:
    """Added and missing foreground beyond one pixel of edge tolerance.

    Args:
        test, golden: 0/255 masks of one shape, registered.
        valid: where the golden image is known; elsewhere, and in the outermost two pixels, nothing counts as changed.

    Returns:
        `(added, missing)`: 0/255 masks.
    """
    # Eroding the golden image, not the difference, keeps slits that are only two pixels wide.
    missing = cv2.bitwise_and(cv2.erode(golden, KERNEL3), cv2.bitwise_not(test))
    added = cv2.bitwise_and(test, cv2.bitwise_not(cv2.dilate(golden, KERNEL3)))
    plain_missing = cv2.bitwise_and(golden, cv2.bitwise_not(test))
    plain_added = cv2.bitwise_and(test, cv2.bitwise_not(golden))
    known = np.zeros(test.shape, np.uint8)
    known[2:-2, 2:-2] = 255
    if valid is not None:
        known = cv2.bitwise_and(known, cv2.erode(valid.astype(np.uint8) * 255, KERNEL3))
    result = []
    for core, plain in ((added, plain_added), (missing, plain_missing)):
        core, plain = cv2.bitwise_and(core, known), cv2.bitwise_and(plain, known)
        result.append(_regrow(cv2.morphologyEx(core, cv2.MORPH_OPEN, KERNEL2), plain))
    return result[0], result[1]


def _regrow(seed: Mask, inside: Mask) -> Mask:
    if not cv2.countNonZero(seed):
        return seed
    for _ in range(REGROW):
        seed = cv2.bitwise_and(cv2.dilate(seed, KERNEL3), inside)
    return seed


def moved_only(test: Mask, golden: Mask, box: tuple[int, int, int, int]) -> bool:
    """Whether a small local shift of the golden image explains most of a difference (print stretch, not a defect).

    Within `box` and 8 pixels around it the XOR must fall below 40 % of what it was under one shift of up to 3 pixels.

    Args:
        test, golden: 0/255 masks of one shape.
        box: x1, y1, x2, y2 of the difference.
    """
    height, width = test.shape
    x1, y1 = max(0, box[0] - LOCAL_MARGIN), max(0, box[1] - LOCAL_MARGIN)
    x2, y2 = min(width, box[2] + LOCAL_MARGIN), min(height, box[3] + LOCAL_MARGIN)
    window = test[y1:y2, x1:x2]
    padded = cv2.copyMakeBorder(
        golden[y1:y2, x1:x2], LOCAL_SHIFT, LOCAL_SHIFT, LOCAL_SHIFT, LOCAL_SHIFT, cv2.BORDER_REPLICATE
    )
    inner = (slice(max(0, y1 - LOCAL_SHIFT), y2 + LOCAL_SHIFT), slice(max(0, x1 - LOCAL_SHIFT), x2 + LOCAL_SHIFT))
    oy, ox = inner[0].start - (y1 - LOCAL_SHIFT), inner[1].start - (x1 - LOCAL_SHIFT)
    real = golden[inner]
    padded[oy : oy + real.shape[0], ox : ox + real.shape[1]] = real
    errors = cv2.matchTemplate(padded, window, cv2.TM_SQDIFF)
    here = float(errors[LOCAL_SHIFT, LOCAL_SHIFT])
    return float(errors.min()) < LOCAL_EXPLAINED * here


def find_blobs(test: Mask, golden: Mask, added: Mask, missing: Mask) -> list[Blob]:
    """Group the changed pixels of each polarity into blobs of any size, largest first, each with its type hint."""
    blobs = []
    masks: tuple[tuple[Literal["added", "missing"], Mask], ...] = (("added", added), ("missing", missing))
    for change, mask in masks:
        for box, inner in _groups(mask):
            hint = type_hint(test, golden, inner, box, change)
            blobs.append(Blob(box, int(np.count_nonzero(inner)), change, hint))
    return sorted(blobs, key=lambda b: (-b.area, b.box))


def find_altered(mask: Mask) -> list[Blob]:
    """Group pixels of altered grey value into blobs, largest first, without a hint."""
    blobs = [Blob(box, int(np.count_nonzero(inner)), "altered", "") for box, inner in _groups(mask)]
    return sorted(blobs, key=lambda b: (-b.area, b.box))


def _groups(mask: Mask) -> list[tuple[tuple[int, int, int, int], Mask]]:
    """Boxes of pixels that lie near each other, and the mask cut to each."""
    if not cv2.countNonZero(mask):
        return []
    wide = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (GROUP_RADIUS, GROUP_RADIUS)))
    # Every second pixel of what was widened by four keeps all of it together, at a quarter of the cost.
    count, labels, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(wide[::2, ::2]), connectivity=8)
    groups = []
    for label in range(1, count):
        x, y, w, h = (2 * int(v) for v in stats[label, :4])
        own = np.repeat(np.repeat(labels[y // 2 : (y + h) // 2, x // 2 : (x + w) // 2] == label, 2, 0), 2, 1)
        inside = mask[y : y + h, x : x + w]
        part = np.where(own[: inside.shape[0], : inside.shape[1]], inside, 0).astype(np.uint8)
        rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
        box = (x + int(columns[0]), y + int(rows[0]), x + int(columns[-1]) + 1, y + int(rows[-1]) + 1)
        groups.append((box, part[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]))
    return groups


def type_hint(
    test: Mask, golden: Mask, blob: Mask, box: tuple[int, int, int, int], change: Literal["added", "missing"]
) -> str:
    """Which of the six board defects the surroundings of a changed blob suggest.

    In a 2 pixel ring around the blob the arcs of each phase are counted. Added foreground: no contact with foreground
    is `spurious copper`, two or more arcs of both phases `short`, else `spur`. Missing foreground: no contact with the
    background is `pin-hole`, two or more arcs of both `open`, else `mousebite`.

    Args:
        test, golden: 0/255 foreground masks of one shape.
        blob: 0/255 mask of the changed pixels, cut to `box`.
    """
    margin = RING + 3
    x1, y1 = max(0, box[0] - margin), max(0, box[1] - margin)
    x2, y2 = min(test.shape[1], box[2] + margin), min(test.shape[0], box[3] + margin)
    inside = np.zeros((y2 - y1, x2 - x1), np.uint8)
    inside[box[1] - y1 : box[3] - y1, box[0] - x1 : box[2] - x1] = blob
    inside = cv2.morphologyEx(inside, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    near = cv2.dilate(inside, KERNEL3)
    ring = cv2.dilate(near, np.ones((2 * RING + 1, 2 * RING + 1), np.uint8)) & ~near
    phase = golden[y1:y2, x1:x2] if change == "added" else cv2.bitwise_not(golden[y1:y2, x1:x2])
    same, other = _arcs(ring & phase), _arcs(ring & ~phase)
    if same == 0:
        return "spurious copper" if change == "added" else "pin-hole"
    if same >= 2 and other >= 2:
        return "short" if change == "added" else "open"
    return "spur" if change == "added" else "mousebite"


def _arcs(mask: Mask) -> int:
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return int(np.count_nonzero(stats[1:count, cv2.CC_STAT_AREA] > MIN_ARC * RING))
