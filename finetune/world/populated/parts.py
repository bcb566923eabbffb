"""The parts of an assembled board and how each is drawn, seen from above.

Lengths are in units (256 a picture's side). A part is drawn about its own centre with its length along x, and turned by
its angle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..draw import Points, spin
from .pen import CORNERS, Colour, Pen, Stamp, box, ends

TWO_ENDED = ("resistor", "capacitor", "diode", "light")
"""Kinds that fit on the same two pads."""
PINNED = ("chip", "quad", "header", "transistor")
"""Kinds with a row of leads."""
SOLDER: Colour = (196, 198, 200)
_DARK: Colour = (38, 38, 42)


@dataclass(frozen=True)
class Part:
    """One part.

    Attributes:
        kind: of `TWO_ENDED`, `PINNED`, or `can`, `crystal`, `coil`.
        x, y: its centre; angle: in radians, a quarter turn's multiple where it is mounted right.
        long, wide: the body's sides.
        body, mark: colours of the body and of what is printed on it.
        pins: leads a side; pitch: their distance.
        label: text on the body.
        polar: which of its ends bears the mark: 1 or -1.
        bridge: solder joins this lead with the next (None: no bridge).
        lifted: this lead is bent off its pad, by `bend` radians (None: none).
    """

    kind: str
    x: float
    y: float
    angle: float
    long: float
    wide: float
    body: Colour
    mark: Colour
    pins: int = 0
    pitch: float = 0.0
    label: str = ""
    polar: int = 1
    bridge: int | None = None
    lifted: int | None = None
    bend: float = 0.5

    @property
    def reach(self) -> float:
        """Half the diagonal of what it covers, leads included."""
        return float(np.hypot(self.long, self.wide) / 2 + (self.lead if self.kind in PINNED else 1))

    @property
    def lead(self) -> float:
        """How far leads stick out of the body."""
        return 0.75 * self.pitch if self.pins else 0.0

    @property
    def span(self) -> tuple[float, float]:
        """Its width and height on the board, leads and pads included."""
        long, wide = self.long + 3, self.wide + 3
        if self.kind in ("chip", "transistor"):
            wide += 2 * self.lead + 2
        if self.kind == "quad":
            long, wide = long + 2 * self.lead + 2, wide + 2 * self.lead + 2
        if self.kind in TWO_ENDED:
            long += 0.3 * self.wide
        upright = round(self.angle / (np.pi / 2)) % 2 == 1
        return (wide, long) if upright else (long, wide)

    def leads(self) -> NDArray[np.float64]:
        """Where each lead leaves the body, and in which direction: `[n, 2, 2]` of point and unit vector."""
        if self.kind == "header":
            xs = (np.arange(self.pins) - (self.pins - 1) / 2) * self.pitch
            return np.array([[(x, 0.0), (0.0, 1.0)] for x in xs])
        half = self.wide / 2
        if self.kind == "transistor":
            return np.array([[(-self.long / 3, half), (0, 1)], [(self.long / 3, half), (0, 1)], [(0, -half), (0, -1)]])
        xs = (np.arange(self.pins) - (self.pins - 1) / 2) * self.pitch
        out = np.zeros((4 if self.kind == "quad" else 2, self.pins, 2, 2))
        out[:2, :, 0, 0], out[0, :, 0, 1], out[1, :, 0, 1] = xs, half, -half
        out[0, :, 1, 1], out[1, :, 1, 1] = 1, -1
        if self.kind == "quad":
            out[2:, :, 0, 1], out[2, :, 0, 0], out[3, :, 0, 0] = xs, self.long / 2, -self.long / 2
            out[2, :, 1, 0], out[3, :, 1, 0] = 1, -1
        return out.reshape(-1, 2, 2)


def _lighter(colour: Colour, factor: float) -> Colour:
    red, green, blue = colour
    return min(255.0, red * factor), min(255.0, green * factor), min(255.0, blue * factor)


def draw_pads(pen: Pen, part: Part, metal: Colour) -> None:
    """The bare board below a part: pads with solder, and drill holes."""
    at = pen.at(part.x, part.y, part.angle)
    if part.kind not in PINNED:
        wide = 0.9 * part.wide if part.kind in TWO_ENDED else 0.4 * part.wide
        at.fill(ends(part.long * 0.38, wide + 1.5, part.long * 0.42), metal)
        at.fill(ends(part.long * 0.2, wide * 0.4, part.long * 0.42), _lighter(metal, 1.2))
        return
    leads = part.leads()
    if part.kind == "header":
        for x, y in leads[:, 0]:
            at.disc(x, y, 0.36 * part.pitch, metal)
            at.disc(x, y, 0.17 * part.pitch, (30, 30, 30))
        return
    at.fill(_tongues(leads, -0.1 * part.lead, part.lead * 1.25, part.pitch * 0.56), metal)


def _tongues(leads: NDArray[np.float64], start: float, end: float, width: float) -> Points:
    """A rectangle along each lead from `start` to `end` off the body, `[n, 4, 2]`."""
    point, direction = leads[:, 0], leads[:, 1]
    side = direction[:, ::-1] * (-width / 2, width / 2)
    a, b = point + direction * start, point + direction * end
    return np.array([a - side, b - side, b + side, a + side]).swapaxes(0, 1)


def draw_part(pen: Pen, part: Part) -> None:
    """A part on its pads, with a shadow."""
    _PAINT[part.kind](pen.at(part.x, part.y, part.angle), part)


def _block(at: Stamp, part: Part) -> None:
    """A body with a shadow and a darker rim."""
    shape = box(part.long, part.wide)
    at.fill(shape, _DARK, drop=1.0)
    at.fill(shape, _lighter(part.body, 0.72))
    at.fill(box(part.long - 1.2, part.wide - 1.2), part.body)


def _two_ended(at: Stamp, part: Part) -> None:
    cap = part.long * 0.2
    inner = part.long - 2 * cap
    at.fill(box(part.long, part.wide), _DARK, drop=0.9)
    at.fill(ends(cap, part.wide, (part.long - cap) / 2), SOLDER)
    at.fill(box(inner, part.wide), _lighter(part.body, 0.75))
    at.fill(box(inner, part.wide - 1.4), part.body)
    if part.kind == "resistor":
        at.text(part.label, min(0.5 * part.wide, 0.32 * inner), part.mark)
    elif part.kind == "diode":
        at.fill(box(inner * 0.2, part.wide, part.polar * inner * 0.32), part.mark)
    elif part.kind == "light":
        at.disc(0, 0, 0.36 * part.wide, _lighter(part.body, 1.45))
        at.fill(box(inner * 0.14, part.wide, part.polar * inner * 0.42), part.mark)


_ARC = np.stack([np.cos(np.linspace(-0.75, 0.75, 10)), np.sin(np.linspace(-0.75, 0.75, 10))], axis=1)
_CROSS = np.array([[[-0.3, 0.0], [0.3, 0.0]], [[0.0, -0.3], [0.0, 0.3]]])


def _can(at: Stamp, part: Part) -> None:
    radius = part.wide / 2
    at.disc(0, 0, radius, _DARK, drop=1.2)
    at.disc(0, 0, radius, _lighter(part.body, 0.7))
    at.disc(0, 0, radius * 0.88, part.body)
    at.fill(_ARC * radius * 0.86 * part.polar, part.mark)
    at.line(_CROSS * radius, 0.6, _lighter(part.body, 0.6))


def _crystal(at: Stamp, part: Part) -> None:
    half = (part.long - part.wide) / 2
    axis = np.array([[-half, 0.0], [half, 0.0]])
    at.line(axis, part.wide, _DARK, drop=1.0)
    at.line(axis, part.wide, _lighter(part.body, 0.75))
    at.line(axis, part.wide - 1.4, part.body)
    at.fill(box(part.long * 0.1, part.wide * 0.5, part.polar * part.long * 0.3), part.mark)


def _coil(at: Stamp, part: Part) -> None:
    _block(at, part)
    at.disc(0, 0, 0.38 * part.wide, _lighter(part.body, 1.5))
    at.disc(0, 0, 0.27 * part.wide, part.mark)
    at.disc(0, 0, 0.14 * part.wide, _lighter(part.body, 0.7))


def _pinned(at: Stamp, part: Part) -> None:
    leads = part.leads()
    whole = leads if part.lifted is None else np.delete(leads, part.lifted, axis=0)
    at.fill(_tongues(whole, -0.5, part.lead, part.pitch * 0.4), SOLDER)
    at.fill(_tongues(whole, 0.2, part.lead * 0.5, part.pitch * 0.22), _lighter(SOLDER, 1.25))
    if part.lifted is not None:
        _raise(at, part, leads[part.lifted])
    if part.bridge is not None:
        _solder(at, part, leads[part.bridge], leads[part.bridge + 1], part.lead * 0.62)
    _block(at, part)
    spot = _lighter(part.body, 2.2) if part.mark[0] < 120 else part.mark
    corner = part.polar * (-part.long / 2 + 0.16 * part.wide), part.polar * 0.3 * part.wide
    at.disc(*corner, max(1.1, 0.07 * part.wide), spot)
    if part.kind != "transistor":
        height = min(0.2 * part.wide, 0.11 * part.long + 1)
        at.text(part.label, height, part.mark, 0.08 * part.long, -0.8 * height)
        at.text(part.label[::-1] + "0", height, part.mark, 0.08 * part.long, 0.8 * height)


def _raise(at: Stamp, part: Part, lead: Points) -> None:
    """A lead bent off its pad, with its shadow; the pad is bare."""
    (x, y), (dx, dy) = lead
    tongue = _tongues(np.array([[(0.0, 0.0), (0.0, 1.0)]]), -0.5, part.lead * 1.35, part.pitch * 0.42)[0]
    tongue = spin(tongue, float(np.arctan2(-dx, dy)) + part.bend) + np.array([x, y])
    at.fill(_tongues(lead[None], 0.0, part.lead * 1.1, part.pitch * 0.5), (90, 72, 40))
    at.fill(tongue, _DARK, drop=1.6)
    at.fill(tongue, (240, 240, 244))


def _header(at: Stamp, part: Part) -> None:
    _block(at, part)
    leads = part.leads()
    points = leads[:, :1]
    at.fill(CORNERS * 0.6 * part.pitch + points, _lighter(part.body, 0.45))
    at.fill(CORNERS * 0.3 * part.pitch + points, part.mark)
    if part.bridge is not None:
        _solder(at, part, leads[part.bridge], leads[part.bridge + 1], 0.0)


def _solder(at: Stamp, part: Part, one: Points, other: Points, out: float) -> None:
    """A blob of solder from one lead to the next, `out` units off the body."""
    a, b = one[0] + one[1] * out, other[0] + other[1] * out
    blob = np.array([a - (b - a) * 0.22, (a + b) / 2, b + (b - a) * 0.22])
    at.line(blob, part.pitch * 0.62, (110, 112, 116), drop=0.6)
    at.line(blob, part.pitch * 0.56, SOLDER)
    x, y = a + (b - a) * 0.4 - one[1] * 0.1 * part.pitch
    at.disc(x, y, 0.14 * part.pitch, (255, 255, 255))


_PAINT = {
    "resistor": _two_ended, "capacitor": _two_ended, "diode": _two_ended, "light": _two_ended, "can": _can,
    "crystal": _crystal, "coil": _coil, "chip": _pinned, "quad": _pinned, "transistor": _pinned, "header": _header,
}  # fmt: skip
