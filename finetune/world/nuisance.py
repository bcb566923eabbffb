"""The harmless differences between two photographs of one object: pose, light, colour, focus, noise and compression.

Lengths are shares of the picture's side, so that +-2.5 pixels at a side of 96 mean the same at any size. Only the
golden picture is moved: the test picture is the frame that masks and boxes refer to. Half of the draws are mild.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .draw import LUMA

Picture = NDArray[np.uint8]
SHIFT = 2.5 / 96
ANGLE = 1.5
SCALE = 0.008


@dataclass(frozen=True)
class Nuisance:
    """What one picture has of its own.

    Attributes:
        dx, dy: shift, share of the side, at most `SHIFT` either way.
        angle: rotation about the middle, degrees, at most `ANGLE`; scale: factor, 1 +- `SCALE`.
        gain, offset: contrast factor and grey levels added.
        slope: change of the light from side to side, relative (x, y).
        shade: a wide soft patch of light or shadow: x, y, radius (shares of the side), relative strength.
        mottle: relative strength of cloudy differences, as between two specimens; cells: of them along a side.
        cast: factors of red, green and blue.
        gamma: exponent of the tone curve.
        blur: standard deviation in pixels of the picture as it is stored; noise: in grey levels.
        jpeg: quality 1..100, 0 for none.
    """

    dx: float = 0.0
    dy: float = 0.0
    angle: float = 0.0
    scale: float = 1.0
    gain: float = 1.0
    offset: float = 0.0
    slope: tuple[float, float] = (0.0, 0.0)
    shade: tuple[float, float, float, float] = (0.5, 0.5, 0.4, 0.0)
    mottle: float = 0.0
    cells: int = 8
    cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gamma: float = 1.0
    blur: float = 0.0
    noise: float = 0.0
    jpeg: int = 0


def draw_pair(rng: np.random.Generator) -> tuple[Nuisance, Nuisance]:
    """Nuisance of a golden and of a test picture: one camera, two sittings."""
    reach = 1.0 if rng.random() < 0.5 else 0.35
    common = rng.normal(0, 1, 6) * (0.08, 8.0, 0.12, 0.04, 0.04, 0.04)
    focus, grain = float(rng.uniform(0, 0.8)), float(rng.uniform(0, 6) * reach)
    coded = int(rng.integers(50, 96)) if rng.random() < 0.25 else 0

    def one(moved: bool) -> Nuisance:
        own = common + reach * rng.normal(0, 1, 6) * (0.06, 5.0, 0.07, 0.025, 0.025, 0.025)
        dx, dy, angle, scale = rng.uniform(-1, 1, 4) * (SHIFT, SHIFT, ANGLE, SCALE) * (reach if moved else 0)
        slope = np.clip(rng.normal(0, 0.1 * reach, 2), -0.3, 0.3)
        red, green, blue = np.clip(1 + own[3:], 0.8, 1.25)
        return Nuisance(
            dx=float(dx),
            dy=float(dy),
            angle=float(angle),
            scale=float(1 + scale),
            gain=float(np.clip(np.exp(own[0]), 0.7, 1.4)),
            offset=float(np.clip(own[1], -25, 25)),
            slope=(float(slope[0]), float(slope[1])),
            shade=_draw_shade(rng, reach),
            mottle=float(rng.uniform(0, 0.035) * reach) if rng.random() < 0.35 else 0.0,
            cells=int(rng.integers(6, 21)),
            cast=(float(red), float(green), float(blue)),
            gamma=float(np.clip(np.exp(own[2]), 0.65, 1.5)),
            blur=focus + float(rng.uniform(0, 0.6) * reach),
            noise=grain * float(rng.uniform(0.7, 1.3)),
            jpeg=coded if rng.random() < 0.7 else 0,
        )

    return one(True), one(False)


def _draw_shade(rng: np.random.Generator, reach: float) -> tuple[float, float, float, float]:
    x, y = rng.uniform(-0.1, 1.1, 2)
    radius = rng.uniform(0.22, 0.6)
    # Never as steep as the edge of a stain.
    strength = np.clip(rng.normal(0, 0.14 * reach), -0.3, 0.3) if rng.random() < 0.4 else 0.0
    return float(x), float(y), float(radius), float(strength)


def pose(own: Nuisance, width: float, height: float) -> NDArray[np.float64]:
    """The 3 x 3 matrix that leads from a point of the moved picture to the same point of the unmoved one (pixels)."""
    turn = np.deg2rad(own.angle)
    cos, sin = np.cos(turn) / own.scale, np.sin(turn) / own.scale
    cx, cy = (width - 1) / 2, (height - 1) / 2
    spin = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    to = np.array([[1, 0, -cx - own.dx * width], [0, 1, -cy - own.dy * height], [0, 0, 1.0]])
    back = np.array([[1, 0, cx], [0, 1, cy], [0, 0, 1.0]])
    return np.asarray(back @ spin @ to)


def move(image: Picture, own: Nuisance) -> Picture:
    """`image` (`uint8[h, w]` or `[h, w, 3]`) shifted, turned and scaled; what enters at the border is a reflection."""
    if not (own.dx or own.dy or own.angle or own.scale != 1):
        return image
    height, width = image.shape[:2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    matrix = pose(own, width, height)[:2]
    return np.asarray(cv2.warpAffine(image, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT_101))


def luma(image: Picture, own: Nuisance) -> Picture:
    """The luma of an RGB picture `uint8[h, w, 3]` under the colour cast of `own`: `uint8[h, w]`."""
    return np.asarray(cv2.transform(image, (LUMA * np.asarray(own.cast, np.float32))[None]))


def develop(image: Picture, own: Nuisance, rng: np.random.Generator) -> Picture:
    """The light, focus, noise and compression of `own` on a picture `uint8[h, w]` or RGB `[h, w, 3]`.

    The colour cast acts on RGB only; a luma picture got it in `luma`.
    """
    height, width = image.shape[:2]
    tone = 255 * np.linspace(0, 1, 256, dtype=np.float32) ** own.gamma * own.gain + own.offset
    # A float look-up keeps what clipping would lose before the light falls on it.
    field = tone[image]
    if own.slope[0] or own.slope[1] or own.shade[3] or own.mottle > 0.002:
        light = _light(width, height, own, rng)
        field = field * (light if image.ndim == 2 else light[..., None])
    if image.ndim == 3 and own.cast != (1.0, 1.0, 1.0):
        field = field * np.asarray(own.cast, np.float32)
    if own.blur > 0.2:
        field = cv2.GaussianBlur(field, (0, 0), own.blur)
    if own.noise > 0.2:
        field = field + own.noise * rng.standard_normal(field.shape, dtype=np.float32)
    out = np.clip(field + 0.5, 0, 255).astype(np.uint8)
    if own.jpeg:
        coded = cv2.imencode(".jpg", out[..., ::-1] if out.ndim == 3 else out, [cv2.IMWRITE_JPEG_QUALITY, own.jpeg])[1]
        flag = cv2.IMREAD_COLOR if out.ndim == 3 else cv2.IMREAD_GRAYSCALE
        out = np.asarray(cv2.imdecode(coded, flag), np.uint8)
        out = np.ascontiguousarray(out[..., ::-1]) if out.ndim == 3 else out
    return out


def _light(width: int, height: int, own: Nuisance, rng: np.random.Generator) -> NDArray[np.float32]:
    """What falls on each pixel of a `width` x `height` picture, relative: `float32[height, width]`."""
    x, y = np.linspace(0, 1, width, dtype=np.float32), np.linspace(0, 1, height, dtype=np.float32)
    light = (1 + own.slope[1] * (2 * y - 1))[:, None] * (1 + own.slope[0] * (2 * x - 1))
    across, down, radius, strength = own.shade
    if strength:
        patch = np.exp(-((y - down) ** 2) / (2 * radius**2))[:, None] * np.exp(-((x - across) ** 2) / (2 * radius**2))
        light = light * (1 + strength * patch)
    if own.mottle > 0.002:
        coarse = rng.standard_normal((own.cells, own.cells), dtype=np.float32)
        light = light * (1 + own.mottle * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))
    return np.asarray(light, np.float32)
