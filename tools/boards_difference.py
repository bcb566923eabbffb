"""Comparison of bilevel images with one or several golden ones: changed masks, blobs, distance, leave-one-out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from .boards import (
    Blob,
    Foreground,
    changed_masks,
    find_altered,
    find_blobs,
    foreground_mask,
    is_bilevel,
    moved_only,
    otsu,
)
from .boards_edge import only_edge_play
from .boards_ends import picture_ends
from .boards_registration import register_masks
from .boards_tone import altered_tone, calm_tone, large_parts
from .geometry import Alignment, compose, coverage, fit_size, grey, identity, warp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]
    Image = NDArray[np.uint8]

MAX_BLOBS = 200
"""Beyond so many differences the pair is no pair; the rest would only cost time."""
HALO = 8
BLURRED = 0.88
"""Share of the variance that two tones explain in a test image (golden image bilevel): it may be out of focus."""


@dataclass(frozen=True)
class BoardSet:
    """Golden boards of one layout.

    Attributes:
        masks: 0/255 foreground masks, each in its own frame; tones: the grey pictures they came from.
        moves: of each, golden pixels -> pixels of the first (the anchor).
        level: threshold of the first, for a test image that has only one phase.
        leave_one_out: each golden image's distance (changed pixels) to the others; empty for a single one.
    """

    masks: tuple[Image, ...]
    tones: tuple[Image, ...]
    moves: tuple[Matrix, ...]
    level: float
    leave_one_out: tuple[float, ...]


@dataclass(frozen=True)
class BoardDifference:
    """What differs on a board, in the test image's frame.

    Attributes:
        blobs: largest first; distance: changed pixels of the largest, 0 where there is none.
        changed: 0/255 mask of all changed pixels.
        masks: 0/255 foreground of the test image and of that golden image, in the test image's frame.
        best: index of the golden image that differs least; alignment: of that one.
    """

    blobs: tuple[Blob, ...]
    distance: float
    changed: Image
    masks: tuple[Image, Image]
    best: int
    alignment: Alignment


def is_board_pair(test: Image, goldens: Sequence[Image]) -> bool:
    """Whether to compare as boards: all golden images bilevel, and the test bilevel or one blank tone."""
    if not all(is_bilevel(g) for g in goldens):
        return False
    return is_bilevel(test, BLURRED) or blank(test)


def blank(image: Image) -> bool:
    """Whether an image is of one tone (standard deviation below 4 levels)."""
    return float(cv2.meanStdDev(grey(image))[1][0, 0]) < 4.0


def build_board_set(goldens: Sequence[Image], foreground: Foreground = "dark") -> BoardSet:
    """Threshold golden boards, register them to the first, and compare each with the others.

    Costs about 25 ms an image at 640 x 640 pixels (one core; 20 images 0.5 s), comparisons with each other included.
    """
    masks = [foreground_mask(g, foreground) for g in goldens]
    size = masks[0].shape[1::-1]
    moves: list[Matrix] = [identity()]
    for mask in masks[1:]:
        start, _ = fit_size(mask.shape[1::-1], size)
        moves.append(register_masks(masks[0], mask, start).matrix)
    tones = [calm_tone(g) for g in goldens]
    loo: list[float] = []
    if len(masks) >= 2:
        laid = [_lay(*golden, size) for golden in zip(masks, tones, moves, strict=True)]
        for i, one in enumerate(laid):
            seen = one.seen & picture_ends(one.mask, laid[i - 1].mask, moves[i])[0]
            known = [replace(other, seen=other.seen & seen) for j, other in enumerate(laid) if j != i]
            blobs, _ = _differences(one.mask, one.tone, known)
            loo.append(float(blobs[0].area) if blobs else 0.0)
    return BoardSet(tuple(masks), tuple(tones), tuple(moves), otsu(grey(goldens[0])), tuple(loo))


def board_difference(goldens: BoardSet, test: Image, foreground: Foreground = "dark") -> BoardDifference:
    """Compare a bilevel test image with golden boards; a place counts only where it differs from every one of them."""
    mask = _test_mask(test, goldens, foreground)
    size = mask.shape[1::-1]
    start, _ = fit_size(goldens.masks[0].shape[1::-1], size)
    anchor = register_masks(mask, goldens.masks[0], start)
    matrices = [compose(anchor.matrix, move) for move in goldens.moves]
    laid = [_lay(*golden, size) for golden in zip(goldens.masks, goldens.tones, matrices, strict=True)]
    errors = [cv2.countNonZero((golden.mask ^ mask) & -golden.seen.view(np.uint8)) for golden in laid]
    best = int(np.argmin(errors))
    # The best one first: type hints are read from it.
    shown, note = picture_ends(mask, laid[best].mask, matrices[best])
    first = replace(laid[best], seen=laid[best].seen & shown)
    ordered = [first, *(golden for i, golden in enumerate(laid) if i != best)]
    blobs, changed = _differences(mask, calm_tone(test), ordered)
    alignment = replace(anchor, matrix=matrices[best]).with_note(note)
    distance = float(blobs[0].area) if blobs else 0.0
    return BoardDifference(tuple(blobs), distance, changed, (mask, laid[best].mask), best, alignment)


def _test_mask(test: Image, goldens: BoardSet, foreground: Foreground) -> Image:
    if not blank(test):
        return foreground_mask(test, foreground)
    dark = np.where(grey(test) <= goldens.level, 255, 0).astype(np.uint8)
    return dark if foreground == "dark" else 255 - dark


@dataclass(frozen=True)
class _Laid:
    """A golden board in another frame: 0/255 mask, grey picture, and which pixels of the frame it shows."""

    mask: Image
    tone: Image
    seen: NDArray[np.bool_]


def _lay(mask: Image, tone: Image, matrix: Matrix, size: tuple[int, int]) -> _Laid:
    moved = np.asarray(cv2.threshold(warp(mask, matrix, size, border=0), 127, 255, cv2.THRESH_BINARY)[1], np.uint8)
    return _Laid(moved, warp(tone, matrix, size), coverage(matrix, mask.shape[1::-1], size))


def _differences(test: Image, tone: Image, laid: Sequence[_Laid]) -> tuple[list[Blob], Image]:
    """Blobs and mask of what differs from every golden board; the first one decides hints and local shifts."""
    first = laid[0]
    added, missing = changed_masks(test, first.mask, first.seen)
    altered = altered_tone(tone, first.tone, test, first.mask, first.seen)
    for other in laid[1:]:
        if not added.any() and not missing.any() and not altered.any():
            break
        more, less = changed_masks(test, other.mask, other.seen)
        # One pixel of slack, so that edges that lie a little apart do not cut a real difference in two.
        slack = np.ones((3, 3), np.uint8)
        outside = np.where(other.seen, 0, 255).astype(np.uint8)
        added &= cv2.dilate(more, slack) | outside
        missing &= cv2.dilate(less, slack) | outside
        if altered.any():
            toned = altered_tone(tone, other.tone, test, other.mask, other.seen)
            # Where this one shows the other phase its masks differ, and that is a difference too.
            altered &= cv2.dilate(toned | more | less, slack) | outside
    altered = large_parts(altered)
    blobs = find_blobs(test, first.mask, added, missing)[:MAX_BLOBS]
    kept = [b for b in blobs if not _edge_only(b, test, first.mask, added, missing)]
    beside = [b for b in find_altered(altered)[:MAX_BLOBS] if not any(_halo(b, k) for k in kept)]
    return sorted([*kept, *beside], key=lambda b: (-b.area, b.box)), added | missing | altered


def _edge_only(blob: Blob, test: Image, golden: Image, added: Image, missing: Image) -> bool:
    """Whether a blob is an edge that lies elsewhere (print, etching, registration) and no defect."""
    if moved_only(test, golden, blob.box):
        return True
    if blob.hint == "mousebite":
        return only_edge_play(golden, missing, blob.box, "missing")
    return blob.hint == "spur" and only_edge_play(golden, added, blob.box, "added")


def _halo(altered: Blob, changed: Blob) -> bool:
    """Whether an altered blob is the soft rim of a changed one: within 8 pixels and no more than twice its size."""
    a, b = altered.box, changed.box
    apart = max(a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3])
    return apart <= HALO and altered.area <= 2 * changed.area
