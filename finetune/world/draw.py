"""What procedural pictures are drawn with: noise from a cached sheet, light, antialiased shapes, and planting defects.

Lengths are in pixels. A picture of side `size` is drawn in units of `size / 256`, so that a scene looks the same at
every size.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from .family import Mask, Rgb, Scene

Field = NDArray[np.floating]
Points = NDArray[np.float64]

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""What red, green and blue count for in the brightness of a pixel."""
CHANGED = 6
"""Grey levels from which on a pixel counts as changed by a defect."""
VISIBLE = 12.0
"""Least mean luma difference within a defect's mask, grey levels; more on a busy ground, see `Pair.plant`."""
_SHEET = 1024
_SMOOTH = 4.0
"""Feature size of the sheet in its own pixels."""


@lru_cache(maxsize=1)
def _sheet() -> Field:
    """A sheet of smooth unit noise without seams: sampling it is far faster than drawing noise anew."""
    raw = np.random.default_rng(11).standard_normal((_SHEET, _SHEET), dtype=np.float32)
    tiled = np.tile(raw, (3, 3))[_SHEET - 32 : 2 * _SHEET + 32, _SHEET - 32 : 2 * _SHEET + 32]
    smooth = cv2.GaussianBlur(tiled, (0, 0), _SMOOTH / 2.6)[32:-32, 32:-32]
    return np.ascontiguousarray(smooth / smooth.std())


def noise(
    rng: np.random.Generator, shape: tuple[int, int], grain: float, stretch: float = 1.0, angle: float = 0.0
) -> Field:
    """Smooth noise of mean 0 and variance 1, `float32[height, width]`.

    Args:
        shape: height and width.
        grain: size of its features, pixels; 1 is as fine as it gets.
        stretch: how many times longer than wide the features are.
        angle: direction in which they are long, radians.
    """
    across = _SMOOTH / max(grain, 1.0)
    along = across / stretch
    c, s = np.cos(angle), np.sin(angle)
    x, y = rng.uniform(0, _SHEET, 2)
    turn = np.array([[along * c, along * s, x], [-across * s, across * c, y]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(_sheet(), turn, shape[::-1], flags=flags, borderMode=cv2.BORDER_WRAP), np.float32)


def cloud(
    rng: np.random.Generator, shape: tuple[int, int], grain: float, octaves: int = 3, gain: float = 0.55
) -> Field:
    """Noise with detail: `octaves` layers, each half as coarse and `gain` times as strong; variance about 1."""
    out = noise(rng, shape, grain)
    total = weight = 1.0
    for _ in range(octaves - 1):
        grain, weight = grain / 2, weight * gain
        out += weight * noise(rng, shape, grain)
        total += weight * weight
    return out / np.float32(np.sqrt(total))


def rgb(hue: float, saturation: float, value: float) -> Field:
    """A colour, `float32[3]` of 0..255; hue (cyclic), saturation and value 0..1."""
    return np.array(colorsys.hsv_to_rgb(hue % 1, saturation, value), np.float32) * np.float32(255)


def luma(picture: NDArray[np.number]) -> Field:
    """Brightness of RGB `[..., 3]` as `float32[...]`, 0..255."""
    return np.asarray(picture, np.float32) @ LUMA


def blend(below: Field, above: Field, alpha: Field) -> Field:
    """`above` (a picture or a colour) over `below`, where `alpha` (`[h, w]`, 0..1) is opaque."""
    return below + (above - below) * alpha[..., None]


def relief(height: Field, light: float) -> Field:
    """Shading of a surface of that height in pixels, `[h, w]` about 0, lit from the direction `light` in radians."""
    dx = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    dy = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    return np.asarray(dx * np.float32(-np.cos(light)) + dy * np.float32(-np.sin(light)), np.float32)


def finish(rng: np.random.Generator, picture: Field) -> Rgb:
    """A drawn picture (`float32[h, w, 3]`, 0..255) as a camera sees it: uneven light, contrast, grain; `uint8`."""
    height, width = picture.shape[:2]
    angle, slope = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.25)
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32) * np.float32(slope * np.cos(angle))
    y = np.linspace(-0.5, 0.5, height, dtype=np.float32) * np.float32(slope * np.sin(angle))
    out = picture * (1 + x[None, :, None] + y[:, None, None])
    if rng.random() < 0.6:
        grain = noise(rng, (height, width), 1.0) * np.float32(rng.uniform(0.5, 3.5))
        out += grain[..., None]
    return np.clip(out, 0, 255).astype(np.uint8)


def extent(rng: np.random.Generator, size: int, low: float = 8.0, high: float = 80.0) -> float:
    """The longest side of a defect, pixels: `low` to `high` at 256 px, small ones as often as large; at least 6."""
    return max(6.0, float(np.exp(rng.uniform(np.log(low), np.log(high)))) * size / 256)


def outline(rng: np.random.Generator, radius: float, lobes: float = 0.3, flat: float = 0.5) -> Points:
    """A closed curve about the origin, `[28, 2]`: round (`lobes` 0) to lobed, up to `flat` times as high as wide."""
    angles = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    wave = sum(rng.normal(0, 1 / k) * np.sin(k * angles + rng.uniform(0, 6.3)) for k in range(2, 7))
    shape = 1 + lobes * np.clip(0.6 * wave, -1, 1)
    points = shape[:, None] * np.stack([np.cos(angles), np.sin(angles) * rng.uniform(flat, 1)], axis=1)
    points *= radius / np.abs(points).max()
    return spin(points, rng.uniform(0, np.pi))


def path(rng: np.random.Generator, length: float, angle: float, bend: float = 0.1, jag: float = 0.0) -> Points:
    """An open line through the origin, `[16, 2]`: `bend` and `jag` are its sweep and zigzag, relative to the length."""
    t = np.linspace(-0.5, 0.5, 16)
    across = rng.uniform(-bend, bend) * (1 - 4 * t * t) + rng.normal(0, 1, 16) * jag
    return spin(np.stack([t, across], axis=1) * length, angle)


def spin(points: Points, angle: float) -> Points:
    """`points` turned about the origin by `angle` radians."""
    c, s = np.cos(angle), np.sin(angle)
    return points @ np.array([[c, s], [-s, c]])


def ribbon(points: Points, widths: Points | float) -> Points:
    """The outline of a stroke along `points` (`[n, 2]`) as wide as `widths` at each."""
    direction = np.gradient(points, axis=0)
    normal = np.stack([-direction[:, 1], direction[:, 0]], axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    half = normal * np.broadcast_to(np.asarray(widths, float), len(points))[:, None] / 2
    return np.concatenate([points + half, (points - half)[::-1]])


class Patch:
    """A square cut from a picture, in which one defect is painted.

    Attributes:
        pixels: `float32[h, w, 3]`, a copy.
        dx, dy: each pixel's offset from the patch's centre, `[1, w]` and `[h, 1]`.
        window: where it was cut.
    """

    def __init__(self, picture: NDArray[np.number], x: float, y: float, reach: float) -> None:
        height, width = picture.shape[:2]
        x0, y0 = max(0, int(x - reach)), max(0, int(y - reach))
        x1, y1 = min(width, int(x + reach) + 2), min(height, int(y + reach) + 2)
        self.window = np.s_[y0:y1, x0:x1]
        self.pixels: Field = picture[self.window].astype(np.float32)
        self.shape = (y1 - y0, x1 - x0)
        self.dx: Field = (np.arange(x0, x1, dtype=np.float32) - np.float32(x))[None]
        self.dy: Field = (np.arange(y0, y1, dtype=np.float32) - np.float32(y))[:, None]
        self._at = np.array([x - x0, y - y0])

    def fill(self, *shapes: Points) -> Field:
        """Where closed curves (`[n, 2]`, from the centre) lie: `[h, w]` of 0..1 with soft edges."""
        out = np.zeros(self.shape, np.uint8)
        for points in shapes:
            cv2.fillPoly(out, [((points + self._at) * 16).round().astype(np.int32)], 255, cv2.LINE_AA, 4)
        return out.astype(np.float32) * np.float32(1 / 255)

    def distance(self) -> Field:
        """Distance from the centre, `[h, w]`."""
        return np.sqrt(self.dx * self.dx + self.dy * self.dy)


def soften(alpha: Field, sigma: float) -> Field:
    """`alpha` blurred by `sigma` pixels."""
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), sigma), np.float32) if sigma > 0.3 else alpha


@dataclass
class Pair:
    """A golden picture and a test picture in the making.

    Attributes:
        golden, test: RGB `uint8[size, size, 3]`.
        taken: pixels of defects planted so far.
        defects: their names and masks.
    """

    golden: Rgb
    test: Rgb = field(init=False)
    taken: Mask = field(init=False)
    defects: list[tuple[str, Mask]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.test = self.golden.copy()
        self.taken = np.zeros(self.golden.shape[:2], np.bool_)

    @property
    def size(self) -> int:
        """Side in pixels."""
        return int(self.golden.shape[0])

    @property
    def unit(self) -> float:
        """A 256th of the side."""
        return self.size / 256

    def place(self, rng: np.random.Generator, reach: float) -> tuple[float, float] | None:
        """A random point `(x, y)` with `reach` pixels of free picture about it; None where none was found."""
        low = min(reach + 0.02 * self.size, 0.48 * self.size)
        for _ in range(12):
            x, y = rng.uniform(low, self.size - low, 2)
            if self.free(x, y, reach):
                return float(x), float(y)
        return None

    def free(self, x: float, y: float, reach: float) -> bool:
        """Whether no defect lies within `reach` pixels (in a square) of a point."""
        x0, y0 = max(0, int(x - reach) - 2), max(0, int(y - reach) - 2)
        return not self.taken[y0 : int(y + reach) + 4, x0 : int(x + reach) + 4].any()

    def patch(self, x: float, y: float, reach: float) -> Patch:
        """The test picture within `reach` pixels of a point."""
        return Patch(self.test, x, y, reach)

    def plant(self, name: str, patch: Patch, painted: Field, stronger: int = 4) -> bool:
        """Put a painted patch into the test picture; False where it would not be seen, or touch another defect.

        A defect is seen where at least 20 pixels (at 256 px) and the mean of its mask differ by `VISIBLE` grey levels
        or by half the standard deviation of the ground, whichever is more. Only changed pixels are written, and none
        at the picture's rim.

        Args:
            name: the defect's type.
            patch: where it was painted.
            painted: the patch with the defect, `float32[h, w, 3]`.
            stronger: how often a change that is too weak may be made half as strong again.
        """
        before = patch.pixels
        need = max(6.0, 20 * self.unit**2)
        ground = float(luma(self.golden[patch.window]).std())
        least = min(max(VISIBLE, 0.5 * ground), 36.0)
        change = painted - before
        for _ in range(1 + stronger):
            after = np.clip(before + change, 0, 255).round()
            real = after - before
            mask = np.abs(real).max(axis=2) >= CHANGED
            seen = np.abs(luma(real))[mask]
            if int((seen >= VISIBLE).sum()) >= need and float(seen.mean()) >= least:
                break
            change = change * np.float32(1.5)
        else:
            return False
        whole = np.zeros(self.taken.shape, np.bool_)
        whole[patch.window] = mask
        near = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        if (self.taken[patch.window] & near).any():
            return False
        if whole[0].any() or whole[-1].any() or whole[:, 0].any() or whole[:, -1].any():
            return False
        self.test[patch.window] = np.where(mask[..., None], after, before).astype(np.uint8)
        self.taken |= whole
        self.defects.append((name, whole))
        return True

    def scene(self) -> Scene:
        """What was drawn."""
        return Scene(self.golden, self.test, tuple(self.defects))


Painter = Callable[[Pair, np.random.Generator], tuple[Patch, Field] | None]
"""Paints a defect somewhere: the patch and its new pixels, or None where it finds no room."""


def plant_all(
    golden: Rgb,
    rng: np.random.Generator,
    types: Sequence[str],
    painters: Mapping[str, Painter],
    attempts: int = 12,
    stronger: int = 4,
) -> Scene:
    """The scene of a golden picture with a defect of each of `types`; one that fails `attempts` times is left out.

    For `stronger` see `Pair.plant`.
    """
    pair = Pair(golden)
    for name in types:
        for _ in range(attempts):
            made = painters[name](pair, rng)
            if made is not None and pair.plant(name, *made, stronger=stronger):
                break
    return pair.scene()
