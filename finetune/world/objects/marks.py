"""Defects that look alike on every object: drawn over its surface or at its edge.

Each is an `Act` (scene.py): `(thing, drawing, rng, force)` -> the picture with the defect, or None.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..draw import luma
from .draw import Field, Points, area, lobed, noise, strip, tone
from .scene import Drawing, Thing


def spot(drawing: Drawing, rng: np.random.Generator, margin: float) -> tuple[float, float] | None:
    """A random surface point (x, y) at least `margin` pixels from the surface's edge, where there is one."""
    size = drawing.frame.size
    few = max(1, size // 64)  # a coarse grid is enough to choose from
    small = cv2.resize(drawing.body, (size // few, size // few), interpolation=cv2.INTER_AREA)
    reach = max(1, round(margin / few))
    inner = cv2.erode(small, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8), borderValue=0) > 200
    found = np.flatnonzero(inner)
    if not len(found):
        return None
    y, x = divmod(int(found[rng.integers(len(found))]), size // few)
    return (x + float(rng.random())) * few, (y + float(rng.random())) * few


def _level(drawing: Drawing, x: float, y: float) -> float:
    """The luma of the picture about a point."""
    near = drawing.image[max(0, int(y) - 2) : int(y) + 3, max(0, int(x) - 2) : int(x) + 3]
    return float(luma(near.reshape(-1, 3).mean(axis=0))) if near.size else 128.0


def _add(drawing: Drawing, cover: NDArray[np.uint8] | Field, levels: float) -> Field:
    """The picture with `levels` grey levels added where `cover` (0..255) is, on the surface only."""
    weight = cover.astype(np.float32) * drawing.body * np.float32(levels / 65025)
    return drawing.image + weight[..., None]


def _blend(drawing: Drawing, cover: NDArray[np.uint8] | Field, colour: Field, inside: bool = True) -> Field:
    weight = cover.astype(np.float32) * np.float32(1 / 255)
    if inside:
        weight *= drawing.body * np.float32(1 / 255)
    return drawing.image + weight[..., None] * (colour - drawing.image)


def scratch(thing: Thing, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    """One to three thin, nearly straight strokes, light or dark, with a thin rim of the other kind."""
    size = drawing.frame.size
    at = spot(drawing, rng, 0.01 * size)
    if at is None:
        return None
    length = size * float(np.exp(rng.uniform(np.log(0.06), np.log(0.36))))
    turn = rng.uniform(0, np.pi)
    ahead, side = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    t = np.linspace(-0.5, 0.5, 9)
    bend = rng.uniform(-0.12, 0.12) * length
    wide = size / 256 * rng.uniform(1.0, 2.2) * min(1.6, force**0.4)
    strokes = []
    for i in range(int(rng.choice([1, 2, 3], p=[0.72, 0.18, 0.1]))):
        shift = rng.uniform(-0.1, 0.1) * length * ahead + i * size * rng.uniform(0.016, 0.034) * side
        path = np.asarray(at) + shift + t[:, None] * length * ahead + (bend * (1 - 4 * t**2))[:, None] * side
        strokes.append(strip(path, wide * (1 - 1.6 * np.abs(t) ** 2)))
    light = 0.85 if _level(drawing, *at) < 120 else 0.35
    sign = 1 if rng.random() < light else -1
    levels = sign * force * rng.uniform(24, 100)
    image = drawing.image
    rim, line = np.zeros((size, size), np.uint8), np.zeros((size, size), np.uint8)
    for stroke in strokes:
        line |= area(size, stroke)
        rim |= area(size, stroke + side * wide)
    image = _add(drawing, rim, -0.35 * levels) - drawing.image
    return np.asarray(_add(drawing, line, levels) + image * (255 - line[..., None].astype(np.float32)) / 255)


def _jagged(rng: np.random.Generator, start: Points, turn: float, length: float) -> Points:
    steps = max(4, int(rng.integers(5, 10)))
    angles = turn + rng.uniform(-0.75, 0.75, steps)
    paces = length / steps * rng.uniform(0.6, 1.4, steps)
    walk = np.stack([np.cos(angles) * paces, np.sin(angles) * paces], axis=1)
    return np.concatenate([start[None], start + np.cumsum(walk, axis=0)])


def crack(thing: Thing, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    """A jagged, tapering, mostly dark line with branches; from the edge inwards in most cases."""
    size = drawing.frame.size
    at = spot(drawing, rng, 0.02 * size)
    if at is None:
        return None
    start = np.asarray(at)
    turn = rng.uniform(0, 2 * np.pi)
    if rng.random() < 0.7:
        near = drawing.outline[int(np.argmin(((drawing.outline - start) ** 2).sum(axis=1)))]
        if np.linalg.norm(near - start) < 0.25 * size:
            turn = float(np.arctan2(start[1] - near[1], start[0] - near[0]))
            start = near
    length = size * float(np.exp(rng.uniform(np.log(0.09), np.log(0.36))))
    wide = size / 256 * rng.uniform(1.4, 3.0) * min(1.5, force**0.4)
    path = _jagged(rng, start, turn, length)
    shapes = [strip(path, wide * np.linspace(1, 0.35, len(path)))]
    for _ in range(int(rng.integers(0, 4))):
        i = int(rng.integers(1, len(path) - 1))
        fork = turn + rng.choice([-1, 1]) * rng.uniform(0.5, 1.2)
        branch = _jagged(rng, path[i], fork, length * rng.uniform(0.15, 0.45))
        shapes.append(strip(branch, wide * np.linspace(0.7, 0.25, len(branch))))
    line = np.zeros((size, size), np.uint8)
    for shape in shapes:
        line |= area(size, shape)
    dark = _level(drawing, *at) > 70
    colour = tone(rng, 8, 40) if dark else tone(rng, 150, 225)
    strength = min(1.0, force * rng.uniform(0.55, 1.0))
    rim = cv2.dilate(line, np.ones((3, 3), np.uint8)) - line
    image = _blend(drawing, line * strength, colour)
    return np.asarray(image + (_add(drawing, rim, (18 if dark else -14) * force**0.5) - drawing.image))


def dent(thing: Thing, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    """A pressed-in hollow: its side towards the light dark, the far side light, no sharp outline."""
    size, (lx, ly) = drawing.frame.size, drawing.frame.light
    long = size * float(np.exp(rng.uniform(np.log(0.026), np.log(0.11))))
    at = spot(drawing, rng, 0.6 * long) or spot(drawing, rng, 0.02 * size)
    if at is None:
        return None
    short = long * rng.uniform(0.5, 1.0)
    turn = rng.uniform(0, np.pi)
    c, s = np.cos(turn), np.sin(turn)
    x0, y0, x1, y1 = _window(at, 2.4 * long, size)
    y, x = np.mgrid[y0:y1, x0:x1].astype(np.float32) - np.array([at[1], at[0]], np.float32)[:, None, None]
    along, across = (x * c + y * s) / long, (y * c - x * s) / short
    reach = along**2 + across**2
    # A flat floor with a steep wall: what a pressed dent shows, and what sets it apart from a smooth bulge.
    wall = np.exp(-((reach - 0.5) ** 2) / 0.4) * (along * (c * lx + s * ly) + across * (c * ly - s * lx))
    field = -force * rng.uniform(38, 110) * wall - force * rng.uniform(4, 18) * np.exp(-(reach**2))
    image = drawing.image.copy()
    image[y0:y1, x0:x1] += (field * drawing.body[y0:y1, x0:x1] / np.float32(255))[..., None].astype(np.float32)
    return image


def _window(at: tuple[float, float], reach: float, size: int) -> tuple[int, int, int, int]:
    x, y = at
    low, high = max(0, int(x - reach)), min(size, int(x + reach) + 2)
    return low, max(0, int(y - reach)), high, min(size, int(y + reach) + 2)


def hole(thing: Thing, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    """A sharp-edged opening, dark inside, with a lit far wall and a thin rim."""
    size = drawing.frame.size
    radius = size * float(np.exp(rng.uniform(np.log(0.016), np.log(0.06))))
    at = spot(drawing, rng, 1.1 * radius)
    if at is None:
        return None
    shape = lobed(rng, radius, 0.12, 0.7, at)
    away = -np.asarray(drawing.frame.light) * radius * 0.25
    inside = tone(rng, 6, 30) if _level(drawing, *at) > 62 else tone(rng, 120, 190)
    image = _blend(drawing, area(size, (shape - at) * 1.22 + at), np.clip(inside * 0.3 + 165, 0, 255)[:3] * 0.9)
    part = area(size, shape)[..., None].astype(np.float32) / 255
    image += part * (inside * 1.6 + 12 - image)
    part = area(size, shape - away * 0.6)[..., None].astype(np.float32) / 255
    part *= area(size, shape)[..., None].astype(np.float32) / 255
    return np.asarray(image + part * (inside - image))


def stain(thing: Thing, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    """A flat patch of another tone with a soft, irregular border; the surface shows through."""
    size = drawing.frame.size
    radius = size * float(np.exp(rng.uniform(np.log(0.024), np.log(0.14))))
    at = spot(drawing, rng, 0.4 * radius) or spot(drawing, rng, 0.02 * size)
    if at is None:
        return None
    soft = max(0.7, radius * rng.uniform(0.06, 0.16))
    blob = cv2.GaussianBlur(area(size, lobed(rng, radius, 0.3, 0.5, at)), (0, 0), soft).astype(np.float32)
    blob *= np.clip(1 + rng.uniform(0.05, 0.22) * noise(rng, size, "cloud"), 0.3, 1.4)
    strength = min(0.9, force * rng.uniform(0.35, 0.8))
    if _level(drawing, *at) > 85:
        colour = tone(rng, 18, 60, 0.5) if rng.random() < 0.6 else np.array([70, 42, 18], np.float32)
    else:
        colour = tone(rng, 130, 210, 0.2)
    return _blend(drawing, np.minimum(blob, 255) * np.float32(strength), colour)


def contamination(thing: Thing, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    """Foreign matter: a swarm of specks, a fibre, or a crumb with its own light and shadow."""
    size = drawing.frame.size
    at = spot(drawing, rng, 0.02 * size)
    if at is None:
        return None
    level = _level(drawing, *at)
    dark = level > 150 or (level > 70 and rng.random() < 0.6)
    colour = tone(rng, 5, max(12, min(60, level - 50)), 0.3) if dark else tone(rng, min(225, level + 70), 245, 0.2)
    center, cover = np.asarray(at), np.zeros((size, size), np.uint8)
    kind = rng.choice(["specks", "fibre", "crumb"], p=[0.5, 0.2, 0.3])
    grow = min(1.7, force**0.4)
    if kind == "specks":
        spread = size * rng.uniform(0.02, 0.09)
        for _ in range(int(rng.integers(4, 14))):
            radius = size * rng.uniform(0.006, 0.016) * grow
            cover |= area(size, lobed(rng, radius, 0.25, 0.5, center + rng.normal(0, spread, 2)))
    elif kind == "fibre":
        t = np.linspace(0, 1, 14)
        turns = rng.uniform(0, 6.3) + np.cumsum(rng.normal(0, 0.45, 14))
        path = center + np.cumsum(np.stack([np.cos(turns), np.sin(turns)], 1), 0) * size * rng.uniform(0.008, 0.018)
        cover |= area(size, strip(path, size / 256 * rng.uniform(1.5, 2.6) * grow * (1 - 0.5 * t)))
    else:
        radius = size * rng.uniform(0.02, 0.05)
        shape = lobed(rng, radius, 0.3, 0.6, center)
        cover |= area(size, shape)
        image = _blend(
            drawing, area(size, shape - np.asarray(drawing.frame.light) * radius * 0.3) * 0.5, tone(rng, 5, 20)
        )
        image += cover[..., None] / np.float32(255) * (colour - image) * (drawing.body[..., None] / np.float32(255))
        shine = area(size, (shape - center) * 0.45 + center + np.asarray(drawing.frame.light) * radius * 0.3)
        return np.asarray(image + (shine * (drawing.body / np.float32(255)))[..., None] * np.float32(45 / 255))
    return _blend(drawing, cover, colour)
