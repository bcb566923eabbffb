"""Assembled circuit boards and the faults of assembly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np

from ..draw import Painter, Pair, finish, plant_all
from ..family import Family, Rgb, Scene
from ..marks import Made, burn, scratch
from ..textures.clauses import BURN, SCRATCH
from .clauses import BRIDGE, LIFTED, MISSING, POPULATED_ABOUT, POPULATED_NORMAL, ROTATED, WRONG
from .layout import arrange, draw_bare, make_part
from .parts import TWO_ENDED, Part, draw_part
from .pen import Colour, Pen

_POLAR = ("diode", "light", "can", "chip", "quad", "crystal")


@dataclass(frozen=True)
class _Board:
    """A board: the bare one and the assembled one (RGB, `super` pixels a pixel), its parts, pixels a unit."""

    bare: Rgb
    full: Rgb
    parts: tuple[Part, ...]
    scale: float
    super: int

    def change(self, pair: Pair, part: Part, other: Part | None, margin: float = 3.0) -> Made:
        """What replacing `part` by `other` (None: nothing) does to the picture; None where there is no room for it."""
        reach = (max(part.reach, other.reach if other else 0.0) + margin) * pair.unit
        x, y = part.x * pair.unit, part.y * pair.unit
        if not pair.free(x, y, reach):
            return None
        patch = pair.patch(x, y, reach)
        rows, columns = patch.window
        k = self.super
        hires = np.s_[rows.start * k : rows.stop * k, columns.start * k : columns.stop * k]
        near = [
            one
            for one in self.parts
            if one is not part
            and max(abs(one.x - part.x), abs(one.y - part.y)) * pair.unit < reach + one.reach * pair.unit
        ]
        pictures = []
        # Both are drawn anew, in the same order: a line cut off by the canvas's edge is drawn a little differently.
        for shown in (part, other):
            canvas = self.bare[hires].copy()
            pen = Pen(canvas, self.scale, (columns.start * k, rows.start * k))
            for one in (*near, *([shown] if shown is not None else [])):
                draw_part(pen, one)
            pictures.append(shrink(canvas, k).astype(np.float32))
        before, after = pictures
        return patch, patch.pixels + (after - before)


def shrink(canvas: Rgb, times: int) -> Rgb:
    """`canvas` at a `times`-th of its size."""
    if times == 1:
        return canvas
    size = (canvas.shape[1] // times, canvas.shape[0] // times)
    return np.asarray(cv2.resize(canvas, size, interpolation=cv2.INTER_AREA), np.uint8)


def _assemble(rng: np.random.Generator, size: int) -> tuple[_Board, Rgb]:
    # Small pictures show fewer, larger parts: leads of a pixel could not be seen.
    zoom = float(rng.uniform(0.85, 1.35)) * max(1.0, (200 / size) ** 0.6)
    k = 2 if size < 400 else 1
    scale = size * k / 256
    parts = arrange(rng, zoom)
    bare = np.zeros((size * k, size * k, 3), np.uint8)
    draw_bare(rng, bare, Pen(bare, scale), parts, zoom)
    full = bare.copy()
    pen = Pen(full, scale)
    for part in parts:
        draw_part(pen, part)
    board = _Board(bare, full, tuple(parts), scale, k)
    return board, finish(rng, shrink(full, k).astype(np.float32))


def _pick(board: _Board, rng: np.random.Generator, kinds: Sequence[str] | None = None) -> Part | None:
    """A random part, each kind on the board as often as any other."""
    present = sorted({p.kind for p in board.parts if kinds is None or p.kind in kinds})
    if not present:
        return None
    kind = present[int(rng.integers(len(present)))]
    fitting = [p for p in board.parts if p.kind == kind]
    return fitting[int(rng.integers(len(fitting)))]


def _missing(pair: Pair, rng: np.random.Generator, board: _Board) -> Made:
    part = _pick(board, rng)
    return None if part is None else board.change(pair, part, None)


def _wrong(pair: Pair, rng: np.random.Generator, board: _Board) -> Made:
    """A part of another kind, colour or size on the same pads."""
    part = _pick(board, rng)
    if part is None:
        return None
    if part.kind in TWO_ENDED and rng.random() < 0.7:
        kind = str(rng.choice([k for k in TWO_ENDED if k != part.kind]))
        other = replace(make_part(rng, kind, 1.0), x=part.x, y=part.y, angle=part.angle, long=part.long, wide=part.wide)
    elif part.kind in TWO_ENDED or part.kind in ("can", "coil", "crystal"):
        factor = rng.uniform(0.55, 0.72) if rng.random() < 0.5 else rng.uniform(1.25, 1.45)
        fresh = make_part(rng, part.kind, 1.0)
        other = replace(part, long=part.long * factor, wide=part.wide * factor, body=fresh.body, mark=fresh.mark)
    else:
        fresh = make_part(rng, part.kind, 1.0)
        pale = np.mean(part.body) > 90
        body: Colour = (42, 42, 46) if pale else [(205, 200, 180), (120, 110, 96), (150, 60, 40)][int(rng.integers(3))]
        other = replace(part, body=body, label=fresh.label, mark=(200, 200, 200) if pale else (40, 40, 44))
        if part.kind == "header":
            other = replace(other, mark=part.mark)
    return board.change(pair, part, other)


def _rotated(pair: Pair, rng: np.random.Generator, board: _Board) -> Made:
    """A part turned by a quarter, by half where that shows, or askew."""
    part = _pick(board, rng, [*TWO_ENDED, *_POLAR, "transistor"])
    if part is None:
        return None
    square = part.kind in ("can", "quad")
    turns = [np.pi / 2] if part.kind != "chip" else [np.pi]
    if part.kind in ("diode", "can", "transistor"):
        turns.append(np.pi)
    if not square:
        turns.append(float(rng.choice([-1, 1]) * rng.uniform(0.35, 0.9)))
    return board.change(pair, part, replace(part, angle=part.angle + turns[int(rng.integers(len(turns)))]))


def _bridge(pair: Pair, rng: np.random.Generator, board: _Board) -> Made:
    part = _pick(board, rng, ("chip", "quad", "header"))
    if part is None:
        return None
    sides = {"chip": 2, "quad": 4, "header": 1}[part.kind]
    first = int(rng.integers(sides)) * part.pins + int(rng.integers(part.pins - 1))
    return board.change(pair, part, replace(part, bridge=first))


def _lifted(pair: Pair, rng: np.random.Generator, board: _Board) -> Made:
    part = _pick(board, rng, ("chip", "quad", "transistor"))
    if part is None:
        return None
    bend = float(rng.choice([-1, 1]) * rng.uniform(0.35, 0.75))
    return board.change(pair, part, replace(part, lifted=int(rng.integers(len(part.leads()))), bend=bend))


def _draw(rng: np.random.Generator, size: int, types: Sequence[str]) -> Scene:
    board, picture = _assemble(rng, size)
    painters: dict[str, Painter] = {
        "missing component": partial(_missing, board=board),
        "wrong component": partial(_wrong, board=board),
        "rotated component": partial(_rotated, board=board),
        "solder bridge": partial(_bridge, board=board),
        "lifted lead": partial(_lifted, board=board),
        "burn mark": burn,
        "scratch": partial(scratch, strongly=True),
    }
    return plant_all(picture, rng, types, painters, attempts=24, stronger=1)


POPULATED = Family(
    name="populated board",
    object="assembled circuit board",
    types=(MISSING, WRONG, ROTATED, BRIDGE, LIFTED, BURN, SCRATCH),
    normal=POPULATED_NORMAL,
    about=POPULATED_ABOUT,
    draw=_draw,
)
FAMILIES = (POPULATED,)
