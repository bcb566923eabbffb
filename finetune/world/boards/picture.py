"""Turning a copper mask into a picture, with the harmless differences that two pictures of one board have.

Copper is dark and the board light, as in scanned and binarised boards; the polarity is never inverted. A `Look` is
shared by the two pictures of a pair; everything drawn anew for each picture (offset, rotation, threshold, rough
edges, light, noise, compression) is the nuisance a model must not call a defect.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
STYLES = ("bilevel", "soft", "grey", "tinted")


@dataclass(frozen=True)
class Look:
    """What the two pictures of a pair share.

    Attributes:
        style: one of `STYLES`. `bilevel`: black and white; `soft`: with antialiased edges; `grey`: grey levels,
            light and noise; `tinted`: `grey` with a colour (see `tint`).
        copper, board: grey levels 0..255, copper the darker.
        blur: standard deviation of the optics, pixels.
        rough: strength of ragged edges, 0..0.4 of full contrast.
        noise: standard deviation of the pixel noise in grey levels.
        tint: RGB factors 0..1 of the tinted style.
    """

    style: str
    copper: float
    board: float
    blur: float
    rough: float
    noise: float
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)


def draw_look(rng: np.random.Generator, style: str | None = None) -> Look:
    """A random look; black and white in two thirds of the cases unless `style` is given."""
    style = style or str(rng.choice(STYLES, p=[0.66, 0.12, 0.16, 0.06]))
    hard = style in ("bilevel", "soft")
    board = 255.0 if hard else float(rng.uniform(140, 245))
    copper = 0.0 if hard else float(rng.uniform(5, board - 70))
    red, green, blue = rng.uniform(0.6, 1.0, 3)
    return Look(
        style=style,
        copper=copper,
        board=board,
        blur=float(rng.uniform(0.6, 1.3)),
        rough=float(rng.uniform(0.0, 0.35)),
        noise=0.0 if hard else float(rng.uniform(0.5, 7)),
        tint=(float(red), float(green), float(blue)),
    )


@dataclass(frozen=True)
class Nuisance:
    """What one picture has of its own: offset in pixels, angle in degrees, threshold 0..1 (0.5 is true to size)."""

    dx: float = 0.0
    dy: float = 0.0
    angle: float = 0.0
    threshold: float = 0.5
    light: float = 0.0
    gain: float = 1.0
    jpeg: int = 0


def draw_nuisance(rng: np.random.Generator, shift: float = 2.5, angle: float = 1.5) -> Nuisance:
    """Random nuisance of at most `shift` pixels and `angle` degrees; half of the draws stay below a third of it."""
    reach = 1.0 if rng.random() < 0.5 else 0.3
    dx, dy = rng.uniform(-shift, shift, 2) * reach
    return Nuisance(
        dx=float(dx),
        dy=float(dy),
        angle=float(rng.uniform(-angle, angle) * reach),
        threshold=float(np.clip(rng.normal(0.5, 0.12), 0.2, 0.8)),
        light=float(rng.normal(0, 0.08)),
        gain=float(np.clip(rng.normal(1, 0.07), 0.8, 1.2)),
        jpeg=int(rng.integers(55, 96)) if rng.random() < 0.25 else 0,
    )


def picture(
    mask: NDArray[np.uint8],
    look: Look,
    own: Nuisance,
    rng: np.random.Generator,
    center: tuple[float, float] | None = None,
) -> Grey:
    """The luma picture of a copper mask (`uint8[h, w]`, 1 = copper): `uint8[h, w]`, 0..255.

    `center` is the point of the mask that the rotation leaves in place (default: its middle).
    """
    height, width = mask.shape
    field = mask.astype(np.float32)
    if own.dx or own.dy or own.angle:
        turn = cv2.getRotationMatrix2D(center or (width / 2, height / 2), own.angle, 1.0)
        turn[:, 2] += (own.dx, own.dy)
        field = cv2.warpAffine(field, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    field = cv2.GaussianBlur(field, (0, 0), look.blur)
    if look.rough > 0.02:
        # Only edges are ragged: noise in flat copper would be pin-holes.
        field += look.rough * _texture(rng, height, width, coarse=True) * (4 * field * (1 - field))
    if look.style == "bilevel":
        image = np.where(field > own.threshold, np.float32(0), np.float32(255))
    elif look.style == "soft":
        image = 255 * (1 - np.clip((field - own.threshold) * 2.5 + 0.5, 0, 1))
    else:
        field = np.clip((field - own.threshold) * 1.6 + 0.5, 0, 1)
        image = look.board + (look.copper - look.board) * field
        slope = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None] * own.light
        image = image * (own.gain + slope) + look.noise * _texture(rng, height, width, coarse=False)
    out = np.clip(image, 0, 255).astype(np.uint8)
    if own.jpeg:
        coded = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, own.jpeg])[1]
        out = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
    return out


def colour(luma: Grey, look: Look) -> NDArray[np.uint8]:
    """`luma` as RGB `uint8[h, w, 3]`: tinted where the look is, else grey."""
    factors = look.tint if look.style == "tinted" else (1.0, 1.0, 1.0)
    return (luma[..., None].astype(np.float32) * np.asarray(factors, np.float32)).astype(np.uint8)


@lru_cache(maxsize=2)
def _bank(coarse: bool) -> NDArray[np.float32]:
    """A 1024 x 1024 sheet of unit noise, drawn once: cutting from it is ten times as fast as drawing anew."""
    noise = np.random.default_rng(7 + coarse).standard_normal((1024, 1024), dtype=np.float32)
    if coarse:
        noise = cv2.GaussianBlur(noise, (0, 0), 1.2)
        noise /= noise.std()
    return noise


def _texture(rng: np.random.Generator, height: int, width: int, coarse: bool) -> NDArray[np.float32]:
    sheet = _bank(coarse)
    if height > 1024 or width > 1024:
        sheet = np.tile(sheet, (1 + height // 1024, 1 + width // 1024))
    y = int(rng.integers(0, sheet.shape[0] - height + 1))
    x = int(rng.integers(0, sheet.shape[1] - width + 1))
    cut = sheet[y : y + height, x : x + width]
    return cut[:, ::-1] if rng.random() < 0.5 else cut
