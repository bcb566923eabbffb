"""Comparison with golden images that do not align with each other: textures, tiles, loose goods.

Where a place lies says little there, so nothing is registered. A `detector` learns from defects planted into the golden
images (`planted`) which features of a place (`appearance`) tell a change from what normal images show. Two detectors
are trained, each on half of the golden images, so that every golden image is scored by one that never saw it: that sets
the unit. What is not seen: a change of the whole image's brightness or grain alone, and real defects that look like
none of the planted ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from .appearance import ENERGIES, appearance, raw_cells
from .detector import Detector, train
from .geometry import fit_size, grey, scaling
from .light import as_rgb, calm, main_colour_axis, project
from .planted import plant
from .registration import register

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
    Cells = NDArray[np.float32]
    Matrix = NDArray[np.float64]

LEAST_GOLDENS = 8
"""Two halves of fewer golden images would know too little of what is normal."""
UNALIGNED = 0.75
"""Median NCC of golden images laid over the first, below which they do not align."""
PROBED = 7
WORK = 448
"""Longest side of a typical golden image after scaling; one factor for all images of a set keeps sizes comparable."""
LARGEST = 1536
COPIES, PLANTS = 6, 3
"""Planted copies of each golden image, and defects in each copy."""
MOST_NORMAL, MOST_PLANTED = 160_000, 40_000
"""Cells that a detector is trained on at most: they bound memory (about 200 MB)."""
WORST = 8
"""An image's log odds are the mean over so many of its worst cells."""
FAR, MOST_CHANGED = 2.0, 0.6
"""Another material: robust deviations of the grain's energies, or the share of an image that is changed, beyond this.
Textures and other objects of six data sets gave up to 1.3 and from 2.4; one of similar grain is not told apart."""
HALF, DEVIATIONS = 2.2, 2.5
"""A place so many robust deviations above the goldens' median has this distance, which scores .5 (`compare`)."""


@dataclass(frozen=True)
class TextureSet:
    """Golden images of one texture, ready to compare with.

    Attributes:
        factor: working pixels per pixel.
        detectors: two, each trained without one half of the golden images.
        middle, spread: median and robust deviation of the golden images' log odds.
        energies: golden images x Gabor energies, each image's medians.
        leave_one_out: each golden image's distance.
    """

    factor: float
    detectors: tuple[Detector, ...]
    middle: float
    spread: float
    energies: Cells
    leave_one_out: tuple[float, ...]


@dataclass(frozen=True)
class TextureDifference:
    """A test image's distances: `field` (cells, about 1 at the golden images' own worst places), `distance` of the
    image, `picture` and `ground` (working frame, H x W x 3; the ground is the picture without what is small), `down`
    (2 x 3, test -> working pixels), and `reason`, why it is no such texture ("" where it is)."""

    field: Cells
    distance: float
    picture: Image
    ground: Image
    down: Matrix
    reason: str


def unaligned(goldens: Sequence[Image], in_colour: bool = True) -> bool:
    """Whether golden images (8 or more) do not align with the first: at most 7 of them are tried, 50 ms each."""
    if len(goldens) < LEAST_GOLDENS:
        return False
    projection = main_colour_axis(goldens[0] if in_colour else grey(goldens[0]))
    anchor = project(goldens[0], projection)
    found = []
    for k in range(PROBED):
        other = goldens[1 + k * (len(goldens) - 1) // PROBED]
        start, _ = fit_size(other.shape[1::-1], anchor.shape[1::-1])
        found.append(register(anchor, project(other, projection), start).confidence)
    return float(np.median(found)) < UNALIGNED


def build_texture_set(goldens: Sequence[Image], in_colour: bool = True) -> TextureSet:
    """Plant, describe and train; about 20 s of one core for 35 golden images of 300 x 400 pixels."""
    factor = min(1.0, WORK / float(np.median([max(g.shape[:2]) for g in goldens])))
    pictures = [to_work(g, factor, in_colour)[0] for g in goldens]
    raw = [raw_cells(p) for p in pictures]
    halves = [np.arange(len(goldens)) % 2 == 0, np.arange(len(goldens)) % 2 == 1]
    share = MOST_NORMAL // (len(goldens) * (COPIES + 1) // 2)
    rows = [_rows(p, r, share, np.random.default_rng(k)) for k, (p, r) in enumerate(zip(pictures, raw, strict=True))]
    detectors = []
    for k, half in enumerate(halves):
        planted = np.concatenate([rows[i][0] for i in np.flatnonzero(half)])[:MOST_PLANTED]
        normal = np.concatenate([rows[i][1] for i in np.flatnonzero(half)])
        detectors.append(train(planted, normal, seed=k))
    # The detector that was trained on the other half scores a golden image.
    odds = np.array([_worst(_odds(detectors[1 - i % 2 : 2 - i % 2], appearance(r))) for i, r in enumerate(raw)])
    middle = float(np.median(odds))
    spread = max(0.3, 1.4826 * float(np.median(np.abs(odds - middle))))
    distances = tuple(float(v) for v in _distance(odds, middle, spread))
    return TextureSet(factor, tuple(detectors), middle, spread, np.stack([_energies(r) for r in raw]), distances)


def texture_difference(goldens: TextureSet, test: Image, in_colour: bool = True) -> TextureDifference:
    """Compare a photograph (H x W or H x W x 3 uint8, any size) with a texture's golden images."""
    picture, down = to_work(test, goldens.factor, in_colour)
    raw = raw_cells(picture)
    odds = _odds(goldens.detectors, appearance(raw))
    field = _distance(odds, goldens.middle, goldens.spread)
    distance = float(_distance(np.array(_worst(odds)), goldens.middle, goldens.spread))
    middle = np.median(goldens.energies, axis=0)
    usual = 1.4826 * np.median(np.abs(goldens.energies - middle), axis=0) + 0.2
    away = float(np.mean(np.abs(_energies(raw) - middle) / usual))
    changed = float((field > HALF).mean())
    reason = f"its grain is {away:.1f} deviations from the golden images': another material" if away > FAR else ""
    if not reason and changed > MOST_CHANGED:
        reason = f"{100 * changed:.0f} % of the image differs: another material"
    return TextureDifference(field, distance, picture, cv2.medianBlur(picture, 21), down, reason)


def to_work(image: Image, factor: float, in_colour: bool) -> tuple[Image, Matrix]:
    """The image scaled by `factor` (less where it would be too large), H x W x 3, and the 2 x 3 map to it."""
    factor = min(factor, LARGEST / max(image.shape[:2]))
    size = tuple(max(32, round(s * factor)) for s in image.shape[1::-1])
    picture = as_rgb(calm(image if in_colour else grey(image)))
    if size != image.shape[1::-1]:
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    return picture, scaling(size[0] / image.shape[1], size[1] / image.shape[0])


def _rows(picture: Image, raw: Cells, share: int, rng: np.random.Generator) -> tuple[Cells, Cells]:
    """Features of planted and of normal places of a golden image and its planted copies; `share` normals of each."""
    normals = [_some(appearance(raw).reshape(-1, raw.shape[-1] * 6 + 4), share, rng)]
    planted = []
    for _ in range(COPIES):
        copy, mask = plant(picture, rng, PLANTS)
        features = appearance(raw_cells(copy))
        cells = cv2.resize(mask, features.shape[1::-1], interpolation=cv2.INTER_AREA)
        planted.append(_some(features[cells > 60], share, rng))
        normals.append(_some(features[cv2.dilate(cells, np.ones((5, 5), np.uint8)) == 0], share, rng))
    return np.concatenate(planted), np.concatenate(normals)


def _some(rows: Cells, count: int, rng: np.random.Generator) -> Cells:
    return rows if len(rows) <= count else rows[rng.choice(len(rows), count, replace=False)]


def _odds(detectors: Sequence[Detector], features: Cells) -> Cells:
    mean = np.mean([d(features) for d in detectors], axis=0, dtype=np.float32)
    return np.asarray(cv2.GaussianBlur(mean, (0, 0), 1.0), np.float32)


def _worst(odds: Cells) -> float:
    return float(np.partition(odds.ravel(), odds.size - WORST)[-WORST:].mean())


def _distance(odds: Cells, middle: float, spread: float) -> Cells:
    """`HALF ** z` where z is 0 at the golden images' median and 1 at `DEVIATIONS` above it: at most 1e3."""
    steps = np.clip((odds - middle) / (DEVIATIONS * spread), -20, np.log(1e3) / np.log(HALF))
    return np.asarray(HALF**steps, np.float32)


def _energies(raw: Cells) -> Cells:
    return np.asarray(np.median(raw[..., ENERGIES].reshape(-1, 18), axis=0), np.float32)
