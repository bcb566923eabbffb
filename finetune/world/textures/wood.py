"""Wood: boards and parquet of pale to dark species, with growth rings, fibres and pores. Held out from training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..draw import Field, Painter, Pair, finish, noise, plant_all, rgb, soften
from ..family import Family, Rgb, Scene
from ..marks import Made, burn, crack, gouge, hole, scratch
from .clauses import BURN, GOUGE, KNOT_HOLE, SCRATCH, SPLIT, WOOD_ABOUT, WOOD_NORMAL


@dataclass(frozen=True)
class _Board:
    """A wooden surface: its picture, the direction of the grain, of the light (radians), and its mean colour."""

    picture: Rgb
    along: float
    light: float
    colour: Field


def _board(rng: np.random.Generator, size: int) -> _Board:
    unit, shape = size / 256, (size, size)
    angle = float(rng.integers(2) * np.pi / 2 + rng.normal(0, 0.05) if rng.random() < 0.75 else rng.uniform(0, np.pi))
    x = np.arange(size, dtype=np.float32)[None]
    y = np.arange(size, dtype=np.float32)[:, None]
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    across = y * c - x * s
    ring = float(np.exp(rng.uniform(np.log(5), np.log(26)))) * unit
    warp = noise(rng, shape, 60 * unit, rng.uniform(3, 9), angle) * np.float32(rng.uniform(0.3, 3.0))
    phase = across / np.float32(ring) + warp + 0.25 * noise(rng, shape, 8 * unit, 8, angle)
    shade = np.ones(shape, np.float32)
    if rng.random() < 0.45:  # planks or parquet
        wide = rng.uniform(45, 110) * unit
        rank = across / np.float32(wide) + np.float32(rng.random())
        number = np.floor(rank)
        table = rng.standard_normal((2, 32)).astype(np.float32)
        index = number.astype(np.int32) % 32
        phase = phase + 9 * table[0][index]
        shade = shade + np.float32(rng.uniform(0.03, 0.1)) * table[1][index]
        seam = np.clip(1.2 - np.minimum(rank - number, number + 1 - rank) * np.float32(wide / max(1.0, unit)), 0, 1)
        shade = shade * (1 - np.float32(rng.uniform(0.2, 0.6)) * seam)
    late = phase - np.floor(phase)
    late = late ** np.float32(rng.uniform(1.2, 4)) * np.clip((1 - late) * 8, 0, 1)
    fibre = noise(rng, shape, max(1.0, unit), 40, angle) + noise(rng, shape, 2.5 * unit, 50, angle)
    tone = shade * (1 - np.float32(rng.uniform(0.12, 0.5)) * late + np.float32(rng.uniform(0.01, 0.05)) * fibre)
    if rng.random() < 0.6:
        pores = noise(rng, shape, 1.3 * unit, rng.uniform(6, 14), angle)
        tone = tone - np.float32(rng.uniform(0.1, 0.35)) * np.clip(pores - rng.uniform(1.2, 2), 0, 1)
    colour = rgb(rng.uniform(0.045, 0.115), rng.uniform(0.25, 0.7), rng.uniform(0.35, 0.95))
    reddish = np.clip(1 - tone, 0, 1)[..., None] * np.array([-0.1, 0.05, 0.15], np.float32)
    done = finish(rng, colour * tone[..., None] * (1 - reddish))
    return _Board(done, angle, float(rng.uniform(0, 2 * np.pi)), colour)


def _knot_hole(pair: Pair, rng: np.random.Generator) -> Made:
    made = hole(pair, rng, 10, 48)
    if made is None:
        return None
    patch, edge, out = made
    inside = patch.fill(edge)
    halo = np.clip(soften(patch.fill(edge * 1.25), 2.5 * pair.unit) - inside, 0, 1)
    return patch, out * (
        1 - halo[..., None] * np.array([0.45, 0.6, 0.7], np.float32) * np.float32(rng.uniform(0.2, 0.9))
    )


def _draw(rng: np.random.Generator, size: int, types: Sequence[str]) -> Scene:
    board = _board(rng, size)
    painters: dict[str, Painter] = {
        "hole": _knot_hole,
        "crack": partial(crack, along=board.along),
        "burn mark": burn,
        "gouge": partial(gouge, light=board.light),
        "scratch": partial(scratch, along=board.along),
    }
    return plant_all(board.picture, rng, types, painters)


WOOD = Family(
    name="wood",
    object="wooden board",
    types=(KNOT_HOLE, SPLIT, BURN, GOUGE, SCRATCH),
    normal=WOOD_NORMAL,
    about=WOOD_ABOUT,
    draw=_draw,
    held_out=True,
)
