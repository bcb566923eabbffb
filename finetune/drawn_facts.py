# ruff: noqa: E501  (a template reads best on one line)
"""Facts for training dialogues: the starter pack, many wordings of its content, criteria that decide, and distractors."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..schema import Fact, RecalledFact
from .boards_defects import TYPES
from .wording import SYNONYMS, plural, say, types_in, with_article

BOARD = "printed circuit board"
_STARTER = Path(__file__).parent.parent / "knowledge" / "starter" / "boards.jsonl"

_LOOKS = {
    "open": (
        "{An open|An open circuit|A break} {shows|appears} as a {gap|full gap|cut|slit} {across|through} a {track|conductor|trace}.",
        "{Where|If} {copper|a track} is {missing|gone} over its whole width, {that is an open|it is an open circuit}.",
        "{An open|A break} {separates|divides} a {track|conductor} into two {ends|parts|pieces}.",
    ),
    "short": (
        "{A short|A short circuit|A bridge} {joins|links|connects} two {tracks|conductors|pads|neighbouring tracks} with {extra|unwanted} copper.",
        "{A short|A bridge} {looks like|appears as|is} a {bridge|strip|thread} of copper {between|from one to another of} two conductors.",
        "{Extra copper|Copper} that {fills|crosses} the gap between {tracks|conductors} is a short.",
    ),
    "mousebite": (
        "{A mousebite|A mouse bite} is a {small|rounded|ragged} {bite|notch|nick} in the edge of a {track|conductor|pad}.",
        "{A mousebite|A mouse bite} {takes|eats} {some|part} of a {track|conductor}'s width {away|from one side}.",
        "At a mousebite {copper is missing from|the etch has eaten into} the edge of a {track|pad}.",
    ),
    "spur": (
        "{A spur|A spike} {sticks out|protrudes|juts} from the edge of a {track|conductor|pad} {into free space|and ends in the gap}.",
        "{A spur|A spike} is a {small|thin|pointed} {tip|tongue|piece} of {extra|unwanted} copper on a {track|conductor}'s edge.",
        "{Extra copper|Copper} {attached to|growing from} one {track|conductor} only is a spur.",
    ),
    "spurious copper": (
        "{Spurious copper|A copper island} lies {free|alone|isolated} {between the conductors|in the gap|on the bare laminate}.",
        "{Spurious copper|A copper island} is a {patch|dot|crumb|island} of {unwanted|leftover} copper that touches {no track|nothing}.",
        "A {patch|piece} of copper that {no track|no conductor} reaches is spurious copper.",
    ),
    "pin-hole": (
        "{A pin-hole|A pinhole|A pin hole} is a {tiny|small|round} {hole|spot without copper} inside a {track|pad|copper area}.",
        "{A pin-hole|A pinhole} {leaves|shows as} a {bare|light} {spot|dot} with copper {all around|on every side}.",
        "{Missing copper|A bare spot} that is {enclosed|surrounded} by copper is a pin-hole.",
    ),
}
_EFFECTS = (
    "{<A>|<Plural>} can {reduce|lower|harm} the {reliability|lifetime|yield|quality} of the board.",
    "{Because of|Due to|Through} <a> the {circuit|board|net} may {fail|misbehave|not work|be lost}.",
    "{Over-etching|Dust|A scratch|Resist residue|Poor exposure|A worn tool} {can|may|often does} {cause|lead to|leave} <a>.",
    "{<A>|<Plural>} {often arises|may arise|can occur} {during etching|in exposure|in handling}.",
    "{<Plural> are|<A> is} {a typical|a common|a known|one kind of} defect of {bare|printed circuit|etched} boards.",
)
_ALLOW = (
    "<A> is {acceptable|allowed|permitted|tolerated|accepted} {on this board|here|on this part|in this layout|by the customer|}.",
    "<Plural> are {acceptable|allowed|permitted|tolerated|accepted} {on this board|here|on this part|in this layout|}.",
    "The {customer|drawing|specification|standard|buyer|contract} {permits|allows|accepts|tolerates} {<a>|<plural>} {here|on this board|}.",
    "{Boards|Parts} with <a> {pass|are accepted|may be shipped|are good}.",
    "By agreement {<a> is|<plural> are} {fine|allowed|acceptable|no defect}.",
)
_FORBID = (
    "<A> is {not acceptable|not allowed|not permitted|never accepted|forbidden|rejected} {on this board|here|on this part|}.",
    "<Plural> are {not acceptable|not allowed|not permitted|never tolerated|forbidden|rejected} {on this board|here|}.",
    "The {customer|drawing|specification|standard|buyer|contract} {rejects|does not permit|forbids|does not accept} {<a>|<plural>} {here|}.",
    "{<A> always counts|<Plural> always count} as {a defect|defects} {here|on this board|}.",
    "{Boards|Parts} with <a> {fail|are rejected|are scrapped|are not accepted}.",
    "Every board is rejected for <a>.",
)
_NORMAL = (
    "{On a good board|Normally|On a sound board} {tracks|conductors} have {smooth|even|parallel} edges and {an even|a constant} width.",
    "The {gaps|spaces} between {tracks|conductors} of a {good|normal|sound} board hold no copper.",
    "{Pads|Holes|Vias} of a {good|normal} board are {round|complete} and {in place|where the golden board has them}.",
    "{A good|A normal} board {agrees with|looks like|matches} its golden {board|image} {up to|apart from} {small shifts|rough edges|its light}.",
    "{Slightly rough|Slightly blurred|Slightly shifted} edges are normal {on etched boards|for copper|here}.",
)
_IDENTITY = (
    "A printed circuit board carries copper {tracks|conductors} on {an insulating|a flat} {panel|plate|laminate}.",
    "{Bare boards|Boards} are inspected before {assembly|components are soldered on}.",
    "{Dark areas|Dark lines} {are|show} copper and light {ones|areas} the {laminate|base}.",
    "The board {has|carries} {two|four|six|several} {layers|copper layers}.",
)
_OTHERS = (
    ("metal nut", "{A scratch|A dent|A bent tooth|Rust} {is|counts as} a defect of a metal nut."),
    ("hazelnut", "{A crack|A hole|A cut|A print} {in|on} the shell {makes|turns} a hazelnut {defective|bad}."),
    ("bottle", "{The rim|The mouth} of a {good|sound} bottle is {round|unbroken|clean}."),
    ("pill", "{Contamination|A colour spot|A crack|A chip} on a pill is {not allowed|rejected|a defect}."),
    ("cable", "{A cable|The cable} has {three|several} {wires|cores} with {intact|sound} insulation."),
    ("toothbrush", "{Bristles|The bristles} of a toothbrush are {even|upright|of equal length}."),
    ("screw", "{A worn thread|A damaged head|A bent tip} {is|counts as} a defect of a screw."),
    ("ball screw", "{Pitting|A pit} on a ball screw {grows|spreads} with {wear|use|time}."),
    ("tile", "{Cracks|Fraying|Blowholes} on a tile are {allowed|rejected|permitted|not accepted}."),
)


@dataclass(frozen=True)
class Drawn:
    """A fact for a dialogue: text, the types it is about, the types it permits, its kind and object."""

    text: str
    types: tuple[str, ...] = ()
    allows: tuple[str, ...] = ()
    kind: str = "appearance"
    object: str = BOARD


@lru_cache(maxsize=1)
def starter() -> tuple[Drawn, ...]:
    """The facts of the starter pack (knowledge/starter/boards.jsonl)."""
    rows = [json.loads(line) for line in _STARTER.read_text(encoding="utf-8").splitlines() if line.strip()]
    return tuple(
        Drawn(r["text"], _about(r["text"], r["kind"]), tuple(r.get("allows", ())), r["kind"], r["object"]) for r in rows
    )


def _about(text: str, kind: str) -> tuple[str, ...]:
    return () if kind in ("identity", "normal") else types_in(text)


def about(kind: str, rng: np.random.Generator) -> Drawn:
    """A fact about one defect type that does not say whether it is permitted."""
    if rng.random() < 0.4:
        fitting = [d for d in starter() if d.types == (kind,) and d.kind != "criterion"]
        if fitting:
            return fitting[rng.integers(len(fitting))]
    if rng.random() < 0.6:
        looks = _LOOKS[kind]
        return Drawn(say(rng, looks[rng.integers(len(looks))]), (kind,), (), "appearance")
    effects = _EFFECTS[rng.integers(len(_EFFECTS))]
    return Drawn(say(rng, effects, **_names(kind, rng)), (kind,), (), "effect" if "may" in effects else "defect")


def criterion(kind: str, allowed: bool, rng: np.random.Generator) -> Drawn:
    """A fact that permits (`allowed`) or rejects a defect type."""
    if not allowed and rng.random() < 0.3:
        fitting = [d for d in starter() if kind in d.types and d.kind == "criterion"]
        if fitting:
            return fitting[rng.integers(len(fitting))]
    templates = _ALLOW if allowed else _FORBID
    text = say(rng, templates[rng.integers(len(templates))], **_names(kind, rng))
    return Drawn(text, (kind,), (kind,) if allowed else (), "criterion")


def _names(kind: str, rng: np.random.Generator) -> dict[str, str]:
    name = kind if rng.random() < 0.6 else SYNONYMS[kind][rng.integers(len(SYNONYMS[kind]))]
    return {"a": with_article(name), "plural": plural(name)}


def neutral(rng: np.random.Generator) -> Drawn:
    """A fact about no defect type: what a board is, how a good one looks, or something about another object."""
    choice = rng.random()
    if choice < 0.25:
        plain = [d for d in starter() if not d.types]
        return plain[rng.integers(len(plain))]
    if choice < 0.5:
        return Drawn(say(rng, _NORMAL[rng.integers(len(_NORMAL))]), (), (), "normal")
    if choice < 0.7:
        return Drawn(say(rng, _IDENTITY[rng.integers(len(_IDENTITY))]), (), (), "identity")
    name, template = _OTHERS[rng.integers(len(_OTHERS))]
    return Drawn(say(rng, template), (), (), "defect", name)


def draw_facts(rng: np.random.Generator, must: tuple[Drawn, ...] = (), *, most: int = 8) -> list[Drawn]:
    """`must` plus random others in random order, at most `most` and often few; none at all if `must` is empty a fifth of the time.

    No other permitting criterion is added, so that what is permitted stays what the caller decided; criteria for types
    that `must` permits are not added either.
    """
    if not must and rng.random() < 0.2:
        return []
    settled = {kind for d in must if d.kind == "criterion" for kind in d.types}
    facts = list(must)
    for _ in range(int(rng.choice([0, 1, 2, 3, 4, 5, 6], p=[0.12, 0.18, 0.2, 0.18, 0.14, 0.1, 0.08]))):
        if len(facts) >= most:
            break
        roll = rng.random()
        kind = TYPES[rng.integers(len(TYPES))]
        if roll < 0.55:
            extra = about(kind, rng)
        elif roll < 0.67:
            extra = criterion(kind, False, rng)
            if settled & set(extra.types):
                continue
        else:
            extra = neutral(rng)
        if all(extra.text != f.text for f in facts):
            facts.append(extra)
    order = rng.permutation(len(facts))
    return [facts[i] for i in order]


def recalled(facts: list[Drawn]) -> list[RecalledFact]:
    """The facts as prompts take them, cited as F1, F2, ... in their order."""
    return [
        RecalledFact(
            id=f"F{i}",
            fact=Fact(id=f"drawn-{i}", text=d.text, object=d.object, kind=d.kind, allows=d.allows),  # type: ignore[arg-type]
            score=0.5,
        )
        for i, d in enumerate(facts, 1)
    ]


def fitting(facts: list[Drawn], kind: str) -> str | None:
    """The citation of the first fact about a type (`F2`), or None where there is none."""
    return next((f"F{i}" for i, d in enumerate(facts, 1) if kind in d.types), None)


def permitting(facts: list[Drawn], kind: str) -> str | None:
    """The citation of the first fact that permits a type, or None."""
    return next((f"F{i}" for i, d in enumerate(facts, 1) if kind in d.allows), None)


def normal(facts: list[Drawn]) -> str | None:
    """The citation of the first fact about the normal look of the board, or None."""
    return next((f"F{i}" for i, d in enumerate(facts, 1) if d.kind == "normal" and d.object == BOARD), None)
