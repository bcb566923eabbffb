# ruff: noqa: E501  (a template reads best on one line)
"""Capsules: two-coloured shells of gelatine with an imprint."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..draw import luma
from ..family import DefectType, Family
from . import clauses
from .draw import Field, Frame, Points, arc, area, away, box, paint, shadow, tone
from .ground import background, print_text
from .marks import crack, dent, hole, scratch, stain
from .scene import Act, Drawing, drawn, evenly

_TEXTS = ("500", "R 20", "AX7", "10 mg", "K 44", "PZ", "250", "B12", "M 5", "CX 80", "LUMO", "N 100")


@dataclass(frozen=True, eq=False)
class Capsule:
    """A capsule along u, half a unit round at most.

    Attributes:
        radius, join: of the body; where the two halves meet, u.
        left, right, ink: colours.
        text, at, turn, height: the imprint, its centre's u and v, its angle, its letters' height.
        smear, double: pixels the imprint is dragged along, or printed again beside itself.
        shine: position of the highlight across, -1..1.
    """

    frame: Frame
    back: Field
    radius: float
    join: float
    left: Field
    right: Field
    ink: Field
    text: str
    at: tuple[float, float]
    turn: float
    height: float
    shine: float
    smear: float = 0.0
    double: float = 0.0

    def _halves(self) -> tuple[Points, Points]:
        r, slim = self.radius, self.radius * 0.94
        sleeve = np.concatenate([arc(r, np.pi / 2, 1.5 * np.pi, 20, (r - 1, 0)), [[self.join, -r], [self.join, r]]])
        whole = np.concatenate(
            [arc(slim, -np.pi / 2, np.pi / 2, 20, (1 - slim, 0)), [[self.join - 0.1, slim], [self.join - 0.1, -slim]]]
        )
        return self.frame.px(sleeve), self.frame.px(whole)

    def render(self) -> Drawing:
        """Draw it."""
        f, r = self.frame, self.radius
        sleeve, rest = self._halves()
        image = self.back.copy()
        shadow(image, [sleeve, rest], f, 0.5)
        back = image.copy()
        window = f.window(sleeve, rest)
        u, v = f.u[window], f.v[window]
        beyond = np.maximum(np.abs(u) - (1 - r), 0)
        round_ = np.sqrt(np.clip(1 - (beyond**2 + v**2) / r**2, 0, 1))
        streak = 100 * np.exp(-(((v / r - self.shine) / 0.13) ** 2)) * np.clip(round_ * 1.6 - 0.5, 0, 1)
        rise, gloss = f.spread(window, round_), f.spread(window, streak)
        shade = f.spread(window, 0.42 + 0.62 * round_)
        paint(image, [rest], self.right, shade, gloss)
        paint(image, [sleeve], self.left, shade, gloss)
        seam = f.px(box(self.join - 0.012, -r, self.join + 0.012, r))
        paint(image, [seam], self.left * np.float32(0.35), opacity=0.75)
        body = area(f.size, sleeve) | area(f.size, rest)
        if self.text:
            self._print(image, rise)
        if self.double:
            shifted = (self.at[0] + self.double * 0.4, self.at[1] + self.double)
            replace(self, at=shifted, double=0.0)._print(image, rise)
        outline = np.concatenate([sleeve[:-2], rest[:-2]])
        return Drawing(f, image, back, body, evenly(outline))

    def _print(self, image: Field, rise: Field) -> None:
        found = print_text(self.frame, self.text, self.at, self.height, self.turn, self.smear / 2)
        if found is None:
            return
        window, cover = found
        if self.smear:
            length = max(3, round(self.smear)) | 1
            kernel = np.zeros((length, length), np.float32)
            c, s = np.cos(self.frame.angle + self.turn) * length / 2, np.sin(self.frame.angle + self.turn) * length / 2
            middle = length // 2
            cv2.line(kernel, (round(middle - c), round(middle - s)), (round(middle + c), round(middle + s)), 1.0)
            cover = cv2.filter2D(cover, cv2.CV_32F, kernel * np.float32(1.5) / kernel.sum())
        weight = np.minimum(cover.astype(np.float32) * np.float32(0.9 / 255), 0.9) * (rise[window] > 0.05)
        part = image[window]
        part += weight[..., None] * (self.ink * (0.5 + 0.5 * rise[window][..., None]) - part)


def _make(rng: np.random.Generator, size: int) -> Capsule:
    frame = Frame.draw(rng, size)
    two = rng.random() < 0.75
    left = tone(rng, 45, 215, rng.uniform(0, 1))
    right = tone(rng, level := away(rng, [float(luma(left))], 30, 45, 215), level, rng.uniform(0, 1)) if two else left
    radius = float(rng.uniform(0.28, 0.44))
    join = float(rng.uniform(-0.08, 0.25))
    levels = [float(luma(left)), float(luma(right))]
    back = background(rng, size, away(rng, levels, 38))
    side = -1 if rng.random() < 0.5 or not two else 1
    text = str(rng.choice(_TEXTS))
    room = (1 + join if side < 0 else 1 - join) - 0.25
    height = float(min(radius * rng.uniform(0.5, 0.75), 1.45 * room / max(2, len(text))))
    middle = (join - 1) / 2 + 0.06 if side < 0 else (join + 1) / 2 - 0.06
    under = float(luma(left if side < 0 else right))
    ink = tone(rng, 10, 35, 0.4) if under > 95 else tone(rng, 205, 240, 0.1)
    at, turn = (middle, float(rng.uniform(-0.15, 0.15)) * radius), 0.0 if rng.random() < 0.8 else np.pi
    return Capsule(frame, back, radius, join, left, right, ink, text, at, turn, height, float(rng.uniform(-0.6, 0.6)))


def _misprint(thing: Capsule, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    kind = rng.choice(
        ["smeared", "doubled", "crooked", "wrong", "partial", "absent"], p=[0.26, 0.2, 0.16, 0.2, 0.12, 0.06]
    )
    if kind == "smeared":
        other = replace(thing, smear=rng.uniform(0.6, 1.3) * thing.height * thing.frame.scale)
    elif kind == "doubled":
        other = replace(thing, double=float(rng.choice([-1, 1]) * rng.uniform(0.2, 0.45)) * thing.height)
    elif kind == "crooked":
        turn = thing.turn + float(rng.choice([-1, 1]) * rng.uniform(0.2, 0.5))
        other = replace(thing, turn=turn, at=(thing.at[0], thing.at[1] + float(rng.uniform(-0.3, 0.3)) * thing.radius))
    elif kind == "wrong":
        other = replace(thing, text=str(rng.choice([t for t in _TEXTS if t != thing.text])))
    elif kind == "partial":
        gone = int(rng.integers(len(thing.text)))
        return _without(thing, drawing, gone)
    else:
        other = replace(thing, text="")
    return other.render().image


def _without(thing: Capsule, drawing: Drawing, gone: int) -> Field:
    """The imprint with the letter at `gone` worn away."""
    blank = replace(thing, text="").render().image
    f, step = thing.frame, thing.height * 0.8
    u = thing.at[0] + np.cos(thing.turn) * (gone - (len(thing.text) - 1) / 2) * step
    patch = f.px(box(u - step * 0.6, thing.at[1] - thing.height, u + step * 0.6, thing.at[1] + thing.height))
    image = drawing.image.copy()
    paint(image, [patch], blank)
    return image


def _swapped(thing: Capsule, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    half = "left" if rng.random() < 0.5 else "right"
    before = float(luma(getattr(thing, half)))
    around = float(luma(thing.back.reshape(-1, 3).mean(axis=0)))
    colour = tone(rng, level := away(rng, [before, around], 32 * force**0.5, 40, 225), level, rng.uniform(0, 1))
    other = replace(thing, left=colour) if half == "left" else replace(thing, right=colour)
    return other.render().image


_ACTS: dict[str, Act] = {
    "crack": crack, "dent": dent, "hole": hole, "scratch": scratch, "stain": stain, "misprint": _misprint,
    "swapped part": _swapped,
}  # fmt: skip
_SHELL = "{shell|capsule|capsule's shell|gelatine}"
_MISPRINT = DefectType(
    "misprint",
    "altered",
    (
        "the {imprint|printed text|lettering} is {smeared|doubled|slanted|incomplete|not the right one}",
        "the {imprint|code|lettering} on the {shell|capsule} {cannot be read properly|differs from the reference|is not as specified}",
        "{letters|characters|digits} of the {imprint|code} are {blurred|displaced|lost|wrong|printed twice}",
    ),
    ("it {makes|leaves} the {dose|medicine|product} {unidentifiable|hard to identify}", "it {may|can} {lead to a mix-up|mislead a patient}"),
    ("{a worn|a dirty|a slipping} {printing roller|print pad}", "{wet|too much|too little} ink", "{a wrong|another} printing plate"),
    ("faulty imprint", "print error"),
)  # fmt: skip
_HOLE = DefectType(
    "hole",
    "missing",
    (
        "{a round|a sharp-edged|a small} {opening|puncture} {pierces|goes through|gapes in} the " + _SHELL,
        "the {shell|gelatine|wall} is {pierced|punctured|perforated} {at one spot|in one place|}",
        "{an opening|a puncture} with {a dark inside and a sharp rim|a clean rim} {is seen|shows} in the " + _SHELL,
    ),
    ("it {lets|allows} the {content|powder|filling} {leak|run out}", "it {lets|allows} {moisture|air} {reach|spoil} the {content|filling}"),
    ("{a sharp|a pointed} {tool|pin|object} {piercing|touching} the shell", "{a thin|a weak} wall {from dipping|from moulding|}"),
    ("puncture", "perforation"),
)  # fmt: skip


CAPSULE = Family(
    "capsule",
    "capsule",
    (
        clauses.crack(_SHELL),
        clauses.dent(_SHELL),
        _HOLE,
        clauses.scratch(_SHELL),
        _MISPRINT,
        clauses.stain(_SHELL),
        clauses.swapped_part("half of the {capsule|shell}"),
    ),
    (
        "the {shell|capsule} is {smooth|even|glossy} and {closed|whole} {from end to end|all around|}",
        "the {imprint|lettering} is {sharp|clear|legible} and {complete|straight}",
        "{both halves|the cap and the body} {fit|join} {closely|without a gap} and {have their colours|show the ordered colours}",
    ),
    ("{a capsule|the capsule} {holds|contains|carries} {one dose|a dose|a measured dose} of {medicine|a drug|powder}",
     "{two halves|a cap and a body} of {gelatine|hard gelatine} {are pushed|slide} together to form {a capsule|the capsule}"),
    drawn(_make, _ACTS),
)  # fmt: skip
