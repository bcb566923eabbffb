"""A global image descriptor without weights: is this the same kind of object, in the same kind of picture?

Four parts, each of unit length before weighting: texture (local binary patterns, edge strengths and edge directions at
three scales, wherever they lie), tone (a histogram of brightness), colour (a histogram of hue by chroma) and layout (a
coarse grey thumbnail). Layout weighs little: two boards of one kind differ in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    Array = NDArray[Any]

DESCRIPTOR = "texture-tone-colour-layout 1"
"""Name of this descriptor; a store written with another one is refused."""

FAMILIAR = 0.5
"""`similarity` from which an image counts as the same kind of object as a golden one.

Set between the two on six data sets (benchmarks/knowledge.py --golden): with all their golden images 702 of 703 test
images reach it with their own kind and none with another. One golden image of a varying object is not enough (65 %).
"""

SIDE = 128
_WEIGHTS = {"texture": 0.4, "tone": 0.3, "colour": 0.2, "layout": 0.1}
_NONE, _SAME = 0.75, 1.0
_STRENGTHS = (0.0, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 2.0)
_CHROMA = ((0.08, 0.25), (0.25, 0.5), (0.5, 1.01))
_HUES, _DIRECTIONS, _TONES = 12, 8, 16


def describe(image: Image.Image) -> NDArray[np.float32]:
    """The descriptor of an `L` or `RGB` image of any size: float32 [396], unit length, about 5 ms.

    The dot product of two is their raw likeness; `similarity` makes 0..1 of it.
    """
    import cv2

    small = cv2.resize(np.asarray(image.convert("RGB")), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    grey = _grey(small)
    parts = {"texture": _texture(small), "tone": _tone(grey), "colour": _colour(small), "layout": _layout(grey)}
    return np.concatenate([np.sqrt(_WEIGHTS[name]) * _unit(part) for name, part in parts.items()]).astype(np.float32)


def similarity(raw: float) -> float:
    """The dot product of two descriptors as 0 (nothing in common) .. 1 (the same picture); `FAMILIAR` lies at 0.5."""
    return float(min(1.0, max(0.0, (raw - _NONE) / (_SAME - _NONE))))


def _grey(rgb: Array) -> Array:
    import cv2

    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255


def _texture(small: Array) -> Array:
    """At 128, 64 and 32 pixels: binary patterns [10], edge strengths [7], edge directions [8]."""
    import cv2

    found = []
    for side in (SIDE, SIDE // 2, SIDE // 4):
        grey = _grey(cv2.resize(small, (side, side), interpolation=cv2.INTER_AREA))
        dx = cv2.Sobel(grey, cv2.CV_32F, 1, 0) / 4
        dy = cv2.Sobel(grey, cv2.CV_32F, 0, 1) / 4
        strength = np.hypot(dx, dy)
        # Unsigned: a dark line on bright and a bright one on dark run in the same direction.
        turn = (np.mod(np.arctan2(dy, dx), np.pi) / np.pi * _DIRECTIONS).astype(int) % _DIRECTIONS
        directions = np.bincount(turn.ravel(), weights=strength.ravel(), minlength=_DIRECTIONS)
        found += [_patterns(grey), np.histogram(strength, bins=_STRENGTHS)[0] / grey.size, directions / grey.size]
    return np.sqrt(np.concatenate(found)).astype(np.float32)


def _patterns(grey: Array) -> Array:
    """Rotation-invariant uniform local binary patterns, [10], sum 1; differences below 2 % of white are noise."""
    import cv2

    grey = cv2.GaussianBlur(grey, (0, 0), 1.0)
    height, width = grey.shape
    centre = grey[1:-1, 1:-1] + 0.02
    around = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))
    bits = np.stack([grey[1 + y : height - 1 + y, 1 + x : width - 1 + x] > centre for y, x in around])
    changes = (bits != np.roll(bits, 1, axis=0)).sum(axis=0)
    codes = np.where(changes <= 2, bits.sum(axis=0), 9)
    return np.bincount(codes.ravel(), minlength=10) / codes.size


def _tone(grey: Array) -> Array:
    histogram = np.histogram(grey, bins=_TONES, range=(0, 1))[0].astype(np.float32)
    return np.sqrt(np.convolve(histogram, (0.25, 0.5, 0.25), mode="same")).astype(np.float32)


def _colour(small: Array) -> Array:
    import cv2

    hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV).astype(np.float32)
    hue = hsv[..., 0] / 180 * _HUES
    # Chroma rather than saturation: nearly black pixels have a hue by accident only.
    chroma = hsv[..., 1] / 255 * hsv[..., 2] / 255
    low, part = np.floor(hue).astype(int) % _HUES, hue - np.floor(hue)
    histogram = np.zeros((4, _HUES), np.float32)
    for level, (floor, ceiling) in enumerate(_CHROMA):
        mask = (chroma >= floor) & (chroma < ceiling)
        histogram[level] += np.bincount(low[mask], weights=1 - part[mask], minlength=_HUES)
        histogram[level] += np.bincount((low[mask] + 1) % _HUES, weights=part[mask], minlength=_HUES)
    histogram[3] = (chroma < _CHROMA[0][0]).sum() / _HUES
    return np.sqrt(histogram).ravel().astype(np.float32)


def _layout(grey: Array) -> Array:
    import cv2

    thumb = cv2.resize(grey, (16, 16), interpolation=cv2.INTER_AREA)
    # The constant keeps the noise of an even picture from being blown up to a layout.
    return np.append((thumb - thumb.mean()).ravel(), np.float32(0.5)).astype(np.float32)


def _unit(vector: Array) -> Array:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)
