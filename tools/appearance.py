"""How each place of an image looks, without a golden image beside it: features for textures and unaligned objects.

Log luma, so that exposure is an offset; band-passes and their extremes (a pore is smaller than a cell), black-hats and
top-hats, Gabor energies at three scales, slopes, colour bands; each relative to the image's own median and spread, and
to its surroundings: an image is its own first normal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from .descriptors import SCALES, STRIDE, gabor_bank

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
    Cells = NDArray[np.float32]

SIGMAS = (1.0, 2.0, 4.0, 8.0, 16.0)
HATS = (7, 15)
RIM = 8
"""Cells from the border beyond which a place counts as inside."""
ENERGIES = slice(12, 30)
"""Channels of `raw_cells` that hold the Gabor energies."""


def raw_cells(rgb: Image) -> Cells:
    """Features of each 4 x 4 cell of an H x W x 3 image: float32, (H / 4) x (W / 4) x 40."""
    height, width = rgb.shape[:2]
    grid = (max(8, width // STRIDE), max(8, height // STRIDE))
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    log = np.log(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) + 10)

    def cells(image: Cells, how: int = cv2.INTER_AREA) -> Cells:
        return np.asarray(cv2.resize(image, grid, interpolation=how), np.float32)

    levels = [cv2.GaussianBlur(log, (0, 0), sigma) for sigma in SIGMAS]
    bands = [levels[k] - levels[k + 1] for k in range(4)]
    near = np.ones((5, 5), np.uint8)
    out = [cells(band) for band in bands]
    for band in bands[:2]:
        out += [cells(f(band, near), cv2.INTER_NEAREST) for f in (cv2.erode, cv2.dilate)]
    for size in HATS:
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        out += [cells(cv2.morphologyEx(levels[0], how, disc)) for how in (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT)]
    level = log
    for scale in range(SCALES):
        for even, odd in gabor_bank():
            energy = cells(cv2.magnitude(cv2.filter2D(level, -1, even), cv2.filter2D(level, -1, odd)))
            out.append(np.log(cv2.GaussianBlur(energy, (0, 0), 0.75) + 0.003))
        if scale + 1 < SCALES:
            level = cv2.pyrDown(level)
    out += [cells(cv2.Sobel(levels[3], -1, *d)) for d in ((1, 0), (0, 1))]
    for channel in (lab[..., 1], lab[..., 2]):
        soft = [cv2.GaussianBlur(channel / 100, (0, 0), sigma) for sigma in SIGMAS[:4]]
        out += [cells(soft[k] - soft[k + 1]) for k in (0, 1, 2)]
        out.append(cells(soft[3]))
    return np.stack(out, -1)


def appearance(raw: Cells) -> Cells:
    """`raw_cells` relative to the image's own medians and to the surroundings, and the distance to each border."""
    height, width, count = raw.shape
    flat = raw.reshape(-1, count)
    away = raw - np.median(flat, axis=0)
    spread = 1.4826 * np.median(np.abs(away.reshape(-1, count)), axis=0) + 0.01
    units = (away / spread).astype(np.float32)
    around = [_box(units, (5, 5)), units - _box(units, (15, 1)), units - _box(units, (1, 15)), _box(units, (13, 13))]
    return np.concatenate([away, units, *around, _rim(height, width)], -1, dtype=np.float32)


def _box(cells: Cells, size: tuple[int, int]) -> Cells:
    """Mean over `size` (width, height) cells."""
    return np.asarray(cv2.blur(cells, size), np.float32)


def _rim(height: int, width: int) -> Cells:
    """Distance to the four borders in cells, at most `RIM`, 0..1."""
    y, x = np.mgrid[:height, :width]
    return np.stack([np.minimum(d, RIM) / RIM for d in (y, height - 1 - y, x, width - 1 - x)], -1).astype(np.float32)
