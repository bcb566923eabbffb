"""Distances between fields of vectors: each place of one against the nearest in the other, and what that adds up to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

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


class Match(NamedTuple):
    """Distances of the vectors of one field to those of another, by group of channels: G x H x W float32 each, squared.

    Attributes:
        near: to the nearest within the group's reach of the same place.
        far: to the nearest within one step more.
    """

    near: Cells
    far: Cells


def match(a: Cells, b: Cells, groups: Sequence[Group]) -> tuple[Match, Match]:
    """`a` against `b`, and `b` against `a`; two places are compared once for both.

    Args:
        a, b: H x W x C float32 of one shape, scaled so that a Euclidean distance means something.
    """
    ours, theirs = _unmatched(a, groups), _unmatched(b, groups)
    for g, (channels, _, reach, spacing, _) in enumerate(groups):
        x, y = (np.ascontiguousarray(field_[..., channels]) for field_ in (a, b))
        x_energy, y_energy = (np.einsum("ijk,ijk->ij", f, f) for f in (x, y))
        for down in range(-reach - 1, reach + 2):
            for across in range(-reach - 1, reach + 2):
                here, there = _overlap(x.shape, down * spacing, across * spacing)
                squared = x_energy[here] + y_energy[there] - 2 * np.einsum("ijk,ijk->ij", x[here], y[there])
                kinds = (0, 1) if max(abs(down), abs(across)) <= reach else (1,)
                for kind in kinds:
                    np.minimum(ours[kind][g][here], squared, out=ours[kind][g][here])
                    np.minimum(theirs[kind][g][there], squared, out=theirs[kind][g][there])
        for found, energy in ((ours, x_energy), (theirs, y_energy)):
            for kind in (0, 1):
                # The expansion above cancels badly for equal vectors: what is left of them is rounding.
                found[kind][g][found[kind][g] <= 1e-3 + 5e-6 * energy] = 0.0
    return ours, theirs


def _unmatched(field_: Cells, groups: Sequence[Group]) -> Match:
    near, far = (np.full((len(groups), *field_.shape[:2]), np.inf, np.float32) for _ in range(2))
    return Match(near, far)


def _overlap(shape: tuple[int, ...], down: int, across: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The places of a field that another one, shifted by so many cells, also has: in the one, and in the other."""
    rows, columns = max(0, shape[0] - abs(down)), max(0, shape[1] - abs(across))
    here = slice(max(0, -down), max(0, -down) + rows), slice(max(0, -across), max(0, -across) + columns)
    there = slice(max(0, down), max(0, down) + rows), slice(max(0, across), max(0, across) + columns)
    return here, there


def smooth(field_: Cells, covered: NDArray[np.bool_], sigma: float = 1.0) -> Cells:
    """`field_` softened by `sigma` cells (single cells are noise, defects hold together).

    0 where nothing is known: `covered` is False, or the value infinite.
    """
    known = np.where(np.isfinite(field_) & covered, field_, 0.0).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(known, (0, 0), sigma), np.float32)
