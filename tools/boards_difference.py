"""Comparison of bilevel images with one or several golden ones: changed masks, blobs, distance, leave-one-out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from .boards import Blob, Foreground, changed_masks, find_blobs, foreground_mask, is_bilevel, moved_only, otsu
from .boards_registration import register_masks
from .geometry import Alignment, compose, coverage, fit_size, grey, identity, warp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]
    Image = NDArray[np.uint8]

MAX_BLOBS = 200
"""Beyond so many differences the pair is no pair; the rest would only cost time."""


@dataclass(frozen=True)
class BoardSet:
    """Golden boards of one layout.

    Attributes:
        masks: 0/255 foreground masks, each in its own frame.
        moves: 2 x 3 each, golden pixels -> pixels of the first (the anchor).
        level: threshold of the first, for a test image that has only one phase.
        leave_one_out: each golden image's distance (changed pixels) to the others; empty for a single one.
    """

    masks: tuple[Image, ...]
    moves: tuple[Matrix, ...]
    level: float
    leave_one_out: tuple[float, ...]


@dataclass(frozen=True)
class BoardDifference:
    """What differs on a board, in the test image's frame.

    Attributes:
        blobs: largest first; distance: changed pixels of the largest, 0 where there is none.
        changed: 0/255 mask of all changed pixels.
        best: index of the golden image that differs least; alignment: of that one.
    """

    blobs: tuple[Blob, ...]
    distance: float
    changed: Image
    best: int
    alignment: Alignment


def is_board_pair(test: Image, goldens: Sequence[Image]) -> bool:
    """Whether to compare as boards: all golden images bilevel, and the test bilevel or one blank tone."""
    if not all(is_bilevel(g) for g in goldens):
        return False
    return is_bilevel(test) or float(grey(test).std()) < 4.0


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
    loo: list[float] = []
    if len(masks) >= 2:
        laid = [_lay(m, move, size) for m, move in zip(masks, moves, strict=True)]
        for i, (mask, valid) in enumerate(laid):
            others = [other for j, other in enumerate(laid) if j != i]
            known = [(golden, seen & valid) for golden, seen in others]
            blobs, _ = _differences(mask, known)
            loo.append(float(blobs[0].area) if blobs else 0.0)
    return BoardSet(tuple(masks), tuple(moves), otsu(grey(goldens[0])), tuple(loo))


def board_difference(goldens: BoardSet, test: Image, foreground: Foreground = "dark") -> BoardDifference:
    """Compare a bilevel test image with golden boards; a place counts only where it differs from every one of them."""
    mask = _test_mask(test, goldens, foreground)
    size = mask.shape[1::-1]
    start, _ = fit_size(goldens.masks[0].shape[1::-1], size)
    anchor = register_masks(mask, goldens.masks[0], start)
    matrices = [compose(anchor.matrix, move) for move in goldens.moves]
    laid = [_lay(m, matrix, size) for m, matrix in zip(goldens.masks, matrices, strict=True)]
    errors = [int(np.count_nonzero((golden != mask) & valid)) for golden, valid in laid]
    best = int(np.argmin(errors))
    # The best one first: type hints are read from it.
    blobs, changed = _differences(mask, [laid[best], *(pair for i, pair in enumerate(laid) if i != best)])
    alignment = anchor if best == 0 else replace(anchor, matrix=matrices[best])
    return BoardDifference(tuple(blobs), float(blobs[0].area) if blobs else 0.0, changed, best, alignment)


def _test_mask(test: Image, goldens: BoardSet, foreground: Foreground) -> Image:
    if is_bilevel(test):
        return foreground_mask(test, foreground)
    dark = np.where(grey(test) <= goldens.level, 255, 0).astype(np.uint8)
    return dark if foreground == "dark" else 255 - dark


def _lay(mask: Image, matrix: Matrix, size: tuple[int, int]) -> tuple[Image, NDArray[np.bool_]]:
    """A golden mask in a frame of `size`, 0/255, and which pixels of the frame it shows."""
    moved = np.where(warp(mask, matrix, size, border=0) > 127, 255, 0).astype(np.uint8)
    return moved, coverage(matrix, mask.shape[1::-1], size)


def _differences(test: Image, laid: Sequence[tuple[Image, NDArray[np.bool_]]]) -> tuple[list[Blob], Image]:
    """Blobs and mask of what differs from every golden mask; the first one decides hints and local shifts."""
    golden, valid = laid[0]
    added, missing = changed_masks(test, golden, valid)
    for other, seen in laid[1:]:
        if not added.any() and not missing.any():
            break
        more, less = changed_masks(test, other, seen)
        # One pixel of slack, so that edges that lie a little apart do not cut a real difference in two.
        slack = np.ones((3, 3), np.uint8)
        outside = np.where(seen, 0, 255).astype(np.uint8)
        added &= cv2.dilate(more, slack) | outside
        missing &= cv2.dilate(less, slack) | outside
    blobs = find_blobs(test, golden, added, missing)[:MAX_BLOBS]
    kept = [b for b in blobs if not moved_only(test, golden, b.box)]
    return kept, added | missing
