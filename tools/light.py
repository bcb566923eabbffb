"""What is harmless in a photograph: light, noise, and how an image looks to registration and description."""

from __future__ import annotations

from math import degrees
from typing import TYPE_CHECKING

import cv2
import numpy as np

from .geometry import compose, grey, rotation, translation, warp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

MAX_SLOPE, MAX_OFFSET, GAINS = 0.25, 40.0, (0.7, 1.4)
REACH = 3.4
"""Pixels by which `jittered` turns an image's ends at most: what a degree is at 384 pixels."""
POOR, OFFSET_HELPS = 2.5, 0.7
"""An offset fades colours: it counts only where a gain leaves more levels than this, and if it lowers them so far."""


def as_rgb(image: Image) -> Image:
    """H x W x 3 of a grey or RGB image."""
    return cv2.cvtColor(image, cv2.COLOR_GRAY2RGB) if image.ndim == 2 else image


def match_light(test: Image, golden: Image, valid: NDArray[np.bool_]) -> Image:
    """`test` under the light of `golden`: a gain (.7 to 1.4) that may slope across the image, and one offset.

    A trimmed least-squares fit on the luma of the pixels in `valid`; the slope is at most 25 % from the centre to an
    edge, the offset at most 40 levels and only where it is needed. All channels get the same, so a change of hue stays.

    Args:
        test, golden: H x W x 3 uint8 of one shape, registered; valid: H x W.
    """
    height, width = test.shape[:2]
    pick = (slice(None, None, 3), slice(None, None, 3))
    seen = valid[pick]
    a, b = grey(test)[pick][seen].astype(np.float32), grey(golden)[pick][seen].astype(np.float32)
    if a.size < 32 or np.array_equal(a, b):
        return test
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
    grid_x, grid_y = (g[pick][seen] for g in np.broadcast_arrays(x[None, :], y[:, None]))
    plain, plain_error = _fit_light(np.stack([a, a * grid_x, a * grid_y], 1), b)
    with_offset, offset_error = _fit_light(np.stack([a, a * grid_x, a * grid_y, np.ones_like(a)], 1), b)
    poor = plain_error > POOR and offset_error <= OFFSET_HELPS * plain_error
    gain, slope_x, slope_y, offset = with_offset if poor else plain
    field = gain + slope_x * x[None, :] + slope_y * y[:, None]
    return np.clip(test * field[..., None].astype(np.float32) + (offset + 0.5), 0, 255).astype(np.uint8)


def _fit_light(terms: NDArray[np.float32], wanted: NDArray[np.float32]) -> tuple[list[float], float]:
    """Gain, two slopes and offset by trimmed least squares within bounds; and the mean residual (at most 30 each)."""
    keep = np.ones(len(wanted), bool)
    values, residual = [1.0, 0.0, 0.0, 0.0], np.abs(terms[:, 0] - wanted)
    for _ in range(3):
        found = np.linalg.lstsq(terms[keep], wanted[keep], rcond=None)[0]
        gain = float(np.clip(found[0], *GAINS))
        slopes = [float(np.clip(v, -MAX_SLOPE, MAX_SLOPE)) for v in found[1:3]]
        offset = float(np.clip(found[3], -MAX_OFFSET, MAX_OFFSET)) if len(found) > 3 else 0.0
        values = [gain, *slopes, offset]
        residual = np.abs(terms @ np.array(values[: terms.shape[1]], np.float32) - wanted)
        keep = residual <= np.percentile(residual, 70)
    return values, float(np.minimum(residual, 30).mean())


def calm(image: Image) -> Image:
    """`image` after a 3 x 3 median where impulse noise (2 % of pixels far from their neighbours) asks for it."""
    luma = grey(image)
    far = cv2.absdiff(luma, cv2.medianBlur(luma, 3)) > 60
    return cv2.medianBlur(image, 3) if float(far.mean()) > 0.02 else image


def main_colour_axis(image: Image) -> NDArray[np.float32]:
    """1 x 4 projection of RGB (and 1) to one channel in which the image has most contrast, 0..255 mostly.

    Luma alone can miss an object that differs from its ground in hue. Grey images keep their luma.
    """
    if image.ndim == 2:
        return np.array([[0.299, 0.587, 0.114, 0.0]], np.float32)
    sample = cv2.resize(image, (48, 48), interpolation=cv2.INTER_AREA).reshape(-1, 3).astype(np.float32)
    _, vectors = np.linalg.eigh(np.cov(sample.T) + np.eye(3) * 1e-3)
    axis = vectors[:, -1] * (1.0 if vectors[:, -1].sum() >= 0 else -1.0)
    values = sample @ axis
    low, high = (float(v) for v in np.percentile(values, [1, 99]))
    # Never stretched more than twofold: a flat image must not become one of noise.
    gain = 200.0 / max(high - low, 100.0)
    return np.array([[*(axis * gain), 128.0 - gain * (low + high) / 2]], np.float32)


def project(image: Image, projection: NDArray[np.float32]) -> Image:
    """H x W uint8 channel of an image (H x W or H x W x 3) by a `main_colour_axis`."""
    return np.ascontiguousarray(cv2.transform(as_rgb(image), projection))


def jittered(rgb: Image) -> list[Image]:
    """Harmless variants of an image: half a pixel and up to a degree, noise, blur with a little dimming, JPEG.

    The turn moves no place by more than `REACH` pixels: a degree moves the ends of a line scan by dozens.
    """
    height, width = rgb.shape[:2]
    angle = min(1.0, degrees(2 * REACH / max(height, width)))
    moved = compose(translation(0.5, 0.5), rotation(angle, width, height))
    noise = np.random.default_rng(0).normal(0, 6, rgb.shape)
    packed = cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    return [
        warp(rgb, moved, (width, height)),
        np.clip(rgb + noise, 0, 255).astype(np.uint8),
        cv2.GaussianBlur(np.clip(rgb * 0.95 + 2, 0, 255).astype(np.uint8), (0, 0), 1.0),
        cv2.imdecode(packed, cv2.IMREAD_COLOR),
    ]
