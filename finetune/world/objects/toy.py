# ruff: noqa: E501  (a template reads best on one line)
"""Moulded toys of several coloured plastic parts: cars, robots, boats, blocks. Held out: for zero-shot evaluation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..draw import luma
from ..family import DefectType, Family
from . import clauses
from .draw import Field, Frame, Points, arc, away, box, cover, dim, emboss, noise, paint, rounded, shadow, tone
from .edges import flash
from .ground import background
from .marks import crack, scratch, stain
from .scene import Act, Drawing, drawn, silhouette


@dataclass(frozen=True, eq=False)
class Part:
    """A part: outline in local coordinates, colour, and whether it may be missing or swapped."""

    outline: Points
    colour: Field
    loose: bool = False


def _car(rng: np.random.Generator, pick: Callable[[], Field]) -> list[Part]:
    length, low = rng.uniform(0.78, 0.9), rng.uniform(0.12, 0.2)
    wheel, dark, glass = rng.uniform(0.15, 0.21), pick(), pick()
    roof = np.array([[-0.45, -0.08], [-0.3, -0.42], [0.22, -0.42], [0.42, -0.08]]) * (1, rng.uniform(0.9, 1.15))
    pane = [
        np.array([[-0.34, -0.1], [-0.25, -0.34], [-0.04, -0.34], [-0.04, -0.1]]),
        np.array([[0.03, -0.1], [0.03, -0.34], [0.19, -0.34], [0.3, -0.1]]),
    ]
    made = [Part(roof, pick()), *(Part(p, glass, True) for p in pane)]
    made.append(Part(rounded(-length, -0.1, length, low + 0.12, 0.12), pick()))
    made.append(Part(rounded(length - 0.14, 0.0, length - 0.03, 0.12, 0.05), pick(), True))
    for u in (-0.48, 0.48):
        made += [
            Part(arc(wheel, at=(u, low + 0.12)), dark, True),
            Part(arc(wheel * 0.5, at=(u, low + 0.12)), pick(), False),
        ]
    return made


def _robot(rng: np.random.Generator, pick: Callable[[], Field]) -> list[Part]:
    arm, eye, leg = pick(), pick(), pick()
    wide = rng.uniform(0.26, 0.34)
    made = [Part(rounded(u - 0.09, 0.3, u + 0.09, 0.86, 0.05), leg, True) for u in (-0.15, 0.15)]
    made += [Part(rounded(s - 0.08, -0.24, s + 0.08, 0.28, 0.07), arm, True) for s in (-wide - 0.11, wide + 0.11)]
    made += [
        Part(rounded(-wide, -0.28, wide, 0.36, 0.08), pick()),
        Part(rounded(-0.25, -0.8, 0.25, -0.33, 0.1), pick()),
    ]
    made += [Part(arc(0.07, at=(u, -0.6)), eye, True) for u in (-0.11, 0.11)]
    made += [
        Part(rounded(-0.14, -0.1, 0.14, 0.12, 0.03), pick(), True),
        Part(box(-0.12, -0.46, 0.12, -0.41), pick(), False),
    ]
    return made


def _block(rng: np.random.Generator, pick: Callable[[], Field]) -> list[Part]:
    columns, rows = int(rng.integers(3, 5)), int(rng.integers(2, 4))
    step = 1.36 / columns
    wide, high = columns * step / 2, rows * step / 2
    made = [Part(rounded(-wide, -high, wide, high, 0.06), pick())]
    studs = [pick(), pick()]
    for i in range(columns):
        for j in range(rows):
            at = (-wide + (i + 0.5) * step, -high + (j + 0.5) * step)
            made.append(Part(arc(step * 0.3, count=32, at=at), studs[(i + j) % 2], True))
    return made


def _boat(rng: np.random.Generator, pick: Callable[[], Field]) -> list[Part]:
    hull = np.array([[-0.85, 0.15], [0.9, 0.15], [0.55, 0.5], [-0.6, 0.5]])
    window = pick()
    made = [
        Part(box(-0.52, -0.62, -0.32, -0.2), pick(), True),
        Part(rounded(-0.62, -0.22, 0.3, 0.16, 0.05), pick()),
        Part(hull, pick()),
    ]
    made += [Part(arc(0.09, at=(u, -0.03)), window, True) for u in (-0.44, -0.16, 0.12)]
    made += [
        Part(np.array([[0.42, 0.16], [0.42, -0.55], [0.47, -0.55], [0.47, 0.16]]), pick()),
        Part(np.array([[0.47, -0.55], [0.83, -0.4], [0.47, -0.25]]), pick(), True),
    ]
    return made


_PLANS = (_car, _robot, _block, _boat)


@dataclass(frozen=True, eq=False)
class Toy:
    """A toy: its parts from back to front, `gloss` of its plastic."""

    frame: Frame
    back: Field
    parts: tuple[Part, ...]
    grain: Field
    gloss: float

    def render(self) -> Drawing:
        """Draw it."""
        f = self.frame
        outlines = [f.px(part.outline) for part in self.parts]
        image = self.back.copy()
        fixed = [o for o, part in zip(outlines, self.parts, strict=True) if not part.loose]
        for outline in sorted(fixed, key=_extent)[-2:]:
            shadow(image, [outline], f, 0.35)
        back = image.copy()
        shade = 1 + 0.16 * f.glow() + self.grain
        body = np.zeros((f.size, f.size), np.uint8)
        for outline, part in zip(outlines, self.parts, strict=True):
            dim(image, outline + np.asarray(f.light) * -0.008 * f.size, 0.7)
            found = cover(f.size, outline)
            paint(image, found, part.colour, shade)
            emboss(image, found, f.light, 0.014 * f.size, self.gloss)
            if found is not None:
                body[found[0]] = np.maximum(body[found[0]], found[1])
        return Drawing(f, image, back, body, silhouette(body))


def _extent(outline: Points) -> float:
    return float(np.ptp(outline[:, 0]) * np.ptp(outline[:, 1]))


def _make(rng: np.random.Generator, size: int) -> Toy:
    frame = Frame.draw(rng, size)
    around = float(rng.uniform(25, 230))
    used: list[float] = [around]

    def pick() -> Field:
        level = away(rng, used[:1] + used[-2:], 32, 30, 225)
        used.append(level)
        return tone(rng, level, level, float(rng.uniform(0.4, 1.0)))

    plan = _PLANS[int(rng.integers(len(_PLANS)))]
    parts = tuple(plan(rng, pick))
    grain = noise(rng, size) * np.float32(rng.uniform(0.0, 0.02))
    return Toy(frame, background(rng, size, around), parts, grain, float(rng.uniform(60, 110)))


def _loose(thing: Toy, rng: np.random.Generator) -> int:
    return int(rng.choice([i for i, part in enumerate(thing.parts) if part.loose]))


def _missing(thing: Toy, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    gone = _loose(thing, rng)
    # What sits on a part, within its outline, goes with it.
    center, reach = thing.parts[gone].outline.mean(axis=0), np.ptp(thing.parts[gone].outline, axis=0).min() / 3
    kept = [
        part
        for i, part in enumerate(thing.parts)
        if i != gone and not (i > gone and np.abs(part.outline.mean(axis=0) - center).max() < reach)
    ]
    return replace(thing, parts=tuple(kept)).render().image


def _swapped(thing: Toy, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    """Another colour, another shape, or both."""
    index = _loose(thing, rng)
    part = thing.parts[index]
    before = float(luma(part.colour))
    colour = part.colour
    if (recoloured := rng.random() < 0.75) or force > 1.5:
        level = away(rng, [before], 36 * force**0.5, 25, 235)
        colour = tone(rng, level, level, float(rng.uniform(0.4, 1)))
    outline = part.outline
    if not recoloured or rng.random() < 0.3:
        low, high = outline.min(axis=0), outline.max(axis=0)
        middle, half = (low + high) / 2, (high - low).min() / 2
        round_ = len(outline) > 30
        outline = box(*(middle - half * 0.8), *(middle + half * 0.8)) if round_ else arc(half, at=middle.tolist())
    parts = list(thing.parts)
    parts[index] = Part(outline, colour, part.loose)
    return replace(thing, parts=tuple(parts)).render().image


_ACTS: dict[str, Act] = {
    "missing part": _missing, "swapped part": _swapped, "flash": flash, "scratch": scratch, "stain": stain,
    "crack": crack,
}  # fmt: skip
_MISSING = DefectType(
    "missing part",
    "missing",
    (
        "{a part|one part|a piece} of the toy is {absent|gone|not mounted} {and its place is bare|}",
        "{where a part belongs|in the place of one part} {there is nothing|only the base is seen}",
        "the toy {lacks|is without} {a part|one piece} {that the reference has|}",
    ),
    ("it {makes|leaves} the toy {incomplete|unsaleable}", "the toy {cannot|does not} {work|stand|roll} {as it should|}"),
    ("{a forgotten|a skipped} {step|part} {in assembly|}", "{a part|a piece} {fell|came} off {in packing|in transport|}"),
    ("absent part", "lost piece"),
    logical=True,
)  # fmt: skip
_PLASTIC = "{plastic|toy|toy's surface}"


TOY = Family(
    "moulded toy",
    "moulded plastic toy",
    (
        _MISSING, clauses.swapped_part("{part|piece} of the toy"), clauses.flash("toy"), clauses.scratch(_PLASTIC),
        clauses.stain(_PLASTIC), clauses.crack("{plastic|toy}"),
    ),
    (
        "{every part|each part} of the toy {is in place|is there} {and of the right colour|as in the reference|}",
        "the {edges|outlines} of the {plastic|toy} are {clean|smooth} {all around|}",
        "the {plastic|surface} is {clean|glossy|even} and {whole|closed}",
    ),
    ("{a moulded toy|the toy} {is put together|is assembled} from {coloured|several} plastic parts",
     "{its parts|the parts of the toy} are {injection moulded|moulded} in {several|different} colours"),
    drawn(_make, _ACTS),
    held_out=True,
)  # fmt: skip
