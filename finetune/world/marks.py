"""Defects that look alike on every surface, painted: scratch, stain, crack, dent, hole, burn mark, gouge."""

from __future__ import annotations

import numpy as np

from .draw import (
    Field,
    Pair,
    Patch,
    Points,
    blend,
    cloud,
    extent,
    luma,
    noise,
    outline,
    path,
    relief,
    rgb,
    ribbon,
    soften,
    spin,
)

Made = tuple[Patch, Field] | None


def room(
    pair: Pair, rng: np.random.Generator, low: float, high: float, beyond: float = 3.0
) -> tuple[float, Patch] | None:
    """A defect's length, `low` to `high` (see `extent`), and a free patch that reaches `beyond` pixels past its ends.

    None where nothing is free.
    """
    length = extent(rng, pair.size, low, high)
    at = pair.place(rng, length / 2 + 2)
    return None if at is None else (length, pair.patch(*at, length / 2 + beyond))


def scratch(pair: Pair, rng: np.random.Generator, along: float | None = None, strongly: bool = False) -> Made:
    """A thin line, sometimes with a companion, across the grain where it runs `along`; `strongly` for a busy ground."""
    found = room(pair, rng, 22, 80, 4 * pair.unit + 2)
    if found is None:
        return None
    length, patch = found
    angle = rng.uniform(0, np.pi) if along is None else along + rng.uniform(0.35, np.pi - 0.35)
    width = max(0.8, rng.uniform(0.8, 2.6) * pair.unit)
    taper = np.sin(np.linspace(0.05, np.pi - 0.05, 16)) ** rng.uniform(0.2, 0.8)
    line = path(rng, length, angle, bend=rng.uniform(0, 0.16), jag=0.002)
    lines = [line]
    if rng.random() < 0.2:
        lines.append(line * rng.uniform(0.4, 0.8) + spin(np.array([[0.0, rng.uniform(2.5, 4) * width]]), angle))
    alpha = np.maximum.reduce([patch.fill(ribbon(one, width * taper)) for one in lines])
    bright = luma(patch.pixels).mean() < 150 if rng.random() < 0.8 else rng.random() < 0.5
    strength = rng.uniform(0.6 if strongly else 0.25, 0.95)
    shade = patch.pixels.mean(axis=(0, 1)) * (1.6 if bright else 0.35) + (35.0 if bright else 0.0)
    out = blend(patch.pixels, shade.astype(np.float32), alpha * np.float32(strength))
    if rng.random() < 0.5:  # the burr throws a shadow
        step = spin(np.array([[0.0, 1.0]]), angle) * width
        edge = np.clip(patch.fill(*[ribbon(one + step, width * taper * 0.8) for one in lines[:1]]) - alpha, 0, 1)
        out *= 1 + edge[..., None] * np.float32((-0.5 if bright else 0.5) * strength)
    return patch, out


def stain(pair: Pair, rng: np.random.Generator) -> Made:
    """A flat blot through which the texture still shows, often with a darker rim."""
    found = room(pair, rng, 18, 80)
    if found is None:
        return None
    length, patch = found
    soft = length * rng.uniform(0.02, 0.08)
    parts = [outline(rng, length / 2 * 0.85, 0.35)]
    if rng.random() < 0.35:
        parts.append(outline(rng, length * 0.15) + rng.uniform(-0.3, 0.3, 2) * length)
    alpha = soften(np.maximum.reduce([patch.fill(one) for one in parts]), soft)
    depth = alpha * (1 + np.float32(rng.uniform(0, 0.25)) * noise(rng, patch.shape, length / 4))
    if rng.random() < 0.4:  # dried at the rim
        depth += np.float32(rng.uniform(0.3, 0.8)) * 4 * alpha * (1 - alpha)
    strength = np.float32(rng.uniform(0.22, 0.65))
    depth = np.clip(depth, 0, 1.3)[..., None] * strength
    tint = rgb(rng.uniform(0, 1), rng.uniform(0, 0.7), 1.0) / 255
    if rng.random() < 0.8 or luma(patch.pixels).mean() > 170:
        out = patch.pixels * (1 - depth * (1.1 - 0.6 * tint))
    else:
        out = patch.pixels + depth * tint * 120
    return patch, out


def cracked(rng: np.random.Generator, length: float, angle: float, width: float) -> list[Points]:
    """The outline of a jagged line through the origin, and of its branches."""
    line = path(rng, length, angle, bend=0.12, jag=rng.uniform(0.012, 0.03))
    taper = np.linspace(1, 0.35, 16) if rng.random() < 0.5 else np.sin(np.linspace(0.3, 2.84, 16))
    shapes = [ribbon(line, width * taper)]
    for _ in range(int(rng.choice([0, 1, 2], p=[0.5, 0.35, 0.15]))):
        start = line[int(rng.integers(4, 12))]
        turned = angle + rng.choice([-1, 1]) * rng.uniform(0.4, 1.0)
        branch = path(rng, length * rng.uniform(0.2, 0.35), turned, jag=0.02)
        shapes.append(ribbon(branch - branch[0] + start, width * np.linspace(0.8, 0.3, 16)))
    return shapes


def crack(pair: Pair, rng: np.random.Generator, along: float | None = None) -> Made:
    """A jagged dark line with a light lip; where the grain runs `along`, nearly in its direction."""
    found = room(pair, rng, 24, 80, 6 * pair.unit)
    if found is None:
        return None
    length, patch = found
    angle = rng.uniform(0, np.pi) if along is None else along + rng.normal(0, 0.06)
    width = max(1.0, rng.uniform(0.014, 0.036) * length)
    return patch, fissured(patch, cracked(rng, length, angle, width), rng)


def fissured(patch: Patch, shapes: list[Points], rng: np.random.Generator) -> Field:
    """The patch with dark fissures of those outlines."""
    alpha = np.maximum.reduce([patch.fill(one) for one in shapes])
    lip = np.roll(alpha, 1, axis=0) * (1 - alpha)
    out = patch.pixels * (1 - alpha[..., None] * np.float32(rng.uniform(0.45, 0.92)))
    return out * (1 + lip[..., None] * np.float32(rng.uniform(0, 0.35)))


def dent(pair: Pair, rng: np.random.Generator, light: float) -> Made:
    """A smooth hollow, lit from the direction `light`."""
    found = room(pair, rng, 20, 76)
    if found is None:
        return None
    length, patch = found
    shape = patch.fill(outline(rng, length * 0.36, lobes=0.12, flat=0.55))
    hollow = -soften(shape, length * rng.uniform(0.09, 0.14)) * np.float32(length)
    shade = relief(hollow, light) * np.float32(rng.uniform(0.06, 0.2))
    gloss = np.clip(shade, 0, None) ** 2 * np.float32(rng.uniform(0, 60))
    return patch, patch.pixels * (1 + np.clip(shade, -0.8, 0.9))[..., None] + gloss[..., None]


def hole(
    pair: Pair, rng: np.random.Generator, low: float, high: float, backlit: bool = False
) -> tuple[Patch, Points, Field] | None:
    """Room for a hole: the patch, the outline, and the patch with the opening, light where dark ground is `backlit`."""
    length = extent(rng, pair.size, low, high)
    at = pair.place(rng, length / 2 + 4 * pair.unit)
    if at is None:
        return None
    patch = pair.patch(*at, length / 2 + 5 * pair.unit)
    edge = outline(rng, length / 2, lobes=rng.uniform(0.05, 0.35), flat=0.55)
    alpha = patch.fill(edge)
    mean = patch.pixels.mean(axis=(0, 1))
    deep = mean * np.float32(rng.uniform(0.02, 0.3))
    if backlit and luma(mean) < 70:
        deep = np.array([1.0, 1.0, 0.97], np.float32) * np.float32(rng.uniform(150, 240))
    inner = soften(alpha, length * 0.08) if rng.random() < 0.5 else alpha
    ground = deep * (1 + np.float32(0.5) * (1 - inner))[..., None]
    return patch, edge, blend(patch.pixels, ground.astype(np.float32), alpha)


def burn(pair: Pair, rng: np.random.Generator) -> Made:
    """A scorched place, black in the middle and brown around."""
    found = room(pair, rng, 30, 84)
    if found is None:
        return None
    length, patch = found
    shape = patch.fill(outline(rng, length * 0.33, 0.35, 0.3))
    heat = soften(shape, length * 0.1) * (1 + np.float32(0.3) * cloud(rng, patch.shape, max(2.5, length / 8), 2))
    strength = np.float32(rng.uniform(0.65, 1.0))
    brown = np.clip(heat * 1.6, 0, 1)[..., None] * np.array([0.35, 0.55, 0.7], np.float32) * strength
    core = np.clip(heat * 1.9 - 1.05, 0, 1) * strength * np.float32(0.85)
    return patch, patch.pixels * (1 - brown) * (1 - core)[..., None]


def gouge(pair: Pair, rng: np.random.Generator, light: float) -> Made:
    """A broad torn trough, lit from the direction `light`."""
    found = room(pair, rng, 18, 70)
    if found is None:
        return None
    length, patch = found
    taper = np.sin(np.linspace(0.1, np.pi - 0.1, 16)) ** 0.7
    rough = taper * (1 + 0.12 * rng.standard_normal(16))
    width = length * rng.uniform(0.16, 0.32)
    angle = rng.uniform(0, np.pi)
    alpha = patch.fill(ribbon(path(rng, length * 0.94, angle, bend=0.1), width * rough))
    deep = -soften(alpha, width * 0.22) * np.float32(width)
    shade = relief(deep, light) * np.float32(rng.uniform(0.35, 0.8))
    torn = noise(rng, patch.shape, max(1.0, 1.2 * pair.unit), 7, angle)
    fresh = patch.pixels.mean(axis=(0, 1)) * np.float32(rng.uniform(1.05, 1.35))
    fresh = fresh * (1 + np.float32(0.12) * torn)[..., None]
    out = blend(patch.pixels, fresh, alpha * np.float32(rng.uniform(0.4, 0.8)))
    return patch, out * (1 + np.clip(shade, -0.75, 0.6))[..., None]
