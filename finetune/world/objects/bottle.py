"""Bottles with label: glass or plastic, a coloured liquid, a cap, a printed label."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..draw import luma
from ..family import Family
from . import clauses
from .bottle_clauses import ABOUT, CROOKED, LOW, MISSING_CAP, MISSING_LABEL, NORMAL, TORN
from .draw import Field, Frame, Points, arc, area, away, box, paint, rounded, shadow, tone
from .edges import flash
from .ground import background
from .label import Label, stick
from .marks import contamination, crack, stain
from .scene import Act, Drawing, drawn, evenly

_WORDS = ("AQUA", "OIL", "SYRUP", "TONIC", "SOAP", "PURE", "COLA", "ROSE", "LAB 7", "CARE", "VITA", "MINT")
_CAP, _LIP = -0.98, -0.8


@dataclass(frozen=True, eq=False)
class Bottle:
    """A bottle along u, its cap at -1.

    Attributes:
        wall, neck, shoulder: half widths of body and neck, u where the shoulder ends.
        glass, liquid, cap: colours; cap None: it is missing. cap_half: half its width.
        clear: how much of what lies behind shows through, 0..1.
        fill: u of the liquid's level.
        label: None: it is missing.
    """

    frame: Frame
    back: Field
    wall: float
    neck: float
    shoulder: float
    glass: Field
    liquid: Field
    cap: Field | None
    cap_half: float
    clear: float
    fill: float
    shine: float
    label: Label | None

    def profile(self) -> Points:
        """The right half of the silhouette without the cap, from the neck's rim to the bottom, local."""
        t = np.linspace(0, 1, 9)
        shoulder = np.stack(
            [
                _LIP + 0.16 + t * (self.shoulder - _LIP - 0.16),
                self.neck + (self.wall - self.neck) * (1 - np.cos(np.pi * t)) / 2,
            ],
            1,
        )
        r = 0.09
        foot = arc(r, np.pi / 2, 0, 6, (0.96 - r, self.wall - r))
        return np.concatenate([[[_LIP - 0.06, self.neck]], shoulder, foot])

    def render(self) -> Drawing:
        """Draw it."""
        f = self.frame
        side = self.profile()
        hull = f.px(np.concatenate([side, side[::-1] * (1, -1)]))
        cap = f.px(rounded(_CAP, -self.cap_half, _LIP + 0.02, self.cap_half, 0.03))
        image = self.back.copy()
        shadow(image, [hull], f, 0.35)
        back = image.copy()
        table = np.interp(np.linspace(-1.1, 1.1, 441), side[:, 0], side[:, 1]).astype(np.float32)
        window = f.window(hull)
        across = f.v[window] / table[np.clip((f.u[window] + 1.1) * 200, 0, 440).astype(np.int32)]
        rise = np.sqrt(np.clip(1 - across**2, 0, 1))
        shade = f.spread(window, 0.5 + 0.55 * rise)
        main, other = (across - self.shine) / np.float32(0.09), (across + self.shine * 0.8) / np.float32(0.06)
        gloss = f.spread(window, 75 * np.exp(-(main**2)) + 25 * np.exp(-(other**2)))
        seen = np.zeros_like(image)
        seen[window] = self.back[window] * self.clear + self.glass * (1 - self.clear)
        paint(image, [hull], seen, shade, gloss)
        level = f.px(box(self.fill, -1, 1.1, 1))
        hulled = area(f.size, hull)
        paint(image, [level], self.liquid, shade, gloss, clip=hulled)
        rim = f.px(box(self.fill - 0.012, -1, self.fill + 0.006, 1))
        paint(image, [rim], np.clip(self.liquid * 1.25 + 14, 0, 250), shade, clip=hulled)
        if self.label is not None:
            stick(image, f, self.label, hulled, shade, gloss * 0.25)
        if self.cap is None:
            self._threads(image)
        else:
            self._close(image, cap)
        body = hulled if self.cap is None else hulled | area(f.size, cap)
        return Drawing(f, image, back, body, evenly(hull))

    def _close(self, image: Field, cap: Points) -> None:
        f, colour = self.frame, self.cap
        window = f.window(cap)
        across = f.v[window] / np.float32(self.cap_half)
        ribs = 0.5 + 0.5 * np.sqrt(np.clip(1 - across**2, 0, 1)) + 0.1 * np.cos(np.arcsin(np.clip(across, -1, 1)) * 26)
        gloss = 60 * np.exp(-(((across - self.shine) / 0.14) ** 2))
        if colour is not None:
            paint(image, [cap], colour, f.spread(window, ribs), f.spread(window, gloss))
            paint(image, [f.px(box(_LIP - 0.01, -self.cap_half, _LIP + 0.02, self.cap_half))], colour * 0.5)

    def _threads(self, image: Field) -> None:
        """The open mouth, with the neck's screw thread."""
        for i in range(3):
            u = _LIP - 0.03 + 0.042 * i
            turn = np.array([[u, -1], [u + 0.03, 1], [u + 0.045, 1], [u + 0.015, -1]]) * (1, self.neck * 1.12)
            paint(image, [self.frame.px(turn)], np.clip(self.glass * 1.2 + 12, 0, 250), opacity=0.8)
        mouth = arc(1, 0, 2 * np.pi, 24) * (0.03, self.neck) + (_LIP - 0.06, 0)
        paint(image, [self.frame.px(mouth)], self.glass * 0.35)


def _make(rng: np.random.Generator, size: int) -> Bottle:
    upright = np.pi / 2 + float(rng.uniform(-0.15, 0.15))
    frame = Frame.draw(rng, size, upright if rng.random() < 0.55 else None)
    wall = float(rng.uniform(0.26, 0.42))
    neck = float(rng.uniform(0.32, 0.55)) * wall
    shoulder = float(rng.uniform(-0.5, -0.22))
    level = float(rng.uniform(40, 215))
    back = background(rng, size, level)
    clear = float(rng.uniform(0.2, 0.7))
    glass = tone(rng, glassy := away(rng, [level], 45, 40, 225), glassy, 0.5)
    empty = clear * level + (1 - clear) * glassy
    liquid = tone(rng, wet := away(rng, [empty], 40, 30, 215), wet, float(rng.uniform(0, 1)))
    paper = tone(rng, sheet := away(rng, [wet], 45, 40, 240), sheet, float(rng.choice([0.05, 0.8])))
    dark = sheet > 125
    ink = tone(rng, 10, 45, 0.5) if dark else tone(rng, 200, 240, 0.2)
    band = tone(rng, other := away(rng, [sheet], 45, 25, 235), other, 1.0)
    u0 = shoulder + float(rng.uniform(0.12, 0.3))
    u1 = min(0.84, u0 + float(rng.uniform(0.5, 0.8)))
    word = str(rng.choice(_WORDS))
    label = Label(u0, u1, wall * float(rng.uniform(0.72, 0.95)), paper, band, ink, word, int(rng.integers(3)))
    cap = tone(rng, lid := away(rng, [level], 40, 25, 230), lid, float(rng.uniform(0, 1)))
    fill = float(rng.uniform(_LIP + 0.14, shoulder - 0.02))
    shine = float(rng.choice([-1, 1]) * rng.uniform(0.45, 0.75))
    return Bottle(frame, back, wall, neck, shoulder, glass, liquid, cap, neck * 1.22, clear, fill, shine, label)


def _crooked(thing: Bottle, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    if thing.label is None:
        return None
    turn = float(rng.choice([-1, 1]) * rng.uniform(0.1, 0.26)) * min(1.5, force**0.5)
    return replace(thing, label=replace(thing.label, turn=turn, shift=float(rng.uniform(-0.05, 0.05)))).render().image


def _torn(thing: Bottle, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    if thing.label is None:
        return None
    label = thing.label
    side, span = float(rng.choice([-1, 1])), label.u1 - label.u0
    end = (
        (label.u0 if rng.random() < 0.5 else label.u1)
        if rng.random() < 0.65
        else label.u0 + span * rng.uniform(0.2, 0.8)
    )
    corner, radius = np.array([end, side * label.half]), rng.uniform(0.12, 0.3) * min(1.4, force**0.5)
    angles = np.linspace(0, 2 * np.pi, 34, endpoint=False)
    reach = radius * (1 + rng.normal(0, 0.12, 34)) * (1 + 0.25 * np.sin(3 * angles + rng.uniform(0, 6)))
    piece = corner + reach[:, None] * np.stack([np.cos(angles), np.sin(angles) * rng.uniform(0.7, 1.2)], 1)
    return replace(thing, label=replace(label, torn=thing.frame.px(piece))).render().image


def _low(thing: Bottle, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    lower = thing.fill + float(rng.uniform(0.1, 0.5)) * min(1.5, force**0.5)
    return replace(thing, fill=min(lower, 0.8)).render().image


def _no_cap(thing: Bottle, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    return replace(thing, cap=None).render().image


def _no_label(thing: Bottle, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    return replace(thing, label=None).render().image


def _swapped(thing: Bottle, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    if thing.cap is None:
        return None
    around = float(luma(thing.back.reshape(-1, 3)[::97].mean(axis=0)))
    level = away(rng, [float(luma(thing.cap)), around], 40 * force**0.5, 25, 235)
    half = thing.cap_half * (1.0 if rng.random() < 0.7 else float(rng.uniform(1.15, 1.35)))
    return replace(thing, cap=tone(rng, level, level, float(rng.uniform(0, 1))), cap_half=half).render().image


def _crack(thing: Bottle, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    """In the wall only: paper and cap do not crack."""
    body = drawing.body
    if thing.label is not None:
        covered = thing.frame.px(box(thing.label.u0 - 0.03, -1, thing.label.u1 + 0.05, 1))
        body = cv2.subtract(body, area(thing.frame.size, covered))
    return crack(thing, replace(drawing, body=body), rng, force)


_ACTS: dict[str, Act] = {
    "crooked label": _crooked, "torn label": _torn, "missing label": _no_label, "missing cap": _no_cap,
    "low fill": _low,
    "contamination": contamination, "crack": _crack, "stain": stain, "flash": flash, "swapped part": _swapped,
}  # fmt: skip


_WALL = "{bottle|wall of the bottle|body of the bottle}"
BOTTLE = Family(
    "bottle",
    "bottle with label",
    (
        CROOKED, TORN, MISSING_LABEL, MISSING_CAP, LOW, clauses.contamination("{bottle|liquid|inside of the bottle}"),
        clauses.crack(_WALL), clauses.stain("{bottle|bottle's surface}"), clauses.flash("bottle"),
        clauses.swapped_part("{cap|closure}"),
    ),
    NORMAL,
    ABOUT,
    drawn(_make, _ACTS),
)  # fmt: skip
