"""Defects at an object's edge, alike on every object: a piece broken off, a ragged rim, a thin lip of extra material.

Each is an `Act` (scene.py), or makes one.
"""

from __future__ import annotations

import numpy as np

from ..draw import luma
from .draw import Field, Points, emboss, lobed, noise, paint, strip, tone
from .scene import Drawing, Thing


def outwards(drawing: Drawing, index: int) -> Points:
    """The unit vector that leaves the object at a point of its outline, picture coordinates."""
    outline = drawing.outline
    ahead = outline[(index + 3) % len(outline)] - outline[index - 3]
    normal = np.array([ahead[1], -ahead[0]]) / (np.linalg.norm(ahead) + 1e-9)
    x, y = np.clip(np.round(outline[index] - 0.02 * drawing.frame.size * normal), 0, drawing.frame.size - 1).astype(int)
    return np.asarray(normal if drawing.body[y, x] > 100 else -normal)


def _inside(drawing: Drawing, point: Points, margin: float = 0.02) -> bool:
    return bool(((point > margin * drawing.frame.size) & (point < (1 - margin) * drawing.frame.size)).all())


def bite(drawing: Drawing, index: int, radius: float, rng: np.random.Generator) -> Field:
    """The picture with a piece broken out of the edge at a point of the outline; `radius` in pixels."""
    size = drawing.frame.size
    normal = outwards(drawing, index)
    center = drawing.outline[index] + normal * radius * rng.uniform(0.0, 0.35)
    gap = lobed(rng, radius, 0.28, 0.6, center)
    image = drawing.image.copy()
    # The fracture's face: rougher and darker or lighter than the surface, seen as a rim on the inner side.
    face = lobed(rng, radius, 0.25, 0.7, center - normal * radius * rng.uniform(0.15, 0.4))
    near = drawing.outline[index] - normal * radius
    x, y = np.clip(near, 0, size - 1).astype(int)
    colour = np.clip(drawing.image[y, x] * rng.choice([0.45, 0.6, 1.35]), 8, 250).astype(np.float32)
    paint(image, [face], colour, shade=1 + 0.16 * noise(rng, size), clip=drawing.body)
    paint(image, [gap], drawing.back, clip=drawing.body)
    emboss(image, [gap], (-drawing.frame.light[0], -drawing.frame.light[1]), 1.0, 8)
    return image


def chip(thing: Thing, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    """An irregular piece broken out of the edge."""
    index = int(rng.integers(len(drawing.outline)))
    if not _inside(drawing, drawing.outline[index]):
        return None
    radius = drawing.frame.size * float(np.exp(rng.uniform(np.log(0.022), np.log(0.085)))) * min(1.3, force**0.25)
    return bite(drawing, index, radius, rng)


def _lip(drawing: Drawing, rng: np.random.Generator, length: float) -> tuple[Points, Points, int] | None:
    """A stretch of the outline (`length` pixels), the way out at each of its points, and its middle's index."""
    count = len(drawing.outline)
    step = float(np.linalg.norm(np.diff(drawing.outline[:9], axis=0), axis=1).mean())
    middle, half = int(rng.integers(count)), max(4, int(length / max(step, 1e-3) / 2))
    half = min(half, count // 3)
    path = drawing.outline[np.arange(middle - half, middle + half + 1) % count]
    ahead = np.gradient(path, axis=0)
    normal = np.stack([ahead[:, 1], -ahead[:, 0]], axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    if (outwards(drawing, middle) * normal[half]).sum() < 0:
        normal = -normal
    return (path, normal, middle) if _inside(drawing, path[half], 0.04) else None


def burr(thing: Thing, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    """A ragged row of sharp splinters of the object's own material that stand out from its edge."""
    size = drawing.frame.size
    found = _lip(drawing, rng, size * rng.uniform(0.05, 0.13))
    if found is None:
        return None
    path, normal, middle = found
    reach = size * rng.uniform(0.028, 0.055) * min(1.5, force**0.3)
    # Splinters of uneven length, a tooth of a saw each, no thinner than a pixel.
    along = np.linspace(0, 1, len(path))
    count = int(np.clip(rng.uniform(4, 9), 3, len(path) / 3))
    saw = 1 - np.abs(2 * np.mod(along * count + rng.uniform(0, 1), 1) - 1)
    tall = rng.uniform(0.45, 1, count + 2)[(along * count).astype(int)]
    teeth = (0.15 + 0.85 * saw * tall) * np.sin(np.pi * (0.08 + 0.84 * along))
    rim = path + normal * (teeth * reach)[:, None]
    shape = np.concatenate([rim, path[::-1]])
    image = drawing.image.copy()
    paint(image, [shape + np.asarray(drawing.frame.light) * -0.008 * size], tone(rng, 5, 20), opacity=0.4)
    paint(image, [shape], _material(drawing, middle, rng, 60), shade=1 + 0.1 * noise(rng, size))
    emboss(image, [shape], drawing.frame.light, 0.8, 40)
    return image


def flash(thing: Thing, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    """A thin, wavy, half transparent film of extra material along a stretch of the edge."""
    size = drawing.frame.size
    found = _lip(drawing, rng, size * rng.uniform(0.1, 0.34))
    if found is None:
        return None
    path, normal, middle = found
    count = len(path)
    reach = size * rng.uniform(0.018, 0.036) * min(1.6, force**0.4)
    t = np.linspace(0, 1, count)
    wave = 0.7 + 0.3 * np.sin(t * rng.uniform(4, 12) + rng.uniform(0, 6.3))
    rim = path + normal * (reach * wave * np.sin(np.pi * t) ** 0.4)[:, None]
    shape = np.concatenate([rim, (path - normal * 0.002 * size)[::-1]])
    image = drawing.image.copy()
    paint(image, [shape], _material(drawing, middle, rng, 45), opacity=min(0.95, rng.uniform(0.65, 0.9) * force**0.3))
    edge = strip(rim, max(0.8, size / 256 * 1.3))
    paint(image, [edge], np.clip(_material(drawing, middle, rng, 45) * 1.15 + 12, 0, 250), opacity=0.8)
    return image


def _material(drawing: Drawing, index: int, rng: np.random.Generator, gap: float) -> Field:
    """The object's colour at an outline point, moved at least `gap` grey levels from what lies outside it."""
    size = drawing.frame.size
    normal = outwards(drawing, index)
    x, y = np.clip(drawing.outline[index] - 0.03 * size * normal, 0, size - 1).astype(int)
    own = drawing.image[y, x]
    x, y = np.clip(drawing.outline[index] + 0.02 * size * normal, 0, size - 1).astype(int)
    outside, level = float(luma(drawing.image[y, x])), float(luma(own))
    if abs(level - outside) < gap:
        target = outside + gap if (level >= outside and outside + gap < 245) or outside < gap else outside - gap
        own = own * np.float32(target / max(level, 8.0))
    return np.clip(own * np.float32(rng.uniform(0.95, 1.1)), 4, 250)
