# ruff: noqa: E501  (a template reads best on one line)
"""Screws seen from the side: head, shank, thread, tip."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..family import DefectType, Family
from . import clauses
from .draw import Field, Frame, Points, area, away, box, emboss, noise, paint, shadow, tone
from .edges import burr
from .ground import background
from .marks import crack, scratch, stain
from .scene import Act, Drawing, drawn, evenly

_HEADS = ("pan", "countersunk", "hex", "cylinder", "flanged")
_LEFT = -0.96


@dataclass(frozen=True, eq=False)
class Screw:
    """A screw along u, its head at -1 and its tip at 1.

    Attributes:
        head: one of `_HEADS`. wide: half width of the head; core: of the shank without thread; deep: of its ridges.
        neck, start, cone: u where head, plain shank and thread end and the tip's cone begins (0.98: no cone).
        pitch: length of a turn of thread.
        bend: sideways drift v = bend * (u - bent)^2 beyond u = bent. end: u where it is broken off.
        worn, rough: stretch of u (low, high) whose thread is damaged, the heights left there.
        ragged: the broken end's line.
    """

    frame: Frame
    back: Field
    head: str
    wide: float
    core: float
    deep: float
    neck: float
    start: float
    cone: float
    pitch: float
    metal: Field
    grain: Field
    shine: float
    bend: float = 0.0
    bent: float = 0.0
    end: float = 2.0
    worn: tuple[float, float] | None = None
    rough: NDArray[np.float64] | None = None
    ragged: NDArray[np.float64] | None = None

    def _ridge(self, u: NDArray[np.float64], phase: float) -> NDArray[np.float64]:
        """Height of the thread's profile on one side, 0..1 (`phase` 0 or 0.5)."""
        turns = (u - self.start) / self.pitch + phase
        height = 1 - 2 * np.abs(turns - np.floor(turns) - 0.5)
        return np.where(u > self.start, np.clip(height * 1.25, 0, 1), 0.0)

    def _half(self, u: NDArray[np.float64], phase: float) -> NDArray[np.float64]:
        taper = np.clip((0.99 - u) / max(0.99 - self.cone, 1e-3), 0.04, 1) if self.cone < 0.95 else np.ones_like(u)
        ridge = self._ridge(u, phase)
        if self.worn is not None and self.rough is not None:
            low, high = self.worn
            inside = np.clip(np.minimum(u - low, high - u) / 0.02, 0, 1)
            rough = np.interp(u, np.linspace(low, high, len(self.rough)), self.rough)
            ridge = ridge * (1 - inside) + rough * inside * 0.6
        plain = np.where(u < self.start, self.core + self.deep * 0.7, self.core + self.deep * ridge)
        return plain * taper

    def _shift(self, u: Points | Field) -> Points | Field:
        return self.bend * np.maximum(u - self.bent, 0) ** 2

    def shank(self) -> Points:
        """The silhouette from the head to the tip, local."""
        last = min(self.end, 0.99)
        u = np.linspace(self.neck - 0.02, 0.99, 260)
        u = u[u <= last]
        low, high = self._shift(u) - self._half(u, 0.5), self._shift(u) + self._half(u, 0.0)
        rim = np.concatenate([np.stack([u, high], 1), np.stack([u, low], 1)[::-1]])
        if self.ragged is not None and self.end < 2:
            v = np.linspace(high[-1], low[-1], len(self.ragged))
            rim = np.concatenate(
                [np.stack([u, high], 1), np.stack([last + self.ragged, v], 1), np.stack([u, low], 1)[::-1]]
            )
        return np.asarray(rim)

    def top(self) -> Points:
        """The head's silhouette, local."""
        w, neck, left = self.wide, self.neck, _LEFT
        if self.head == "pan":
            v = np.linspace(-w, w, 21)
            return np.concatenate(
                [np.stack([neck - (neck - left) * np.sqrt(np.clip(1 - (v / w) ** 2, 0, 1)) ** 0.8, v], 1)]
            )
        if self.head == "countersunk":
            body = self.core + self.deep
            return np.array([[left, -w], [left + 0.03, -w], [neck, -body], [neck, body], [left + 0.03, w], [left, w]])
        if self.head == "hex":
            c = 0.04
            return np.array([[left + c, -w], [neck, -w], [neck, w], [left + c, w], [left, w * 0.8], [left, -w * 0.8]])
        if self.head == "cylinder":
            return box(left, -w * 0.8, neck, w * 0.8)
        f = neck - 0.07
        s = w * 0.72
        return np.array([[left, -s], [f, -s], [f, -w], [neck, -w], [neck, w], [f, w], [f, s], [left, s]])

    def render(self) -> Drawing:
        """Draw it."""
        f = self.frame
        shank, top = f.px(self.shank()), f.px(self.top())
        image = self.back.copy()
        shadow(image, [shank], f, 0.4, 0.03)
        shadow(image, [top], f, 0.4, 0.03)
        back = image.copy()
        window = f.window(shank, top)
        u, grain = f.u[window], self.grain[window]
        v = f.v[window] - np.asarray(self._shift(u), np.float32)
        across = v / np.float32(self.core + self.deep)
        rise = np.sqrt(np.clip(1 - across**2, 0, 1))
        gloss = 70 * np.exp(-(((across - self.shine) / 0.22) ** 2))
        turns = (u - np.float32(self.start)) * np.float32(1 / self.pitch) - across * np.float32(0.25)
        lines = np.cos((turns + np.float32(0.25)) * np.float32(2 * np.pi)) * (u > self.start)
        if self.worn is not None:
            low, high = self.worn
            lines = np.where((u > low) & (u < high), 0.25 + 6 * grain, lines)
        shade = 0.45 + 0.5 * rise + 0.3 * lines + grain
        paint(image, [shank], self.metal, f.spread(window, shade), f.spread(window, gloss))
        window = f.window(top)
        head = f.v[window] / np.float32(self.wide)
        rise = np.sqrt(np.clip(1 - head**2, 0, 1))
        if self.head == "hex":  # three flats, each of one brightness
            rise = np.where(np.abs(head) < 0.5, np.float32(0.95), np.where(head > 0, np.float32(0.35), np.float32(0.6)))
        gloss = np.exp(-(((head - self.shine) / 0.2) ** 2)) * np.float32(0 if self.head == "hex" else 60)
        shade = 0.45 + 0.58 * rise + self.grain[window]
        paint(image, [top], self.metal, f.spread(window, shade), f.spread(window, gloss))
        emboss(image, [top], f.light, 0.008 * f.size, 70)
        if self.head == "cylinder":
            for i in range(9):
                edge = -self.wide * 0.72 + i * self.wide * 0.18
                paint(
                    image,
                    [f.px(box(_LEFT + 0.04, edge - 0.006, self.neck - 0.02, edge + 0.006))],
                    self.metal * 0.4,
                    opacity=0.6,
                )
        body = area(f.size, shank) | area(f.size, top)
        return Drawing(f, image, back, body, evenly(shank))


def _make(rng: np.random.Generator, size: int) -> Screw:
    frame = Frame.draw(rng, size)
    level = float(rng.uniform(95, 205))
    metal = tone(rng, level, level, float(rng.choice([0.03, 0.35], p=[0.65, 0.35])))
    back = background(rng, size, away(rng, [level, level * 0.75], 38))
    core, deep = float(rng.uniform(0.085, 0.15)), float(rng.uniform(0.028, 0.045))
    wide = float(np.clip((core + deep) * rng.uniform(1.7, 2.2), 0.2, 0.36))
    neck = _LEFT + float(rng.uniform(0.16, 0.3))
    start = neck + float(rng.choice([0.03, rng.uniform(0.1, 0.5)]))
    cone = float(rng.choice([0.98, rng.uniform(0.68, 0.82)], p=[0.25, 0.75]))
    grain = noise(rng, size) * np.float32(rng.uniform(0.01, 0.03))
    return Screw(
        frame, back, str(rng.choice(_HEADS)), wide, core, deep, neck, start, cone, float(rng.uniform(0.07, 0.12)),
        metal, grain, float(rng.choice([-1, 1]) * rng.uniform(0.15, 0.5)),
    )  # fmt: skip


def _bent(thing: Screw, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    bent = float(rng.uniform(thing.neck, 0.35))
    drift = float(rng.uniform(0.14, 0.34)) * min(1.4, force**0.5)
    return replace(thing, bent=bent, bend=float(rng.choice([-1, 1])) * drift / (1 - bent) ** 2).render().image


def _worn(thing: Screw, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    span = float(rng.uniform(1.8, 4.5)) * thing.pitch * min(1.6, force**0.5)
    last = min(thing.cone, 0.97) - span
    if last <= thing.start:
        return None
    low = float(rng.uniform(thing.start, last))
    return replace(thing, worn=(low, low + span), rough=rng.uniform(0, 0.45, 9)).render().image


def _tipless(thing: Screw, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    end = float(rng.uniform(0.55, 0.8)) if thing.cone > 0.95 else thing.cone + float(rng.uniform(-0.12, 0.06))
    return replace(thing, end=end, ragged=rng.uniform(-0.03, 0.03, 7)).render().image


def _head(thing: Screw, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
    head = str(rng.choice([h for h in _HEADS if h != thing.head]))
    factor = float(rng.choice([rng.uniform(0.7, 0.85), rng.uniform(1.12, 1.3)]))
    wide = float(np.clip(thing.wide * factor, thing.core + thing.deep + 0.03, 0.42))
    return replace(thing, head=head, wide=wide).render().image


def _plain(mark: Act) -> Act:
    """A mark that mostly lies on the head or the plain shank: between ridges little of it would be seen."""

    def act(thing: Screw, drawing: Drawing, rng: np.random.Generator, force: float) -> Field | None:
        if rng.random() < 0.7:
            threaded = area(thing.frame.size, thing.frame.px(box(thing.start, -1, 1.2, 1)))
            drawing = replace(drawing, body=cv2.subtract(drawing.body, threaded))
        return mark(thing, drawing, rng, force)

    return act


_ACTS: dict[str, Act] = {
    "scratch": _plain(scratch), "crack": _plain(crack), "burr": burr, "stain": stain, "bent shank": _bent, "damaged thread": _worn,
    "missing tip": _tipless, "wrong head": _head,
}  # fmt: skip
_METAL = "{screw|metal of the screw|screw's surface}"
_BENT = DefectType(
    "bent shank",
    "altered",
    (
        "the {shank|body|axis} of the screw is {curved|crooked|no longer straight} {towards the end|from the middle on|}",
        "the {shank|screw} {leaves|departs from} {its straight line|the straight line of the reference} {and drifts to one side|}",
        "the {lower half|far end} of the screw {points|leans} {sideways|to one side}",
    ),
    ("it {does not|cannot} {enter|be driven into} the hole {straight|}", "it {makes|lets} the screw {wobble|jam} {in the driver|in a feeder|}"),
    ("{overload|a blow|side load} {when it was driven|in handling|}", "{wrong|uneven} {heat treatment|straightening|rolling}"),
    ("crooked shank", "curved shank"),
)  # fmt: skip
_WORN = DefectType(
    "damaged thread",
    "altered",
    (
        "{some|several|a few} {turns|ridges} of the thread are {flattened|crushed|worn away} {over a stretch|}",
        "the thread {is interrupted|loses its ridges} {on a stretch of the shank|for some turns|}",
        "a stretch of the thread is {blunt|flat|crushed} {while its neighbours are sharp|}",
    ),
    ("it {holds|grips} {badly|less firmly} {in the nut|in the hole|}", "it {makes|lets} the screw {strip|seize|jam}"),
    ("{worn|badly set} {rolling dies|thread tools}", "{cross-threading|knocks against other screws|a crushing grip}"),
    ("stripped thread", "crushed thread"),
)  # fmt: skip
_TIP = DefectType(
    "missing tip",
    "missing",
    (
        "the {point|end|last piece} of the screw is {broken off|gone} {and the screw is shorter|}",
        "the screw {ends|stops} {early|short} in {a blunt|a rough|a broken} face",
        "the {far end|end} of the screw {has|shows} {no point|no cone|nothing of its point} {any more|}",
    ),
    ("it {does not|cannot} {find|start in} the hole {by itself|}", "it {makes|leaves} the screw {too short|hard to start}"),
    ("{a broken|a worn} {pointing tool|cutter}", "{a blow|overload} {at the end of|on} the screw"),
    ("broken tip", "lost point"),
)  # fmt: skip
_HEAD = DefectType(
    "wrong head",
    "altered",
    (
        "the head {has|shows} {another|a different} {shape|form} {than in the reference|than ordered|}",
        "{a head of another form|another kind of head} {sits|is} on the {shank|screw}",
        "the {outline|profile} of the head {does not match|differs from} the {reference|golden sample}",
    ),
    ("the {driver|tool|wrench} {does not fit|finds no hold} {on it|}", "it {does not sit|cannot sit} {flush|properly} {in the part|}"),
    ("{mixed|mixed-up} {screws|batches|bins}", "{a wrong|another} {heading die|punch} {in the press|}"),
    ("head mismatch", "other head"),
    logical=True,
)  # fmt: skip


SCREW = Family(
    "screw",
    "screw",
    (
        clauses.scratch(_METAL), clauses.crack("screw"), clauses.burr("{shank|edge of the screw}"), clauses.stain(_METAL),
        _BENT, _WORN, _TIP, _HEAD,
    ),
    (
        "the {shank|screw} is {straight|in line} from {head to tip|end to end}",
        "the thread {is|runs} {even|regular} {from start to end|along the shank|}",
        "the {head|metal} is {whole|clean|even} and {the end is complete|nothing is broken off}",
    ),
    ("{a screw|the screw} {joins|holds|clamps} parts by its {thread|helical ridge}",
     "{a screw|the screw} {has|consists of} a {head|driven head}, a {shank|body} with thread and {a tip|an end}"),
    drawn(_make, _ACTS),
)  # fmt: skip
