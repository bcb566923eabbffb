# ruff: noqa: E501  (a template reads best on one line)
"""Metal nuts: hexagonal or square, with a threaded hole."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..draw import luma
from ..family import DefectType, Family
from . import clauses
from .draw import Field, Frame, Points, arc, area, away, emboss, lobed, noise, paint, shadow, tone
from .edges import burr, chip
from .ground import background
from .marks import crack, dent, scratch, stain
from .scene import Act, Drawing, drawn, evenly


@dataclass(frozen=True, eq=False)
class Nut:
    """A nut seen from above, its corners at most a unit from its middle.

    Attributes:
        corners: 6 or 4. bore: radius of the hole. rings: turns of thread seen. smooth: the thread is gone.
        grow: its size relative to the golden one.
        grain: noise of the brushed face. fill: what blocks the hole, local outline, and its colour.
    """

    frame: Frame
    back: Field
    corners: int
    bore: float
    rings: float
    metal: Field
    face: float
    grain: Field
    smooth: bool = False
    grow: float = 1.0
    fill: Points | None = None
    fill_colour: Field | None = None

    def render(self) -> Drawing:
        """Draw it."""
        f, g = self.frame, self.grow
        rim = f.px(arc(g, count=self.corners))
        hole = f.px(arc(self.bore * g))
        flat = g * np.cos(np.pi / self.corners)
        face = f.px(arc(flat * 0.97, count=64))
        image = self.back.copy()
        shadow(image, [rim, hole], f, 0.5)
        back = image.copy()
        shade = 1 + 0.22 * f.glow() / np.float32(g) + self.grain
        paint(image, [rim, hole], self.metal * 0.72, shade)
        emboss(image, [rim, hole], f.light, 0.022 * f.size, 120)
        paint(image, [face, hole], self.metal * self.face, shade)
        emboss(image, [face, hole], f.light, 0.012 * f.size, 80)
        core = self.bore * g * 0.8
        glow = f.glow()
        window = f.window(hole)
        radius = np.sqrt(f.u[window] ** 2 + f.v[window] ** 2)
        lit = 0.55 - 0.3 * glow[window] / np.maximum(radius, 1e-3)
        if not self.smooth:
            lit = lit + 0.38 * np.cos(
                (self.bore * g - radius) * np.float32(2 * np.pi * self.rings / (self.bore * g - core))
            )
        else:
            lit = lit + 0.15
        inner = f.px(arc(core))
        paint(image, [hole, inner], self.metal, f.spread(window, lit))
        paint(image, [inner], back * np.float32(0.62))
        if self.fill is not None and self.fill_colour is not None:
            plug = f.px(self.fill)
            paint(image, [plug], self.fill_colour, 1 + 3.5 * self.grain + 0.1 * glow, clip=area(f.size, hole))
            emboss(image, [plug], f.light, 0.012 * f.size, 50)
        body = area(f.size, rim, f.px(arc(self.bore * g * 1.04)))
        return Drawing(f, image, back, body, evenly(rim))


def _make(rng: np.random.Generator, size: int) -> Nut:
    frame = Frame.draw(rng, size)
    level = float(rng.uniform(95, 215))
    metal = tone(rng, level, level, float(rng.choice([0.03, 0.3], p=[0.7, 0.3])))
    back = background(rng, size, away(rng, [level, level * 0.75], 38))
    corners = 6 if rng.random() < 0.82 else 4
    bore = float(rng.uniform(0.4, 0.58)) * (0.85 if corners == 4 else 1)
    grain = noise(rng, size, str(rng.choice(["brushed", "fine", "cloud"]))) * np.float32(rng.uniform(0.01, 0.045))
    return Nut(frame, back, corners, bore, float(rng.integers(2, 4)), metal, float(rng.uniform(0.95, 1.1)), grain)


def _blocked(thing: Nut, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    radius = thing.bore * rng.uniform(0.65, 1.15) * min(1.3, force**0.3)
    at = rng.normal(0, 0.25 * thing.bore, 2)
    behind = (
        float(luma(drawing.back[int(thing.frame.y) % thing.frame.size, int(thing.frame.x) % thing.frame.size])) * 0.62
    )
    level = away(rng, [behind], 45 * force**0.5, 25, 225)
    colour = tone(rng, level, level, float(rng.choice([0.05, 0.4])))
    return replace(thing, fill=lobed(rng, radius, 0.16, 0.75, at), fill_colour=colour).render().image


def _smooth(thing: Nut, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    return drawing.image + np.float32(min(1.8, force)) * (replace(thing, smooth=True).render().image - drawing.image)


def _size(thing: Nut, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    room = min(thing.frame.x, thing.frame.y, thing.frame.size - thing.frame.x, thing.frame.size - thing.frame.y)
    larger = min(1.3, 0.97 * room / thing.frame.scale)
    if larger > 1.15 and rng.random() < 0.4:
        return replace(thing, grow=float(rng.uniform(1.13, larger))).render().image
    return replace(thing, grow=float(rng.uniform(0.66, 0.87))).render().image


_ACTS: dict[str, Act] = {
    "scratch": scratch, "dent": dent, "chip": chip, "burr": burr, "crack": crack, "stain": stain,
    "blocked hole": _blocked, "missing thread": _smooth, "wrong size": _size,
}  # fmt: skip
_FACE = "{face|surface|metal} of the nut"
_EDGE = "{edge|rim|corner} of the nut"
_BLOCKED = DefectType(
    "blocked hole",
    "added",
    (
        "{something|a plug|a lump of material} {fills|closes|covers} the {bore|hole} {of the nut|} {so that nothing shows through|}",
        "the {bore|hole|opening} is {clogged|filled|closed} {with metal or dirt|by a lump|in part|}",
        "the {bore|hole} of the nut is {not free|no longer open}",
    ),
    ("{no bolt|no screw} {can enter|goes through} {it|the nut}", "it {keeps|prevents} the bolt from {entering|being screwed in}"),
    ("{swarf|slag|a slug} {left|stuck} in the {bore|hole}", "{a broken|an incomplete|a missing} {punch|drilling} {stroke|step}"),
    ("clogged hole", "plugged hole"),
)  # fmt: skip
_THREAD = DefectType(
    "missing thread",
    "missing",
    (
        "the {wall|inside} of the {bore|hole} is {smooth|plain} {and shows no turns|without any turns|}",
        "{no thread is|there is no thread} {cut|seen} in the {bore|hole}",
        "the {rings|turns|ridges} {inside|in} the {bore|hole} are {absent|not there}",
    ),
    ("{no bolt|no screw} {holds|grips} in {it|the nut}", "it {makes|renders} the nut {useless|unable to clamp}"),
    ("{a broken|a skipped|a missing} {tap|tapping step}", "{a nut|the blank} that {bypassed|skipped} tapping"),
    ("smooth bore", "no thread"),
)  # fmt: skip
_SIZE = DefectType(
    "wrong size",
    "altered",
    (
        "the nut is {clearly|visibly|} {smaller or larger|of another size} than {the one in the reference|it should be}",
        "{outline and bore|the whole outline} {do not match|differ from} the reference {in width|in scale|}",
        "{a nut of another size|another nut|a nut from another batch} {lies|is} {in place of the right one|here}",
    ),
    ("it {does not fit|fits neither} the {bolt|wrench and bolt}", "it {cannot be|is not} {assembled|mounted} {with the bolt|}"),
    ("{mixed|mixed-up} {batches|bins|lots}", "{a wrong|another} {tool|die|blank} {in the press|}"),
    ("size mismatch", "off-size nut"),
    logical=True,
)  # fmt: skip


NUT = Family(
    "metal nut",
    "metal nut",
    (
        clauses.scratch(_FACE), clauses.dent(_FACE), clauses.chip(_EDGE), clauses.burr(_EDGE), clauses.crack("nut"),
        clauses.stain(_FACE), _BLOCKED, _THREAD, _SIZE,
    ),
    (
        "the {flats|sides|edges} of the nut are {straight|even} and {its corners are whole|complete}",
        "the {bore|hole} is {open|free} and {its thread is clean|shows clean turns}",
        "the {face|surface} is {even|clean|evenly bright}",
    ),
    ("{a nut|the nut} {holds|clamps} {a bolt|parts together} by its {inner thread|threaded bore}",
     "{a wrench|a tool} {grips|turns} {a nut|the nut} by its {flats|sides}"),
    drawn(_make, _ACTS),
)  # fmt: skip
