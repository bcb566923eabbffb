"""A pen that draws in a board's units and in the direction of the part at hand, small print included."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ..draw import Points
from ..family import Rgb

Colour = tuple[float, float, float]


class Pen:
    """Draws in units on a canvas (RGB `uint8`) of `scale` pixels a unit, whose upper left lies at `corner` (pixels)."""

    def __init__(self, canvas: Rgb, scale: float, corner: tuple[int, int] = (0, 0)) -> None:
        self.canvas, self.scale, self.corner = canvas, scale, corner

    def at(self, x: float = 0.0, y: float = 0.0, angle: float = 0.0) -> Stamp:
        """A pen whose origin lies at a point and whose x axis points in a direction."""
        return Stamp(self, x, y, angle)


class Stamp:
    """A `Pen` with an origin and a direction of its own; points and lengths in units."""

    def __init__(self, pen: Pen, x: float, y: float, angle: float) -> None:
        self._canvas, self._scale = pen.canvas, pen.scale
        fine = 16 * pen.scale  # cv2 takes points in sixteenths of a pixel
        c, s = np.cos(angle) * fine, np.sin(angle) * fine
        self._turn = np.array([[c, s], [-s, c]])
        self._origin = np.array([x * fine - 16 * pen.corner[0] - 7.5, y * fine - 16 * pen.corner[1] - 7.5])

    def _pixels(self, points: Points, drop: float = 0.0) -> NDArray[np.int32]:
        return (points @ self._turn + (self._origin + 16 * self._scale * drop)).astype(np.int32)

    def fill(self, shapes: Points, colour: Colour, drop: float = 0.0) -> None:
        """Closed shapes that don't overlap, `[n, 2]` or `[k, n, 2]`; `drop` shifts them like a shadow."""
        xy = self._pixels(shapes, drop)
        cv2.fillPoly(self._canvas, list(xy) if xy.ndim == 3 else [xy], colour, cv2.LINE_AA, 4)

    def disc(self, x: float, y: float, radius: float, colour: Colour, drop: float = 0.0) -> None:
        """A disc."""
        center = self._pixels(np.array([x, y]), drop).tolist()
        cv2.circle(self._canvas, center, round(radius * self._scale * 16), colour, -1, cv2.LINE_AA, 4)

    def line(self, points: Points, width: float, colour: Colour, closed: bool = False, drop: float = 0.0) -> None:
        """A line through `points` (`[n, 2]`), or one through each of `[k, n, 2]`."""
        xy = self._pixels(points, drop)
        thickness = max(1, round(width * self._scale))
        cv2.polylines(self._canvas, list(xy) if xy.ndim == 3 else [xy], closed, colour, thickness, cv2.LINE_AA, 4)

    def text(self, words: str, height: float, colour: Colour, x: float = 0.0, y: float = 0.0) -> None:
        """Small print about a point."""
        self.line(_letters(words) * height + (x, y), 0.13 * height, colour)


_GLYPHS = {
    "0": "ACIGA", "1": "BH", "2": "ACFDGI", "3": "ACFDFIG", "4": "ADFCI", "5": "CADFIG", "6": "CAGIFD", "7": "ACG",
    "8": "ACIGADF", "9": "FDACIG", "C": "CAGI", "D": "ABFHGA", "J": "CIGD", "L": "AGI", "Q": "ACIGAEI", "R": "GACFDEI",
    "U": "AGIC", "Y": "AEHEC",
}  # fmt: skip


@lru_cache(maxsize=512)
def _letters(words: str) -> Points:
    """Strokes of height 1 about the origin, on a grid of nine points a letter, `[letters, 7, 2]`."""
    out = []
    for number, letter in enumerate(words):
        keys = _GLYPHS.get(letter, "AI")
        keys = keys + keys[-1] * (7 - len(keys))
        out.append([((ord(k) - 65) % 3 * 0.3 + number * 0.85, (ord(k) - 65) // 3 * 0.5 - 1.0) for k in keys])
    return np.array(out) - [0.425 * len(words) - 0.125, -0.5]


CORNERS = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
_ENDS = np.array([[[-1.0, 0.0]], [[1.0, 0.0]]])


def box(long: float, wide: float, x: float = 0.0, y: float = 0.0) -> Points:
    """A rectangle about a point, `[4, 2]`."""
    return CORNERS * (long, wide) + (x, y)


def ends(long: float, wide: float, off: float) -> Points:
    """Two such rectangles, `off` to the left and to the right of the origin, `[2, 4, 2]`."""
    return CORNERS * (long, wide) + _ENDS * off
