"""Distances between fields of vectors: each place of one against the nearest in the other, and what that adds up to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..models.encoders import Group
from .descriptors import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Cells = NDArray[np.float32]

TOP_SHARE = 0.01
"""An image's distance is the mean over this share of its worst cells (at least 4 cells)."""


def top_mean(field_: Cells, share: float = TOP_SHARE) -> float:
    """Mean of the largest `share` of the values, at least 4 of them."""
    flat = field_.ravel()
    count = min(flat.size, max(4, round(share * flat.size)))
    return float(np.partition(flat, flat.size - count)[flat.size - count :].mean())


def jitter_gains(cells: Cells, jitter: Sequence[Cells], groups: Sequence[Group]) -> Cells:
    """Factor of each channel: 1 / its jitter residual, then each group to its weight at the jitter's worst cells."""
    residual = np.sqrt(np.mean([np.mean((j - cells) ** 2, axis=(0, 1)) for j in jitter], axis=0))
    gains = (1.0 / (residual + 1e-3)).astype(np.float32)
    for channels, weight, *_ in groups:
        a = np.ascontiguousarray(cells[..., channels] * gains[channels])
        worst = max(
            top_mean(nearest(np.ascontiguousarray(j[..., channels] * gains[channels]), a, 1), 0.02) for j in jitter
        )
        gains[channels] *= weight / max(worst, 0.5)
    return gains


def grouped(test: Cells, golden: Cells, groups: Sequence[Group]) -> Cells:
    """Distance of each test vector to a golden image: over the groups, each matched with its own nearest vector."""
    total = np.zeros(test.shape[:2], np.float32)
    for channels, _, reach, spacing in groups:
        ours, theirs = (np.ascontiguousarray(cells[..., channels]) for cells in (test, golden))
        total += nearest(ours, theirs, reach, spacing) ** 2
    return np.sqrt(total)


def smooth(field_: Cells, covered: NDArray[np.bool_], sigma: float = 1.0) -> Cells:
    """`field_` softened by `sigma` cells (single cells are noise, defects hold together).

    0 where nothing is known: `covered` is False, or the value infinite.
    """
    known = np.where(np.isfinite(field_) & covered, field_, 0.0).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(known, (0, 0), sigma), np.float32)
