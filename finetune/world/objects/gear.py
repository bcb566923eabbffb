# ruff: noqa: E501  (a template reads best on one line)
"""Gear wheels, seen along their axis. Held out: for zero-shot evaluation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..family import DefectType, Family
from . import clauses
from .draw import Field, Frame, Points, arc, area, away, emboss, noise, paint, shadow, tone
from .edges import bite, burr
from .ground import background
from .marks import crack, scratch, stain
from .scene import Act, Drawing, drawn, evenly


@dataclass(frozen=True, eq=False)
class Gear:
    """A gear of outer radius 1.

    Attributes:
        teeth: how many. root: radius between them. tip, foot: share of the pitch that a tooth takes there.
        bore: radius of the shaft's hole; key: half width of its keyway, 0: none. web: inner and outer radius of a
            sunken ring, or None. holes: number of lightening holes in it.
        gone: the teeth that are missing.
    """

    frame: Frame
    back: Field
    teeth: int
    root: float
    tip: float
    foot: float
    bore: float
    key: float
    web: tuple[float, float] | None
    holes: int
    metal: Field
    grain: Field
    gone: tuple[int, ...] = ()

    def rim(self) -> Points:
        """The silhouette, local."""
        pitch = 2 * np.pi / self.teeth
        points = []
        for i in range(self.teeth):
            if i in self.gone:
                continue
            for radius, turn in ((self.root, -self.foot), (1.0, -self.tip), (1.0, self.tip), (self.root, self.foot)):
                angle = (i + turn / 2) * pitch
                points.append((radius * np.cos(angle), radius * np.sin(angle)))
        # A wide gap follows the root circle: a few points on it keep the gap from being cut short.
        for i in self.gone:
            points += [(self.root * np.cos(a), self.root * np.sin(a)) for a in (np.linspace(-0.4, 0.4, 5) + i) * pitch]
        out = np.array(points)
        return out[np.argsort(self._order(out), kind="stable")]

    def _order(self, points: Points) -> Points:
        turns = np.mod(np.arctan2(points[:, 1], points[:, 0]) + np.pi / self.teeth, 2 * np.pi)
        return np.asarray(np.round(turns, 6), np.float64)

    def render(self) -> Drawing:
        """Draw it."""
        f = self.frame
        rim = f.px(self.rim())
        hub = [f.px(self._shaft())]
        if self.web and self.holes:
            middle, wide = sum(self.web) / 2, (self.web[1] - self.web[0]) * 0.36
            turns = np.arange(self.holes) * 2 * np.pi / self.holes
            hub += [f.px(arc(wide, count=28, at=(middle * np.cos(a), middle * np.sin(a)))) for a in turns]
        image = self.back.copy()
        shadow(image, [rim, *hub], f, 0.5)
        back = image.copy()
        shade = 1 + 0.16 * f.glow() + self.grain
        paint(image, [rim, *hub], self.metal, shade)
        emboss(image, [rim, *hub], f.light, 0.009 * f.size, 85)
        if self.web:
            ring = [f.px(arc(self.web[1], count=64)), f.px(arc(self.web[0], count=48))]
            paint(image, [*ring, *hub[1:]], self.metal * 0.78, shade)
            emboss(image, ring, (-f.light[0], -f.light[1]), 0.012 * f.size, 70)
        body = area(f.size, rim, *hub)
        return Drawing(f, image, back, body, evenly(rim, 720))

    def _shaft(self) -> Points:
        hole = arc(self.bore, 0.0, 2 * np.pi, 40)
        if not self.key:
            return hole
        # From the slot's upper corner once round the shaft to its lower corner, then out into the slot and back.
        half = float(np.arcsin(self.key / self.bore))
        deep = self.bore * 1.3
        return np.concatenate([arc(self.bore, half, 2 * np.pi - half, 40), [[deep, -self.key], [deep, self.key]]])


def _make(rng: np.random.Generator, size: int) -> Gear:
    frame = Frame.draw(rng, size)
    level = float(rng.uniform(85, 215))
    metal = tone(rng, level, level, float(rng.choice([0.03, 0.35, 0.8], p=[0.6, 0.25, 0.15])))
    back = background(rng, size, away(rng, [level, level * 0.8], 40))
    teeth = int(rng.integers(10, 25))
    root = 1 - float(np.clip(rng.uniform(1.7, 2.4) / teeth, 0.09, 0.2))
    bore = float(rng.uniform(0.13, 0.28))
    key = bore * 0.28 if rng.random() < 0.5 else 0.0
    web = (bore + 0.14, root - 0.12) if rng.random() < 0.7 else None
    grain = noise(rng, size, str(rng.choice(["brushed", "fine", "cloud"]))) * np.float32(rng.uniform(0.008, 0.035))
    holes = int(rng.choice([0, 4, 5, 6])) if web else 0
    tip, foot = float(rng.uniform(0.26, 0.4)), float(rng.uniform(0.52, 0.66))
    return Gear(frame, back, teeth, root, tip, foot, bore, key, web, holes, metal, grain)


def _missing(thing: Gear, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    first = int(rng.integers(thing.teeth))
    gone = (first,) if rng.random() < 0.8 else (first, (first + 1) % thing.teeth)
    return replace(thing, gone=gone).render().image


def _chip(thing: Gear, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    """A piece broken off a tooth's corner, its tip in part."""
    tooth = int(rng.integers(thing.teeth)) + float(rng.choice([-1, 1])) * thing.tip / 2
    ((x, y),) = thing.frame.px(
        np.array([[np.cos(tooth * 2 * np.pi / thing.teeth), np.sin(tooth * 2 * np.pi / thing.teeth)]])
    )
    index = int(np.argmin(((drawing.outline - (x, y)) ** 2).sum(axis=1)))
    pitch = 2 * np.pi / thing.teeth * thing.frame.scale
    return bite(drawing, index, min(0.6, rng.uniform(0.2, 0.36) * force**0.4) * pitch, rng)


_ACTS: dict[str, Act] = {
    "missing tooth": _missing, "chip": _chip, "burr": burr, "crack": crack, "scratch": scratch, "stain": stain,
}  # fmt: skip
_FACE = "{face|surface|metal} of the gear"
_MISSING = DefectType(
    "missing tooth",
    "missing",
    (
        "{a tooth|one tooth} of the {gear|wheel} {is absent|is gone} {and leaves a wide gap|so that the rim is bare there|}",
        "the {row|ring} of teeth {has|shows} {a gap|a wide gap} {where a tooth should be|of a whole tooth|}",
        "between two teeth {there is|lies} {an empty place|a gap} {twice as wide as the others|where a tooth belongs}",
    ),
    ("it {makes|lets} the {drive|gear train} {jump|knock|slip} {once a turn|}", "it {breaks|interrupts} the {mesh|transmission} {of the pair|}"),
    ("{overload|shock load|fatigue} {at the root|}", "{an error|a fault|a skipped stroke} in {hobbing|casting|cutting}"),
    ("absent tooth", "lost tooth"),
    logical=True,
)  # fmt: skip


GEAR = Family(
    "gear",
    "gear wheel",
    (
        _MISSING, clauses.chip("{edge|tip|corner} of a tooth"), clauses.burr("{edge|rim} of the gear"),
        clauses.crack("{gear|body of the gear}"), clauses.scratch(_FACE), clauses.stain(_FACE),
    ),
    (
        "{all teeth|the teeth} are {alike|of one shape} and {complete|evenly spaced}",
        "the {edges|flanks} of the teeth are {clean|smooth|even} and {sharp|whole}",
        "the {face|surface} of the {gear|wheel} is {even|clean|evenly bright}",
    ),
    ("{a gear|the gear wheel} {passes|transmits} {torque|motion} through its teeth",
     "{a gear|the gear wheel} {sits|turns} on {a shaft|its shaft} and {meshes with|drives} another"),
    drawn(_make, _ACTS),
    held_out=True,
)  # fmt: skip
