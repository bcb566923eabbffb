"""Brushed metal: steel, aluminium, brass and copper, brushed in lines or in circles, or blasted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from ..draw import Painter, Pair, blend, cloud, extent, finish, noise, outline, plant_all, rgb, soften
from ..family import Family, Rgb, Scene
from ..marks import Made, dent, gouge, room, scratch, stain
from .clauses import DENT, GOUGE, METAL_ABOUT, METAL_NORMAL, PIT, RUST, SCRATCH, STAIN


@dataclass(frozen=True)
class _Metal:
    """A sheet: its picture, the direction of brushing (None: no one direction) and of the light, radians."""

    picture: Rgb
    along: float | None
    light: float


def _sheet(rng: np.random.Generator, size: int) -> _Metal:
    hue, saturation = [(0.6, rng.uniform(0, 0.08)), (0.11, rng.uniform(0.2, 0.5)), (0.05, rng.uniform(0.3, 0.5))][
        int(rng.choice(3, p=[0.7, 0.18, 0.12]))
    ]
    colour = rgb(hue + rng.normal(0, 0.02), saturation, rng.uniform(0.35, 0.85))
    unit, shape = size / 256, (size, size)
    kind = str(rng.choice(["lines", "circles", "blasted"], p=[0.7, 0.15, 0.15]))
    angle = float(rng.uniform(0, np.pi)) if rng.random() < 0.6 else float(rng.integers(2) * np.pi / 2)
    grain = rng.uniform(0.9, 2.2) * unit
    if kind == "lines":
        fine = noise(rng, shape, grain, rng.uniform(20, 80), angle)
        fine += 0.7 * noise(rng, shape, grain * 3, rng.uniform(20, 60), angle + rng.normal(0, 0.01))
    elif kind == "circles":
        center = rng.uniform(-0.3, 1.3, 2) * size
        rings = noise(rng, (size, 2 * size), max(grain, 1.2) * 1.2, 90, np.pi / 2)
        flags = cv2.WARP_INVERSE_MAP | cv2.WARP_POLAR_LINEAR | cv2.INTER_LINEAR
        fine = np.asarray(cv2.warpPolar(rings, shape, tuple(center), 2.0 * size, flags), np.float32)
    else:
        fine = cloud(rng, shape, grain * 2, 2)
    contrast = np.float32(rng.uniform(0.015, 0.09))
    sheen = np.float32(rng.uniform(0.02, 0.1)) * noise(rng, shape, 120 * unit, 2.5, angle)
    picture = colour * (1 + contrast * fine + sheen)[..., None]
    along = angle if kind == "lines" else None
    return _Metal(finish(rng, picture), along, float(rng.uniform(0, 2 * np.pi)))


def _rust(pair: Pair, rng: np.random.Generator) -> Made:
    found = room(pair, rng, 24, 80)
    if found is None:
        return None
    length, patch = found
    region = soften(patch.fill(outline(rng, length * 0.46, 0.45)), length * 0.1)
    grainy = cloud(rng, patch.shape, max(2.0, rng.uniform(2.5, 6) * pair.unit), 3, 0.7)
    alpha = np.clip((region - 0.5) * 4 + grainy * rng.uniform(0.6, 1.1) + rng.uniform(0, 0.6), 0, 1) * (region > 0.12)
    crust = rgb(rng.uniform(0.02, 0.08), rng.uniform(0.5, 0.9), rng.uniform(0.25, 0.6))
    crust = crust * (1 + np.float32(0.3) * cloud(rng, patch.shape, 2.5 * pair.unit, 2))[..., None]
    return patch, blend(patch.pixels, crust, alpha * np.float32(rng.uniform(0.55, 1)))


def _pit(pair: Pair, rng: np.random.Generator, light: float) -> Made:
    spread = extent(rng, pair.size, 10, 60)
    at = pair.place(rng, spread / 2 + 3 * pair.unit)
    if at is None:
        return None
    patch = pair.patch(*at, spread / 2 + 5 * pair.unit)
    largest = max(1.7, rng.uniform(2.2, 4.5) * pair.unit)
    centers, shapes = [np.zeros(2)], [outline(rng, largest, 0.2, 0.7)]
    for _ in range(int(rng.integers(2, 14)) if spread > 13 * pair.unit else 0):
        center = spin_out(rng, spread / 2 - largest)
        radius = largest * rng.uniform(0.45, 0.9)
        if all(np.hypot(*(center - other)) > 2.1 * largest for other in centers):
            centers.append(center)
            shapes.append(outline(rng, radius, 0.2, 0.7) + center)
    dark = patch.fill(*shapes)
    lit = -np.array([np.cos(light), np.sin(light)]) * max(0.8, largest * 0.4)
    rim = np.clip(patch.fill(*[one * 1.0 + lit for one in shapes]) - dark, 0, 1)
    out = patch.pixels * (1 - dark * np.float32(rng.uniform(0.4, 0.85)))[..., None]
    return patch, out + rim[..., None] * np.float32(rng.uniform(15, 80))


def spin_out(rng: np.random.Generator, radius: float) -> np.ndarray:
    """A random point within `radius` of the origin."""
    angle = rng.uniform(0, 2 * np.pi)
    return np.array([np.cos(angle), np.sin(angle)]) * max(0.0, radius) * np.sqrt(rng.random())


def _draw(rng: np.random.Generator, size: int, types: Sequence[str]) -> Scene:
    metal = _sheet(rng, size)
    painters: dict[str, Painter] = {
        "scratch": partial(scratch, along=metal.along),
        "dent": partial(dent, light=metal.light),
        "stain": stain,
        "rust": _rust,
        "gouge": partial(gouge, light=metal.light),
        "pit": partial(_pit, light=metal.light),
    }
    return plant_all(metal.picture, rng, types, painters)


METAL = Family(
    name="brushed metal",
    object="brushed metal plate",
    types=(SCRATCH, DENT, STAIN, RUST, PIT, GOUGE),
    normal=METAL_NORMAL,
    about=METAL_ABOUT,
    draw=_draw,
)
