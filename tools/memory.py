"""A memory of golden vectors without position: for golden images that do not align, and encoders with weights.

Of all vectors a coreset is kept (greedy k-centre on a random projection: Roth et al., PatchCore, 2022, section 3.2), so
that search costs the same for ten golden images and for hundreds. Each vector knows its image: a golden image is scored
against the vectors of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from .encoders import Encoder
from .matching import smooth, top_mean
from .texture import WORK, TextureDifference, to_work

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
    Cells = NDArray[np.float32]

KEPT, DRAWN = 3000, 30_000
"""Vectors of the coreset, and those it is chosen from (drawn evenly from all images)."""
PROJECTED = 24
"""Dimensions in which the coreset is chosen: distances hold to a quarter or so, which is enough for that."""
TYPICAL = 1.1
"""The golden images' median leave-one-out distance."""
FOREIGN, MOST_FOREIGN = 2.2, 0.6
"""Another material: so large a share of the image is further than this from every golden vector."""
CHUNK = 2048


@dataclass(frozen=True)
class MemorySet:
    """Golden images without position.

    Attributes:
        encoder: what described them; factor: working pixels per pixel.
        vectors: N x C float32; owners: N, index of each vector's image.
        unit: distance that counts as 1.
        leave_one_out: each golden image's distance to the others, in units.
    """

    encoder: Encoder
    factor: float
    vectors: Cells
    owners: NDArray[np.int64]
    unit: float
    leave_one_out: tuple[float, ...]


def build_memory_set(goldens: Sequence[Image], in_colour: bool, encoder: Encoder) -> MemorySet:
    """Describe golden images (two or more) and keep a coreset of their vectors; a few seconds beside the encoder."""
    factor = min(1.0, WORK / float(np.median([max(g.shape[:2]) for g in goldens])))
    fields = [encoder(to_work(g, factor, in_colour)[0]) for g in goldens]
    rng = np.random.default_rng(0)
    share = max(64, DRAWN // len(fields))
    rows = [f.reshape(-1, f.shape[-1]) for f in fields]
    rows = [r if len(r) <= share else r[rng.choice(len(r), share, replace=False)] for r in rows]
    owners = np.repeat(np.arange(len(rows)), [len(r) for r in rows])
    pool = np.concatenate(rows)
    kept = coreset(pool, KEPT)
    vectors, owners = np.ascontiguousarray(pool[kept]), owners[kept]
    raw = [_image_distance(_search(f, vectors[owners != i])) for i, f in enumerate(fields)]
    unit = max(float(np.median(raw)) / TYPICAL, 1e-6)
    return MemorySet(encoder, factor, vectors, owners, unit, tuple(d / unit for d in raw))


def memory_difference(goldens: MemorySet, test: Image, in_colour: bool = True) -> TextureDifference:
    """Compare an image (H x W or H x W x 3 uint8, any size) with the memory."""
    picture, down = to_work(test, goldens.factor, in_colour)
    field = _search(goldens.encoder(picture), goldens.vectors) / np.float32(goldens.unit)
    distance = _image_distance(field)
    foreign = float((field > FOREIGN).mean())
    reason = f"{100 * foreign:.0f} % of the image differs: another material" if foreign > MOST_FOREIGN else ""
    soft = smooth(field, np.ones(field.shape, bool))
    return TextureDifference(soft, distance, picture, cv2.medianBlur(picture, 21), down, reason)


def coreset(vectors: Cells, count: int, seed: int = 0) -> NDArray[np.int64]:
    """Indices of `count` vectors (all where there are fewer) that leave no other far from the nearest of them.

    Greedy: each next one is the furthest from those that were taken. Equal vectors are taken once.
    """
    if len(vectors) <= count:
        return np.arange(len(vectors))
    rng = np.random.default_rng(seed)
    flat = vectors
    if vectors.shape[1] > PROJECTED:
        flat = vectors @ rng.standard_normal((vectors.shape[1], PROJECTED)).astype(np.float32) / PROJECTED**0.5
    lengths = np.einsum("ij,ij->i", flat, flat)
    taken = [0]
    nearest = np.full(len(flat), np.inf, np.float32)
    while len(taken) < count:
        last = taken[-1]
        np.minimum(nearest, lengths + lengths[last] - 2 * (flat @ flat[last]), out=nearest)
        furthest = int(nearest.argmax())
        if nearest[furthest] <= 1e-6 * lengths.max():
            break
        taken.append(furthest)
    return np.array(taken)


def _search(cells: Cells, vectors: Cells) -> Cells:
    """Distance of each vector of `cells` (rows x columns x C) to the nearest of `vectors`."""
    flat = cells.reshape(-1, cells.shape[-1])
    lengths = np.einsum("ij,ij->i", vectors, vectors)
    best = np.empty(len(flat), np.float32)
    for start in range(0, len(flat), CHUNK):
        part = flat[start : start + CHUNK]
        best[start : start + CHUNK] = (lengths - 2 * (part @ vectors.T)).min(axis=1)
    best += np.einsum("ij,ij->i", flat, flat)
    # What is left of equal vectors by rounding is no distance.
    best[best < 1e-5 * float(lengths.max() + 1e-12)] = 0
    return np.sqrt(best).reshape(cells.shape[:2])


def _image_distance(field: Cells) -> float:
    return top_mean(smooth(field, np.ones(field.shape, bool)))
