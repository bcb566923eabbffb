"""Tiled surfaces: plain, speckled, veined and clouded tiles, square or in brick bond, with grout between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..draw import (
    Field,
    Painter,
    Pair,
    Patch,
    blend,
    cloud,
    extent,
    finish,
    luma,
    noise,
    path,
    plant_all,
    rgb,
    ribbon,
    soften,
    spin,
)
from ..family import Family, Rgb, Scene
from ..marks import Made, cracked, fissured, stain
from .clauses import CHIP, CRACK, GLUE, GROUT, STAIN, TILE_ABOUT, TILE_NORMAL


@dataclass(frozen=True)
class _Floor:
    """A tiled surface.

    Attributes:
        picture: of it.
        angle: direction of the continuous joints, radians.
        wide, high: tile pitch, pixels; joint: width of a joint, pixels.
        bond: by how much of its width each row of tiles is shifted against the next.
        origin: where the grid begins, in tiles.
        body: the colour below the glaze.
        light: direction of the light, radians.
    """

    picture: Rgb
    angle: float
    wide: float
    high: float
    joint: float
    bond: float
    origin: tuple[float, float]
    body: Field
    light: float

    def cells(self, x: Field, y: Field) -> tuple[Field, Field, Field, Field]:
        """For points: column and row of the tile, and the offset from its centre in pixels, along and across."""
        c, s = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        v = (y * c - x * s) / np.float32(self.high) + np.float32(self.origin[1])
        row = np.floor(v)
        u = (x * c + y * s) / np.float32(self.wide) + np.float32(self.origin[0]) + np.float32(self.bond) * row
        column = np.floor(u)
        return column, row, (u - column - 0.5) * np.float32(self.wide), (v - row - 0.5) * np.float32(self.high)

    def inset(self, along: Field, across: Field) -> Field:
        """How far inside the edge of its tile a point lies, pixels; negative in a joint."""
        half = self.joint / 2
        return np.minimum(self.wide / 2 - half - np.abs(along), self.high / 2 - half - np.abs(across))

    def corner(self, column: float, row: float) -> tuple[float, float]:
        """The picture point `(x, y)` of a place in tiles."""
        u = (column - self.origin[0] - self.bond * np.floor(row)) * self.wide
        v = (row - self.origin[1]) * self.high
        c, s = np.cos(self.angle), np.sin(self.angle)
        return float(u * c - v * s), float(u * s + v * c)

    def tile_near(self, x: float, y: float) -> tuple[float, float]:
        """Column and row of the tile at a point."""
        column, row, _, _ = self.cells(np.array([x], np.float32), np.array([y], np.float32))
        return float(column[0]), float(row[0])

    def inside(self, patch: Patch, center: tuple[float, float], tile: tuple[float, float]) -> Field:
        """For a patch about a point: 0..1 where a pixel belongs to a tile, joints left out."""
        column, row, along, across = self.cells(patch.dx + np.float32(center[0]), patch.dy + np.float32(center[1]))
        mine = (column == tile[0]) & (row == tile[1])
        return np.clip(self.inset(along, across) + 0.5, 0, 1) * mine


def _floor(rng: np.random.Generator, size: int) -> _Floor:
    unit, shape = size / 256, (size, size)
    high = float(rng.uniform(55, 140)) * unit
    wide = high * float(rng.choice([1, 1, rng.uniform(1, 2.2)]))
    angle = float(rng.choice([0, np.pi / 2, np.pi / 4, rng.uniform(0, np.pi)], p=[0.35, 0.25, 0.15, 0.25]))
    floor = _Floor(
        np.zeros((1, 1, 3), np.uint8), angle + float(rng.normal(0, 0.02)), wide, high,
        joint=max(2.2, float(rng.uniform(3, 9)) * unit), bond=float(rng.choice([0, 0, 0.5, 1 / 3])),
        origin=(float(rng.random()), float(rng.random())),
        body=rgb(rng.uniform(0.02, 0.11), rng.uniform(0.05, 0.6), rng.uniform(0.35, 0.9)),
        light=float(rng.uniform(0, 6.3)),
    )  # fmt: skip
    x = np.arange(size, dtype=np.float32)
    column, row, along, across = floor.cells(x[None], x[:, None])
    depth = floor.inset(along, across)
    glaze = rgb(rng.random(), rng.uniform(0, 0.5), rng.uniform(0.25, 0.95))
    if abs(float(luma(floor.body) - luma(glaze))) < 50:  # what a chip lays bare must be seen
        floor = replace(floor, body=floor.body * np.float32(0.45) if luma(glaze) > 100 else floor.body * 0.4 + 150)
    # Each tile has its own shade.
    shades = 1 + np.float32(rng.uniform(0, 0.06)) * rng.standard_normal((16, 16)).astype(np.float32)
    tone = shades[column.astype(np.int32) % 16, row.astype(np.int32) % 16]
    kind = str(rng.choice(["plain", "speckled", "veined", "clouded"], p=[0.25, 0.3, 0.2, 0.25]))
    depth_of = np.float32(rng.uniform(0.06, 0.3))
    if kind == "speckled":
        tone = tone - depth_of * np.clip(noise(rng, shape, rng.uniform(1.2, 5) * unit) - rng.uniform(0, 1), 0, 1.5)
    elif kind == "veined":
        field = cloud(rng, shape, 70 * unit, 3)
        tone = tone - depth_of * np.exp(-np.abs(field) * 12) + 0.3 * depth_of * field
    elif kind == "clouded":
        tone = tone + 0.4 * depth_of * cloud(rng, shape, rng.uniform(15, 60) * unit)
    bevel = np.exp(-np.clip(depth, 0, None) / (2.2 * unit))
    sideways = np.abs(along) / wide > np.abs(across) / high
    c, s = np.float32(np.cos(floor.light)), np.float32(np.sin(floor.light))
    lit = np.where(sideways, np.sign(along) * c, np.sign(across) * s)
    tone = tone + np.float32(rng.uniform(0, 0.3)) * bevel * lit
    grout = rgb(
        rng.uniform(0.05, 0.15), rng.uniform(0, 0.25), rng.choice([rng.uniform(0.35, 0.6), rng.uniform(0.6, 0.9)])
    )
    rough = grout * (1 + np.float32(0.08) * noise(rng, shape, 1.6 * unit))[..., None]
    picture = blend(rough, glaze * tone[..., None], np.clip(depth + 0.5, 0, 1))
    return replace(floor, picture=finish(rng, picture))


def _crack(pair: Pair, rng: np.random.Generator, floor: _Floor) -> Made:
    length = min(extent(rng, pair.size, 26, 80), 0.95 * min(floor.high, floor.wide) - floor.joint)
    at = pair.place(rng, length / 2 + 2)
    if at is None:
        return None
    patch = pair.patch(*at, length / 2 + 6 * pair.unit)
    inside = floor.inside(patch, at, floor.tile_near(*at))
    width = max(1.0, rng.uniform(0.014, 0.036) * length)
    painted = fissured(patch, cracked(rng, length, rng.uniform(0, np.pi), width), rng)
    out = blend(patch.pixels, painted, inside)
    far = np.abs(out - patch.pixels).max(axis=2) > 20
    # Where the tile's edge leaves only a stub, another place is better.
    return (patch, out) if (far * patch.distance()).max() > length * 0.38 else None


def _chip(pair: Pair, rng: np.random.Generator, floor: _Floor) -> Made:
    length = extent(rng, pair.size, 13, 46)
    at = pair.place(rng, length)
    if at is None:
        return None
    column, row = floor.tile_near(*at)
    # To the edge or corner of the tile that is nearest to a random point.
    where = rng.uniform(0.1, 0.9, 2)
    if rng.random() < 0.35:
        where = np.round(where)
    else:
        where[int(rng.integers(2))] = float(rng.integers(2))
    center = floor.corner(column + where[0], row + min(where[1], 0.999))
    if not all(length < p < pair.size - length for p in center) or not pair.free(*center, length):
        return None
    middle = floor.corner(column + 0.5, row + 0.5)
    toward = np.subtract(middle, center)
    toward = toward / np.linalg.norm(toward)
    patch = pair.patch(*center, length + 2)
    shifted = center + toward * (floor.joint / 2 + 1.5)
    inside = floor.inside(patch, center, floor.tile_near(float(shifted[0]), float(shifted[1])))
    angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(7, 12))))
    facets = np.stack([np.cos(angles), np.sin(angles)], axis=1) * rng.uniform(0.6, 1, (len(angles), 1)) * length * 0.62
    alpha = patch.fill(facets + toward * length * 0.08)
    alpha = alpha * inside
    grain = 1 + np.float32(0.12) * noise(rng, patch.shape, 2 * pair.unit + 0.8)
    tilt = (patch.dx * np.float32(np.cos(floor.light)) + patch.dy * np.float32(np.sin(floor.light))) / np.float32(
        length
    )
    broken = floor.body * (grain * (0.8 + 0.5 * tilt))[..., None]
    out = blend(patch.pixels, broken, alpha)
    edge = np.clip(soften(alpha, 0.8 * pair.unit + 0.4) * (1 - alpha) * 3, 0, 1) * inside
    return patch, out * (1 - edge * np.float32(rng.uniform(0, 0.6)))[..., None]


def _missing_grout(pair: Pair, rng: np.random.Generator, floor: _Floor) -> Made:
    length = extent(rng, pair.size, 16, 80)
    at = pair.place(rng, length / 2 + 2)
    if at is None:
        return None
    column, row = floor.tile_near(*at)
    upright = floor.bond == 0 and rng.random() < 0.5
    length = min(length, floor.high * 0.9) if floor.bond and upright else length
    center = floor.corner(column + (0.0 if upright else rng.random()), row + (rng.random() if upright else 0.0))
    if not all(length / 2 + 4 < p < pair.size - length / 2 - 4 for p in center) or not pair.free(*center, length / 2):
        return None
    patch = pair.patch(*center, length / 2 + 3)
    _, _, along, across = floor.cells(patch.dx + np.float32(center[0]), patch.dy + np.float32(center[1]))
    empty = np.clip(0.4 - floor.inset(along, across), 0, 1)
    angle = floor.angle + (np.pi / 2 if upright else 0)
    run = patch.dx * np.float32(np.cos(angle)) + patch.dy * np.float32(np.sin(angle))
    side = np.abs(patch.dy * np.float32(np.cos(angle)) - patch.dx * np.float32(np.sin(angle)))
    ragged = np.abs(run) + noise(rng, patch.shape, 3 * pair.unit) * np.float32(1.2 * pair.unit)
    alpha = empty * np.clip(length / 2 - 1 - ragged, 0, 1) * np.clip(floor.joint / 2 + 0.8 - side, 0, 1)
    deep = patch.pixels * np.float32(rng.uniform(0.12, 0.5))
    deep = deep * (1 + np.float32(0.15) * noise(rng, patch.shape, 2 * pair.unit))[..., None]
    return patch, blend(patch.pixels, deep, alpha)


def _glue(pair: Pair, rng: np.random.Generator) -> Made:
    length = extent(rng, pair.size, 34, 84)
    at = pair.place(rng, length / 2 + 2)
    if at is None:
        return None
    width = length * rng.uniform(0.14, 0.26)
    angle = rng.uniform(0, np.pi)
    patch = pair.patch(*at, length / 2 + width / 2 + 2)
    line = path(rng, length - width / 2, angle, bend=0.06)
    alpha = soften(patch.fill(ribbon(line, width * (1 + 0.06 * rng.standard_normal(16)))), 0.5)
    veil = alpha * np.float32(rng.uniform(0.2, 0.55)) * (1 + np.float32(0.15) * noise(rng, patch.shape, width))
    pale = rgb(rng.uniform(0.08, 0.2), rng.uniform(0, 0.35), rng.uniform(0.75, 1.0))
    if luma(pale) - luma(patch.pixels).mean() < 60:
        pale = pale * np.float32(0.4)
    out = blend(patch.pixels, pale, np.clip(veil, 0, 1))
    thin = max(0.8, 0.12 * width)
    step = spin(np.array([[0.0, width * 0.42]]), angle)
    shine = patch.fill(ribbon(line + step, thin)) * alpha
    shade = patch.fill(ribbon(line - step, thin)) * alpha
    out = out + shine[..., None] * np.float32(rng.uniform(20, 90))
    return patch, out * (1 - shade * np.float32(rng.uniform(0.1, 0.4)))[..., None]


def _draw(rng: np.random.Generator, size: int, types: Sequence[str]) -> Scene:
    floor = _floor(rng, size)
    painters: dict[str, Painter] = {
        "crack": partial(_crack, floor=floor),
        "chip": partial(_chip, floor=floor),
        "missing grout": partial(_missing_grout, floor=floor),
        "glue strip": _glue,
        "stain": stain,
    }
    return plant_all(floor.picture, rng, types, painters, attempts=20)


TILE = Family(
    name="tile",
    object="tiled surface",
    types=(CRACK, CHIP, GROUT, GLUE, STAIN),
    normal=TILE_NORMAL,
    about=TILE_ABOUT,
    draw=_draw,
)
