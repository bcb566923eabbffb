"""Dense descriptors of photographs without learned weights: Gabor energy, edges, band-passes, light and colour.

One vector every 4 pixels, in nine groups of channels. Weights of the groups were picked once on four data sets with one
golden image each (benchmarks/compare.py) and are the same for every image.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Cells = NDArray[np.float32]

STRIDE = 4
"""Pixels from one vector to the next."""
SCALES, ORIENTATIONS = 3, 6
GROUPS: dict[str, tuple[slice, float]] = {
    "fine": (slice(0, 6), 0.6),
    "middle": (slice(6, 12), 0.9),
    "coarse": (slice(12, 18), 0.6),
    "contrast": (slice(18, 19), 0.3),
    "edges": (slice(19, 27), 0.6),
    "bands": (slice(27, 30), 0.2),
    "hues": (slice(30, 36), 0.3),
    "light": (slice(36, 37), 0.12),
    "colour": (slice(37, 39), 0.3),
}
"""Channels of a vector and the weight of each group in the distance: Gabor energy by scale, its log norm, directions of
edges, band-passes of light and of the two colour axes, light and colour themselves. Groups are matched one by one."""
CHANNELS = 39
DIRECTIONS = 8
_EDGE_FLOOR = 0.02
_ENERGY_FLOOR = 0.01


@lru_cache(maxsize=1)
def gabor_bank() -> tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]:
    """Even and odd 11 x 11 kernels, wavelength 5 pixels, one pair an orientation; coarser scales use a pyramid."""
    y, x = np.mgrid[-5:6, -5:6].astype(np.float32)
    envelope = np.exp(-(x * x + y * y) / (2 * 2.4**2))
    envelope /= envelope.sum()
    bank = []
    for k in range(ORIENTATIONS):
        phase = 2 * np.pi * (x * np.cos(k * np.pi / ORIENTATIONS) + y * np.sin(k * np.pi / ORIENTATIONS)) / 5.0
        even, odd = envelope * np.cos(phase), envelope * np.sin(phase)
        even -= envelope * even.sum()
        bank.append((even.astype(np.float32), odd.astype(np.float32)))
    return tuple(bank)


def describe_cells(rgb: NDArray[np.uint8]) -> Cells:
    """Descriptor field of an image.

    Args:
        rgb: H x W x 3 uint8 (a grey image has three equal channels); H and W multiples of 4 fit best.

    Returns:
        float32, round(H / 4) x round(W / 4) x 39, channels as `GROUPS` lists them.
    """
    height, width = rgb.shape[:2]
    grid = (max(1, round(width / STRIDE)), max(1, round(height / STRIDE)))
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) / 100
    out = np.empty((grid[1], grid[0], CHANNELS), np.float32)
    level, channel = np.ascontiguousarray(lab[..., 0]), 0
    for scale in range(SCALES):
        for even, odd in gabor_bank():
            energy = cv2.magnitude(cv2.filter2D(level, -1, even), cv2.filter2D(level, -1, odd))
            how = cv2.INTER_AREA if scale < 2 else cv2.INTER_LINEAR
            out[..., channel] = cv2.resize(energy, grid, interpolation=how)
            channel += 1
        if scale + 1 < SCALES:
            level = cv2.pyrDown(level)
    out[..., :18] = cv2.GaussianBlur(np.ascontiguousarray(out[..., :18]), (0, 0), 0.75)
    norm = np.sqrt(np.einsum("ijk,ijk->ij", out[..., :18], out[..., :18]))
    out[..., :18] /= (norm + _ENERGY_FLOOR)[..., None]
    out[..., 18] = np.log(norm + 2 * _ENERGY_FLOOR)
    # Sigma 4 and 8 are taken from the grid itself: they are one and two cells wide there.
    fine, soft = (
        cv2.resize(cv2.GaussianBlur(lab, (0, 0), sigma), grid, interpolation=cv2.INTER_AREA) for sigma in (1, 2)
    )
    levels = [fine, soft, cv2.GaussianBlur(soft, (0, 0), 0.87), cv2.GaussianBlur(soft, (0, 0), 1.94)]
    out[..., 19:27] = _edges(np.ascontiguousarray(lab[..., 0]), grid)
    for k in range(3):
        band = levels[k] - levels[k + 1]
        out[..., 27 + k], out[..., 30 + 2 * k : 32 + 2 * k] = band[..., 0], band[..., 1:]
    out[..., 36:39] = soft
    return out


def _edges(light: Cells, grid: tuple[int, int]) -> Cells:
    """Signed directions of the gradient about each cell (8 bins, shared between neighbours), of length below 1."""
    calm = cv2.GaussianBlur(light, (0, 0), 1.0)
    along, down = cv2.Sobel(calm, -1, 1, 0), cv2.Sobel(calm, -1, 0, 1)
    strength, angle = cv2.cartToPolar(along, down)
    place = angle * np.float32(DIRECTIONS / (2 * np.pi))
    out = np.empty((grid[1], grid[0], DIRECTIONS), np.float32)
    for k in range(DIRECTIONS):
        away = np.abs(place - k)
        share = np.maximum(1 - np.minimum(away, DIRECTIONS - away), 0) * strength
        out[..., k] = cv2.resize(share, grid, interpolation=cv2.INTER_AREA)
    out = np.asarray(cv2.GaussianBlur(out, (0, 0), 1.2), np.float32)
    norm = np.sqrt(np.einsum("ijk,ijk->ij", out, out))
    return np.asarray(out / (norm + _EDGE_FLOOR)[..., None], np.float32)


def nearest(test: Cells, golden: Cells, reach: int = 2, spacing: int = 1) -> Cells:
    """Distance of each test vector to the nearest golden vector about its place.

    Args:
        test, golden: H x W x C float32 of one shape, scaled as the caller likes.
        reach: steps to each side; spacing: cells of a step.

    Returns:
        H x W float32, Euclidean.
    """
    height, width = test.shape[:2]
    edge = reach * spacing
    padded = np.pad(golden, ((edge, edge), (edge, edge), (0, 0)), mode="edge")
    energy = np.einsum("ijk,ijk->ij", padded, padded)
    best = np.full((height, width), np.inf, np.float32)
    for y in range(0, 2 * edge + 1, spacing):
        for x in range(0, 2 * edge + 1, spacing):
            cross = np.einsum("ijk,ijk->ij", test, padded[y : y + height, x : x + width])
            np.minimum(best, energy[y : y + height, x : x + width] - 2 * cross, out=best)
    own = np.einsum("ijk,ijk->ij", test, test)
    best += own
    # The expansion above cancels badly for equal vectors: what is left of them is rounding.
    return np.sqrt(np.where(best > 1e-3 + 5e-6 * own, best, 0.0)).astype(np.float32)
