"""Drawing helpers of the object families: pose, antialiased polygons, shading, noise that is drawn once.

Pictures are `float32[size, size, 3]` in grey levels 0..255 while they are being drawn; colours are `float32[3]`.
An object is described in local coordinates, inside the unit circle; a `Frame` lays that circle into the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ..draw import luma
from ..family import Rgb

Field = NDArray[np.float32]
Points = NDArray[np.float64]
Cover = tuple[tuple[slice, slice], NDArray[np.uint8]]
_SHEET = 1024


@lru_cache(maxsize=8)
def _sheet(kind: str) -> Field:
    rng = np.random.default_rng(sum(map(ord, kind)))
    noise = rng.standard_normal((_SHEET, _SHEET), dtype=np.float32)
    if kind == "brushed":
        noise = cv2.GaussianBlur(noise, (0, 0), sigmaX=14, sigmaY=0.8)
    elif kind == "cloud":
        noise = cv2.GaussianBlur(noise, (0, 0), 9) * 14 + cv2.GaussianBlur(noise, (0, 0), 2.5) * 2.5
    else:
        noise = cv2.GaussianBlur(noise, (0, 0), 0.8)
    return np.asarray(noise / noise.std(), np.float32)


def noise(rng: np.random.Generator, size: int, kind: str = "fine") -> Field:
    """Noise of unit deviation, `float32[size, size]`, cut from a sheet: `fine`, `brushed` (along x) or `cloud`."""
    y, x = rng.integers(0, _SHEET - size + 1, 2)
    return _sheet(kind)[y : y + size, x : x + size]


def tone(rng: np.random.Generator, low: float, high: float, vivid: float = 0.0) -> Field:
    """A random colour of luma `low`..`high`; `vivid` 0 is grey, 1 strongly coloured."""
    colour = 1 + vivid * rng.uniform(-0.9, 0.9, 3).astype(np.float32)
    colour *= np.float32(rng.uniform(low, high)) / luma(colour)
    return np.clip(colour, 4, 250)


def away(rng: np.random.Generator, levels: Sequence[float], gap: float, low: float = 25, high: float = 230) -> float:
    """A luma in `low`..`high` at least `gap` from each of `levels`, or as far as random search finds."""
    best, found = -1.0, low
    for _ in range(12):
        level = float(rng.uniform(low, high))
        least = min((abs(level - other) for other in levels), default=gap)
        if least >= gap:
            return level
        if least > best:
            best, found = least, level
    return found


@lru_cache(maxsize=8)
def grid(size: int) -> tuple[Field, Field]:
    """x and y of every pixel, `float32[size, size]` each; do not write to them."""
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    return x, y


@dataclass(frozen=True, eq=False)
class Frame:
    """Where the object lies in the picture.

    Attributes:
        size: pixels a side.
        x, y, scale, angle: position of the local origin, pixels a local unit, radians from the picture's x to u.
        light: unit vector in the picture from which the light comes.
        u, v: local coordinates of every pixel, `float32[size, size]`.
    """

    size: int
    x: float
    y: float
    scale: float
    angle: float
    light: tuple[float, float]
    u: Field
    v: Field

    @classmethod
    def draw(cls, rng: np.random.Generator, size: int, angle: float | None = None) -> Frame:
        """A random frame; the unit circle takes 55 to 95 % of the picture's side."""
        share = float(rng.uniform(0.55, 0.95))
        slack = (1 - share) / 2 * size * 0.9
        x, y = (size / 2 + rng.uniform(-slack, slack, 2)).tolist()
        scale = size * share / 2
        angle = float(rng.uniform(0, 2 * np.pi)) if angle is None else angle
        sun = float(rng.uniform(0, 2 * np.pi))
        gx, gy = grid(size)
        c, s = np.float32(np.cos(angle) / scale), np.float32(np.sin(angle) / scale)
        gx, gy = gx - np.float32(x), gy - np.float32(y)
        return cls(size, x, y, scale, angle, (np.cos(sun), np.sin(sun)), gx * c + gy * s, gy * c - gx * s)

    def px(self, points: Points) -> Points:
        """Picture coordinates (x, y) of local points `[n, 2]`."""
        c, s = np.cos(self.angle) * self.scale, np.sin(self.angle) * self.scale
        u, v = points[:, 0], points[:, 1]
        return np.stack([self.x + u * c - v * s, self.y + u * s + v * c], axis=1)

    def window(self, *outlines: Points) -> tuple[slice, slice]:
        """The part of the picture that outlines (picture coordinates) span, with two pixels to spare."""
        every = np.concatenate(outlines)
        x0, y0 = np.clip(np.floor(every.min(axis=0)) - 3, 0, self.size - 1).astype(int).tolist()
        x1, y1 = np.clip(np.ceil(every.max(axis=0)) + 4, 1, self.size).astype(int).tolist()
        return np.s_[y0:y1, x0:x1]

    def spread(self, window: tuple[slice, slice], part: Field) -> Field:
        """A field known in a window as one of the whole picture, 0 outside the window."""
        full = np.zeros((self.size, self.size), np.float32)
        full[window] = part
        return full

    def glow(self) -> Field:
        """The side of the object the light comes from: about 1 there, -1 on the other, `float32[size, size]`."""
        c, s = np.cos(-self.angle), np.sin(-self.angle)
        lu, lv = self.light[0] * c - self.light[1] * s, self.light[0] * s + self.light[1] * c
        return self.u * np.float32(lu) + self.v * np.float32(lv)


def arc(
    radius: float, start: float = 0.0, end: float = 2 * np.pi, count: int = 48, at: Sequence[float] = (0, 0)
) -> Points:
    """Points on an arc, local units and radians; the full circle by default."""
    angles = np.linspace(start, end, count, endpoint=abs(end - start) < 2 * np.pi - 1e-9)
    return np.stack([at[0] + radius * np.cos(angles), at[1] + radius * np.sin(angles)], axis=1)


def box(u0: float, v0: float, u1: float, v1: float) -> Points:
    """The corners of a rectangle."""
    return np.array([[u0, v0], [u1, v0], [u1, v1], [u0, v1]], np.float64)


def rounded(u0: float, v0: float, u1: float, v1: float, radius: float) -> Points:
    """A rectangle with round corners."""
    r = min(radius, (u1 - u0) / 2, (v1 - v0) / 2)
    corners = ((u1 - r, v1 - r, 0.0), (u0 + r, v1 - r, 0.5), (u0 + r, v0 + r, 1.0), (u1 - r, v0 + r, 1.5))
    return np.concatenate([arc(r, k * np.pi, (k + 0.5) * np.pi, 7, (u, v)) for u, v, k in corners])


def lobed(
    rng: np.random.Generator,
    radius: float,
    rough: float = 0.2,
    flat: float = 0.5,
    at: Sequence[float] | Points = (0, 0),
) -> Points:
    """The outline of an irregular blob; `rough` is the depth of its lobes, `flat` its least short side / long side."""
    angles = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    waves = np.ones(28)
    for k in (2, 3, 5, 7):
        waves += rough * rng.uniform(-1, 1) / k * np.sin(k * angles + rng.uniform(0, 6.3))
    shape = radius * waves[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    shape[:, 1] *= rng.uniform(flat, 1)
    turn = rng.uniform(0, np.pi)
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.asarray(shape @ spin.T + np.asarray(at, np.float64))


def strip(path: Points, widths: float | Points) -> Points:
    """The outline of a stroke along `path` (`[n, 2]`), as wide at each point as `widths` says."""
    ahead = np.gradient(path, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True) + 1e-9
    side = (
        np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
        * (np.asarray(widths, np.float64) / 2 * np.ones(len(path)))[:, None]
    )
    return np.concatenate([path + side, (path - side)[::-1]])


def cover(size: int, *outlines: Points) -> Cover | None:
    """The window that outlines (picture coordinates) span and how far they cover each pixel of it, 0..255.

    An outline inside another is a hole. None where all of it lies outside the picture.
    """
    every = np.concatenate(outlines)
    x0, y0 = np.maximum(np.floor(every.min(axis=0)).astype(int) - 2, 0).tolist()
    x1, y1 = np.minimum(np.ceil(every.max(axis=0)).astype(int) + 3, size).tolist()
    if x0 >= x1 or y0 >= y1:
        return None
    buffer = np.zeros((y1 - y0, x1 - x0), np.uint8)
    shapes = [np.round((p - (x0, y0)) * 16).astype(np.int32) for p in outlines]
    cv2.fillPoly(buffer, shapes, 255, cv2.LINE_AA, 4)
    return np.s_[y0:y1, x0:x1], buffer


def area(size: int, *outlines: Points) -> NDArray[np.uint8]:
    """As `cover`, over the whole picture: `uint8[size, size]`, 0..255."""
    full = np.zeros((size, size), np.uint8)
    found = cover(size, *outlines)
    if found is not None:
        full[found[0]] = found[1]
    return full


def paint(
    image: Field,
    outlines: Sequence[Points] | Cover | None,
    colour: Field,
    shade: Field | None = None,
    gloss: Field | None = None,
    opacity: float = 1.0,
    clip: NDArray[np.uint8] | None = None,
) -> None:
    """Fill outlines (picture coordinates) of `image` in place.

    Args:
        outlines: or their cover, or None (nothing happens).
        colour: one colour, or a picture to take the colours from.
        shade: factor a pixel, `[size, size]`; gloss: grey levels added, `[size, size]`.
        opacity: 0..1; clip: cover (0..255) to stay within.
    """
    found = outlines if outlines is None or isinstance(outlines, tuple) else cover(image.shape[0], *outlines)
    if found is None:
        return
    window, buffer = found
    weight = buffer.astype(np.float32) * np.float32(opacity / 255)
    if clip is not None:
        weight *= clip[window] * np.float32(1 / 255)
    fresh = colour[window] if colour.ndim == 3 else colour
    if shade is not None:
        fresh = fresh * shade[window][..., None]
    if gloss is not None:
        fresh = fresh + gloss[window][..., None]
    part = image[window]
    part += weight[..., None] * (fresh - part)


def dim(image: Field, outline: Points, factor: float) -> None:
    """Multiply what an outline covers by `factor`: a hard shadow."""
    found = cover(image.shape[0], outline)
    if found is not None:
        image[found[0]] *= 1 - found[1][..., None] * np.float32((1 - factor) / 255)


def emboss(
    image: Field, outlines: Sequence[Points] | Cover | None, light: tuple[float, float], width: float, strength: float
) -> None:
    """Round the edges of outlines off: lighter towards the light, darker away from it, over `width` pixels."""
    found = outlines if outlines is None or isinstance(outlines, tuple) else cover(image.shape[0], *outlines)
    if found is None:
        return
    window, buffer = found
    soft = cv2.GaussianBlur(buffer.astype(np.float32), (0, 0), max(0.6, width))
    lx, ly = light
    slope = cv2.Sobel(soft, cv2.CV_32F, 1, 0, scale=lx) + cv2.Sobel(soft, cv2.CV_32F, 0, 1, scale=ly)
    # Towards the light the surface falls off outwards, so its cover falls along the light: hence the minus.
    slope *= np.float32(-strength * max(0.6, width) / 255 / 3) * buffer * np.float32(1 / 255)
    image[window] += slope[..., None]


def shadow(image: Field, outlines: Sequence[Points], frame: Frame, depth: float, reach: float = 0.04) -> None:
    """Darken what lies beside outlines, away from the light; `depth` 0..1, `reach` as share of the picture."""
    size = frame.size
    offset = np.asarray(frame.light) * -reach * size
    found = cover(size, *[p + offset for p in outlines])
    if found is None:
        return
    small = max(8, size // 4)
    full = np.zeros((size, size), np.uint8)
    full[found[0]] = found[1]
    soft = cv2.GaussianBlur(cv2.resize(full, (small, small), interpolation=cv2.INTER_AREA), (0, 0), reach * small * 0.7)
    soft = cv2.resize(soft, (size, size), interpolation=cv2.INTER_LINEAR)
    image *= 1 - np.float32(depth / 255) * soft.astype(np.float32)[..., None]


def finish(image: Field) -> Rgb:
    """The picture as bytes."""
    # Two calls of OpenCV round and saturate several times as fast as NumPy does.
    return np.asarray(cv2.convertScaleAbs(cv2.threshold(image, 0, 0, cv2.THRESH_TOZERO)[1]))
