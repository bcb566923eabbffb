"""Fabric: plain, basket, twill, satin and herringbone weaves and plain knit, in one or two colours or striped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import cv2
import numpy as np

from ..draw import Field, Painter, Pair, blend, finish, luma, noise, path, plant_all, rgb, ribbon, spin
from ..family import Family, Rgb, Scene
from ..marks import Made, hole, room, stain
from .clauses import FABRIC_ABOUT, FABRIC_NORMAL, FOLD, HOLE, PULLED, STAIN

_CELL = 16
_WEAVES = {"plain": 2, "basket": 4, "twill": 4, "denim": 4, "satin": 5, "herringbone": 8}


@dataclass(frozen=True)
class _Cloth:
    """A piece of cloth: its picture, the direction of the warp in radians, the thread pitch in pixels, its colour."""

    picture: Rgb
    along: float
    pitch: float
    colour: Field


@lru_cache(maxsize=64)
def _weave(kind: str, cell: int) -> Field:
    """One repeat of a weave: light 0..1, and 1 where the warp is on top; `[n * cell, n * cell, 2]`."""
    if kind == "knit":
        return _knit(cell)
    n = _WEAVES[kind]
    i, j = np.meshgrid(np.arange(n), np.arange(n))
    over = {
        "plain": (i + j) % 2 < 1,
        "basket": (i // 2 + j // 2) % 2 < 1,
        "twill": (i + j) % 4 < 2,
        "denim": (i + j) % 4 < 3,
        "satin": (2 * i + j) % 5 < 4,
        "herringbone": (i + np.where(j < 4, j, 7 - j)) % 4 < 2,
    }[kind]
    big = np.kron(over, np.ones((_CELL, _CELL)))
    f = (np.arange(n * _CELL) % _CELL + 0.5) / _CELL
    round_ = np.sqrt(np.sin(np.pi * f))

    def ends(axis: int, top: np.ndarray) -> np.ndarray:
        """Where along a thread, within its cell, it dives below a neighbour."""
        before, after = (np.roll(top, shift, axis) < 1 for shift in (_CELL, -_CELL))
        at = f[:, None] if axis == 0 else f[None]
        return before * np.exp(-at * 4) + after * np.exp(-(1 - at) * 4)

    warp = round_[None] * (1 - 0.5 * np.clip(ends(0, big), 0, 1))
    weft = round_[:, None] * (1 - 0.5 * np.clip(ends(1, 1 - big), 0, 1))
    tile = np.stack([np.where(big > 0, warp, weft), big], axis=2).astype(np.float32)
    return np.asarray(cv2.resize(tile, (n * cell, n * cell), interpolation=cv2.INTER_AREA), np.float32)


def _knit(cell: int) -> Field:
    """One stitch of plain knit, two slanting legs, as wide as high."""
    side = 4 * _CELL
    tile = np.zeros((side, side), np.uint8)
    for shift in (-side, 0, side):
        for sign in (-1, 1):
            x, y = side / 2 + sign * side * 0.25, side / 2 + shift
            axes = (int(side * 0.5), int(side * 0.19))
            cv2.ellipse(tile, (int(x), int(y)), axes, 90 + sign * 28, 0, 360, 150, -1, cv2.LINE_AA)
            cv2.ellipse(tile, (int(x), int(y)), (axes[0] * 4 // 5, axes[1] // 2), 90 + sign * 28, 0, 360, 255, -1)
    smooth = cv2.GaussianBlur(np.tile(tile, (3, 3)), (0, 0), 3)[side : 2 * side, side : 2 * side] / 255
    both = np.stack([smooth, np.ones_like(smooth)], axis=2).astype(np.float32)
    return np.asarray(cv2.resize(both, (2 * cell, 2 * cell), interpolation=cv2.INTER_AREA), np.float32)


def _cloth(rng: np.random.Generator, size: int) -> _Cloth:
    kind = str(rng.choice([*_WEAVES, "knit"]))
    pitch = max(2.6, float(np.exp(rng.uniform(np.log(3.0), np.log(12)))) * size / 256)
    angle = float(rng.uniform(0, np.pi) if rng.random() < 0.5 else rng.integers(2) * np.pi / 2 + rng.normal(0, 0.03))
    cell = int(np.clip(round(pitch), 4, _CELL))
    x = np.arange(size, dtype=np.float32)[None]
    y = np.arange(size, dtype=np.float32)[:, None]
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    shape = (size, size)
    sway = noise(rng, shape, 90 * size / 256) * np.float32(rng.uniform(0, 0.5) * pitch)
    # u counts warp threads, across them; v runs along them.
    u, v = (x * -s + y * c + sway) / np.float32(pitch), (x * c + y * s + sway) / np.float32(pitch)
    tile = _weave(kind, cell)
    side = tile.shape[0] / cell
    tall = np.pad(tile, ((0, 1), (0, 1), (0, 0)), mode="wrap")
    woven = cv2.remap(tall, u % side * cell, v % side * cell, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    light, top = woven[..., 0], woven[..., 1:]
    warp = rgb(rng.random(), rng.uniform(0, 0.7), rng.uniform(0.25, 1.0))
    weft = warp * np.float32(rng.uniform(0.75, 1.1))
    if rng.random() < 0.4:
        weft = rgb(rng.random(), rng.uniform(0, 0.6), rng.uniform(0.3, 1.0))
    uneven = np.float32(rng.uniform(0.02, 0.12))
    picture = weft + (warp - weft) * top
    if rng.random() < 0.25:
        picture = picture * _stripes(rng, u if rng.random() < 0.5 else v)[..., None]
    along = noise(rng, shape, pitch, 25, angle) * top[..., 0] + noise(rng, shape, pitch, 25, angle + np.pi / 2) * (
        1 - top[..., 0]
    )
    depth = np.float32(rng.uniform(0.25, 0.75))
    picture = picture * ((1 - depth + depth * light) * (1 + uneven * along))[..., None]
    done = finish(rng, picture)
    return _Cloth(done, angle, pitch, done.reshape(-1, 3).mean(axis=0).astype(np.float32))


def _stripes(rng: np.random.Generator, threads: Field) -> Field:
    """Brightness 0.5..1 by thread number: a repeat of a few bands."""
    bands = np.repeat(rng.uniform(0.5, 1, 6), rng.integers(2, 9, 6)).astype(np.float32)
    return bands[threads.astype(np.int32) % len(bands)]


def _hole(pair: Pair, rng: np.random.Generator, cloth: _Cloth) -> Made:
    made = hole(pair, rng, 14, 66, backlit=True)
    if made is None:
        return None
    patch, edge, out = made
    width = max(0.8, cloth.pitch * 0.35)
    most = int(np.clip(np.abs(edge).max() / width, 3, 12))
    for _ in range(int(rng.integers(2, most))):  # frayed ends hang into the opening
        root = edge[int(rng.integers(len(edge)))]
        angle = cloth.along + rng.integers(2) * np.pi / 2 + rng.normal(0, 0.25)
        end = path(rng, np.hypot(*root) * rng.uniform(0.3, 0.8), angle, bend=0.25)
        end = end - end[0] if end[-1] @ root < end[0] @ root else end[::-1] - end[-1]
        strand = patch.fill(ribbon(end + root, width * np.linspace(1, 0.5, 16)))
        out = blend(out, cloth.colour * np.float32(rng.uniform(0.7, 1.25)), strand)
    return patch, out


def _pulled(pair: Pair, rng: np.random.Generator, cloth: _Cloth) -> Made:
    found = room(pair, rng, 28, 80, 3 * pair.unit)
    if found is None:
        return None
    length, patch = found
    angle = cloth.along + rng.integers(2) * np.pi / 2
    width = max(1.3, cloth.pitch * rng.uniform(0.5, 0.9))
    taper = np.sin(np.linspace(0.15, np.pi - 0.15, 16)) ** 0.5
    line = path(rng, length, angle, bend=0.015)
    gap = patch.fill(ribbon(line, width * taper))
    out = patch.pixels * (1 - gap * np.float32(rng.uniform(0.35, 0.75)))[..., None]
    side = spin(np.array([[0.0, width]]), angle)
    drawn = np.clip(patch.fill(ribbon(line + side, width * 0.8 * taper)) - gap, 0, 1)
    out = out * (1 + drawn * np.float32(rng.uniform(0.1, 0.5)))[..., None]
    # The loop: half a turn of yarn beside the line, with its shadow.
    t = np.linspace(0, np.pi, 16)
    wide, high = length * rng.uniform(0.08, 0.18), length * rng.uniform(0.1, 0.28)
    loop = np.stack([wide * (np.cos(t) + 0.4 * np.sin(2 * t)), high * np.sin(t)], axis=1)
    loop = spin(loop * [1, rng.choice([-1, 1])] + [length * rng.uniform(-0.3, 0.3), 0], angle)
    shadow = patch.fill(ribbon(loop + max(1.0, 0.5 * width), max(1.2, width * 0.7)))
    strand = patch.fill(ribbon(loop, max(1.2, width * 0.8)))
    out = out * (1 - 0.45 * shadow)[..., None]
    bright = 1.35 if luma(cloth.colour) < 185 else 1.15
    return patch, blend(out, np.clip(cloth.colour * np.float32(bright) + 12, 0, 255), strand)


def _fold(pair: Pair, rng: np.random.Generator) -> Made:
    found = room(pair, rng, 58, 92)
    if found is None:
        return None
    length, patch = found
    angle = rng.uniform(0, 2 * np.pi)
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    along, across = patch.dx * c + patch.dy * s, patch.dy * c - patch.dx * s
    across = across + np.float32(rng.uniform(-0.3, 0.3) / length) * along * along
    width = np.float32(length * rng.uniform(0.04, 0.075))
    ends = np.clip((length * 0.47 - np.abs(along)) / (0.15 * length), 0, 1)
    t = across / width
    ridge = -t * np.exp(-0.5 * t * t) * 1.65  # light on one side, shadow on the other
    crest = np.exp(-0.5 * (t * 4) ** 2) * np.float32(rng.uniform(-0.5, 0.5))
    shade = (ridge + crest) * ends * np.float32(rng.uniform(0.2, 0.6))
    return patch, patch.pixels * (1 + shade)[..., None]


def _draw(rng: np.random.Generator, size: int, types: Sequence[str]) -> Scene:
    cloth = _cloth(rng, size)
    painters: dict[str, Painter] = {
        "hole": partial(_hole, cloth=cloth),
        "pulled thread": partial(_pulled, cloth=cloth),
        "stain": stain,
        "fold": _fold,
    }
    return plant_all(cloth.picture, rng, types, painters)


FABRIC = Family(
    name="fabric",
    object="woven fabric",
    types=(HOLE, PULLED, STAIN, FOLD),
    normal=FABRIC_NORMAL,
    about=FABRIC_ABOUT,
    draw=_draw,
)
