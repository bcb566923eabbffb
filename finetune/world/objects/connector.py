# ruff: noqa: E501  (a template reads best on one line)
"""Pin connectors: a plastic housing with a row of metal pins. Held out: for zero-shot evaluation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..family import DefectType, Family
from . import clauses
from .draw import Field, Frame, Points, area, away, box, cover, dim, emboss, noise, paint, rounded, shadow, strip, tone
from .edges import chip
from .ground import background
from .marks import contamination, crack, scratch, stain
from .scene import Act, Drawing, drawn, evenly


@dataclass(frozen=True, eq=False)
class Connector:
    """A connector, pins pointing to -v.

    Attributes:
        count: places for pins. wide: half width of the row; pin: half width of a pin; top: v of the pins' ends.
        deck, floor: v where the housing begins and ends.
        vacant: places without a pin. bends: (place, angle in radians, share of the pin's length that is bent).
        extra: u of pins that stand between the places. pointed: the pins' ends.
        slots: draw the housing's windows; tails: pins leave the housing below as well.
    """

    frame: Frame
    back: Field
    count: int
    wide: float
    pin: float
    top: float
    deck: float
    floor: float
    plastic: Field
    metal: Field
    grain: Field
    pointed: bool
    slots: bool
    tails: bool
    vacant: tuple[int, ...] = ()
    bends: tuple[tuple[int, float, float], ...] = ()
    extra: tuple[float, ...] = ()

    def place(self, index: int) -> float:
        """u of a pin's place."""
        return -self.wide + 2 * self.wide * index / (self.count - 1)

    def _pin(self, u: float, turn: float = 0.0, share: float = 0.5) -> Points:
        deck, top = self.deck + 0.04, self.top
        knee = top + (deck - top) * share
        reach = knee - top
        tip = np.array([u + np.sin(turn) * reach, knee - np.cos(turn) * reach])
        middle = np.array([u + np.sin(turn * 0.6) * reach * 0.3, knee - np.cos(turn * 0.6) * reach * 0.3])
        path = np.array([[u, deck], [u, (knee + deck) / 2], [u, knee], middle, tip])
        widths = np.array([1, 1, 1, 1, 0.55 if self.pointed else 1.0]) * 2 * self.pin
        return self.frame.px(strip(path, widths))

    def pins(self) -> list[Points]:
        """The outline of every pin above the housing, picture coordinates."""
        bent = {place: (turn, share) for place, turn, share in self.bends}
        made = [self._pin(self.place(i), *bent.get(i, ())) for i in range(self.count) if i not in self.vacant]
        return made + [self._pin(u) for u in self.extra]

    def render(self) -> Drawing:
        """Draw it."""
        f, edge = self.frame, self.wide + 0.1
        pins = self.pins()
        house = f.px(rounded(-edge, self.deck, edge, self.floor, 0.05))
        image = self.back.copy()
        shadow(image, [house], f, 0.45)
        back = image.copy()
        offset, grain = np.asarray(f.light) * -0.012 * f.size, 1 + self.grain
        for pin in pins:
            dim(image, pin + offset, 0.6)
        if self.tails:
            for i in range(self.count):
                u = self.place(i)
                tail = cover(
                    f.size, f.px(box(u - self.pin * 0.7, self.floor - 0.02, u + self.pin * 0.7, self.floor + 0.14))
                )
                paint(image, tail, self.metal * 0.85)
                emboss(image, tail, f.light, 0.006 * f.size, 60)
        for pin in pins:
            found = cover(f.size, pin)
            paint(image, found, self.metal, grain)
            emboss(image, found, f.light, 0.008 * f.size, 110)
        shade = 1 + 0.12 * f.glow() + self.grain
        paint(image, [house], self.plastic, shade)
        emboss(image, [house], f.light, 0.012 * f.size, 75)
        ledge = f.px(box(-edge + 0.02, self.deck + 0.09, edge - 0.02, self.deck + 0.115))
        paint(image, [ledge], self.plastic * 0.55, shade)
        if self.slots:
            for i in range(self.count):
                u, low = self.place(i), self.deck + 0.2
                slot = f.px(box(u - self.pin * 1.1, low, u + self.pin * 1.1, min(low + 0.22, self.floor - 0.06)))
                paint(image, [slot], self.plastic * 0.35)
        body = area(f.size, house)
        return Drawing(f, image, back, body, evenly(house))


def _make(rng: np.random.Generator, size: int) -> Connector:
    frame = Frame.draw(rng, size)
    count = int(rng.integers(4, 11))
    shell = float(rng.uniform(28, 210))
    plastic = tone(rng, shell, shell, float(rng.choice([0.05, 0.9], p=[0.5, 0.5])))
    lead = away(rng, [shell], 30, 120, 225)
    metal = tone(rng, lead, lead, float(rng.choice([0.04, 0.35])))
    back = background(rng, size, away(rng, [shell, lead], 40, 20, 235))
    wide = float(rng.uniform(0.58, 0.8)) * (0.75 if count < 6 else 1)
    pin = min(0.055, wide / (count - 1) * float(rng.uniform(0.32, 0.5)))
    top = -float(np.sqrt(max(0.0, 0.96 - (wide + 0.06) ** 2))) * float(rng.uniform(0.75, 1))
    deck = float(rng.uniform(-0.05, 0.12))
    floor = min(deck + float(rng.uniform(0.34, 0.55)), float(np.sqrt(max(0.1, 0.98 - (wide + 0.1) ** 2))))
    grain = noise(rng, size) * np.float32(rng.uniform(0.005, 0.03))
    vacant = (int(rng.integers(1, count - 1)),) if rng.random() < 0.35 else ()
    pointed, slots, tails = (bool(rng.random() < p) for p in (0.5, 0.5, 0.3))
    return Connector(
        frame, back, count, wide, pin, min(top, deck - 0.35), deck, floor, plastic, metal, grain, pointed, slots, tails,
        vacant,
    )  # fmt: skip


def _some_pin(thing: Connector, rng: np.random.Generator) -> int:
    return int(rng.choice([i for i in range(thing.count) if i not in thing.vacant]))


def _bent(thing: Connector, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    turn = float(rng.choice([-1, 1]) * rng.uniform(0.25, 0.75)) * min(1.4, force**0.5)
    return replace(thing, bends=((_some_pin(thing, rng), turn, float(rng.uniform(0.35, 0.75))),)).render().image


def _missing(thing: Connector, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    return replace(thing, vacant=(*thing.vacant, _some_pin(thing, rng))).render().image


def _extra(thing: Connector, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    if thing.vacant:
        return replace(thing, vacant=()).render().image
    between = (thing.place(0) + thing.place(1)) / 2 + (thing.place(1) - thing.place(0)) * int(
        rng.integers(thing.count - 1)
    )
    slim = min(thing.pin, (thing.place(1) - thing.place(0)) / 5)
    other = replace(thing, pin=slim, extra=(between,)).render()
    if slim == thing.pin:
        return other.image
    image = drawing.image.copy()
    f, wide = thing.frame, slim * 1.6
    paint(image, [f.px(box(between - wide, thing.top - 0.02, between + wide, thing.deck + 0.03))], other.image)
    return image


def _dirty(thing: Connector, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    """Foreign matter on the housing, or between the pins where it may join them."""
    if rng.random() < 0.5:
        return contamination(thing, drawing, rng, force)
    f = thing.frame
    among = area(f.size, f.px(box(-thing.wide, thing.top + 0.1, thing.wide, thing.deck)))
    return contamination(thing, replace(drawing, body=among), rng, force)


_ACTS: dict[str, Act] = {
    "bent pin": _bent, "missing pin": _missing, "extra pin": _extra, "crack": crack, "chip": chip, "scratch": scratch,
    "contamination": _dirty, "stain": stain,
}  # fmt: skip
_HOUSING = "{housing|plastic|plastic housing}"
_BENT = DefectType(
    "bent pin",
    "altered",
    (
        "{a pin|one pin|one of the pins} {leans|is tilted|points} {to one side|sideways|towards its neighbour}",
        "{a pin|one contact} is {crooked|out of line|no longer parallel to the others}",
        "the {tip|end} of one {pin|contact} {lies|stands} beside {its place|the line of the others}",
    ),
    ("it {misses|does not enter} the {socket|mating contact}", "it {may|can} {touch its neighbour|short two contacts|be crushed in mating}"),
    ("{rough|skewed|careless} {mating|plugging|handling}", "{a blow|pressure} {on|against} the {row|pins} {in transport|}"),
    ("crooked pin", "tilted contact"),
)  # fmt: skip
_MISSING = DefectType(
    "missing pin",
    "missing",
    (
        "{a pin|one pin|a contact} is {absent|gone|not there} {and its place is empty|}",
        "the row {has|shows} {a gap|an empty place} where {a pin|a contact} {stands in the reference|should be}",
        "there is {one pin|one contact} {too few|fewer than in the reference}",
    ),
    ("it {leaves|makes} {one line|one circuit} {without contact|dead}", "the {signal|line|circuit} {is not connected|stays open}"),
    ("{an empty|a jammed} {pin feeder|insertion head}", "{a pin|a contact} {pulled out|lost} {in mating|in handling|}"),
    ("absent pin", "lost pin"),
    logical=True,
)  # fmt: skip
_EXTRA = DefectType(
    "extra pin",
    "added",
    (
        "{there is|the row has} {one pin|one contact} {too many|more than in the reference}",
        "{a pin|a contact} {stands|sits} where {the reference has none|no pin belongs|a free place should be}",
        "{a surplus|an additional|one unplanned} {pin|contact} {stands|is} in the row",
    ),
    ("it {keeps|prevents} the {plug|connector} from {mating|being plugged in}", "it {defeats|cancels} the {coding|keying} {of the connector|}"),
    ("{a wrong|another} {variant|pin layout} {loaded|on the machine}", "{a double|a faulty} {stroke|insertion} {of the inserter|}"),
    ("surplus pin", "additional pin"),
    logical=True,
)  # fmt: skip


CONNECTOR = Family(
    "connector",
    "pin connector",
    (
        _BENT, _MISSING, _EXTRA, clauses.crack(_HOUSING), clauses.chip("{edge|corner} of the housing"),
        clauses.scratch(_HOUSING), clauses.contamination("{connector|housing or the pins}"), clauses.stain(_HOUSING),
    ),
    (
        "{all pins|the pins} {stand|are} {straight|parallel} and {of equal length|in their places}",
        "the {number|count} and {spacing|pitch} of the pins {agree with|match} the reference",
        "the {housing|plastic} is {whole|closed} and {clean|even}",
    ),
    ("{a connector|the connector} {joins|links} {electric lines|cables and boards} by its pins",
     "{a plastic housing|the housing} {holds|spaces|insulates} the {metal pins|contacts}"),
    drawn(_make, _ACTS),
    held_out=True,
)  # fmt: skip
