"""Two registered pictures, and the sums over them that tell what a step leaves unexplained (`moved`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
    Field = NDArray[np.float32]


SOFTNESS = 1.2
"""Standard deviation in pixels: a step is a whole number of pixels, a part's is not."""


@dataclass(frozen=True)
class Views:
    """Two registered pictures: H x W x C float32, and their squared difference, summed over the channels, H x W."""

    picture: Field
    golden: Field
    error: Field


def make_views(picture: Image, golden: Image) -> Views:
    """The views of two uint8 pictures of one shape, H x W or H x W x 3, a little softened."""
    soft = [cv2.GaussianBlur(image, (0, 0), SOFTNESS).astype(np.float32) for image in (picture, golden)]
    first, second = (s if s.ndim == 3 else s[..., None] for s in soft)
    return Views(first, second, energy(first - second))


def halved(views: Views) -> Views:
    """The views at half their size."""
    half = (max(1, views.error.shape[1] // 2), max(1, views.error.shape[0] // 2))
    small = [cv2.resize(v, half, interpolation=cv2.INTER_AREA) for v in (views.picture, views.golden)]
    first, second = (s if s.ndim == 3 else s[..., None] for s in small)
    return Views(first, second, energy(first - second))


def energy(values: Field) -> Field:
    """Squares summed over the channels: H x W x C to H x W."""
    return np.asarray(np.einsum("ijk,ijk->ij", values, values), np.float32)


def slid(window: Field, template: Field) -> Field:
    """Sum of products of a template with each window's part of its size."""
    return np.asarray(cv2.matchTemplate(window, template, cv2.TM_CCORR), np.float32)


def products(first: Field, second: Field) -> Field:
    """`sum(first(x) * second(x + d))` for each step d between two h x w arrays, (2h - 1) x (2w - 1), no step amid."""
    high, wide = first.shape[:2]
    shape = (cv2.getOptimalDFTSize(2 * high), cv2.getOptimalDFTSize(2 * wide))
    sums = np.zeros(shape, np.float32)
    for channel in range(first.shape[2]):
        spectra = []
        for part in (second, first):
            padded = np.zeros(shape, np.float32)
            padded[:high, :wide] = part[..., channel]
            spectra.append(cv2.dft(padded))
        sums += cv2.mulSpectrums(spectra[0], spectra[1], 0, conjB=True)
    wrapped = cv2.dft(sums, flags=cv2.DFT_INVERSE | cv2.DFT_SCALE)
    return np.asarray(wrapped[np.ix_(np.arange(1 - high, high), np.arange(1 - wide, wide))], np.float32)


def kept(values: Field) -> NDArray[np.float64]:
    """The sum of an h x w array over what stays inside it with each step, laid out as `products`."""
    total = cv2.integral(values, sdepth=cv2.CV_64F)
    ends = []
    for size in values.shape:
        step = np.arange(1 - size, size)
        ends.append((np.maximum(0, -step), np.minimum(size, size - step)))
    (top, bottom), (left, right) = ends
    low, high = total[bottom], total[top]
    return np.asarray(low[:, right] - low[:, left] - high[:, right] + high[:, left], np.float64)
