# ruff: noqa: E501  (a template reads best on one line)
"""Facts about a family in many wordings: what decides (criteria, tolerances, polarity), what informs, what distracts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np

from ....schema import Fact, RecalledFact
from ..family import DefectType, Family
from .wording import capital, plural, say, types_in, with_article

Role = Literal["permit", "reject", "limit", "count", "look", "effect", "cause", "normal", "identity", "polarity"]
T = TypeVar("T")
RULES = ("permit", "reject", "limit")
"""Roles that decide whether a type found in a region is a defect."""
_STARTER = Path(__file__).parents[3] / "knowledge" / "starter" / "boards.jsonl"

_PERMIT = (
    "<A> is {acceptable|allowed|permitted|tolerated|accepted} {on this part|here|on this object|by the customer|}.",
    "<Plural> are {acceptable|allowed|permitted|tolerated|accepted} {on this part|here|on this <object>|}.",
    "{The|A|Our} {customer|drawing|specification|standard|criterion|contract} {permits|allows|accepts|tolerates} {<a>|<plural>} {here|on this part|}.",
    "{Parts|Objects|Pieces} with {<a>|<plural>} {pass|are accepted|may be shipped|are good}.",
    "{Do not|Never} reject {a part|this part|it|a <object>} for {<a>|<plural>}.",
    "<A> is {an allowed mark|a permitted mark|no reason to reject|no defect here|only cosmetic}.",
)
_REJECT = (
    "<A> is {not acceptable|not allowed|not permitted|never accepted|forbidden|rejected} {on this part|here|on this object|}.",
    "<Plural> are {not acceptable|not allowed|not permitted|never tolerated|forbidden|rejected} {on this part|here|on this <object>|}.",
    "{The|A|Our} {customer|drawing|specification|standard|criterion|contract} {rejects|forbids|does not permit|does not accept} {<a>|<plural>} {here|on this part|}.",
    "{Parts|Objects|Pieces} with {<a>|<plural>} {fail|are rejected|are scrapped|are not accepted}.",
    "{Always reject|Reject} {a part|this part|it|a <object>} for {<a>|<plural>}.",
    "<A> is {always a defect|a reason to reject|a defect here|never cosmetic}.",
)
_LIMIT = (
    "<Plural> {up to|of up to|of at most|not longer than|no larger than} <limit> px are {accepted|permitted|tolerated|allowed}.",
    "<Plural> {larger than|longer than|above|of more than|over} <limit> px are {rejected|not accepted|a reason to reject}.",
    "The {limit|tolerance|largest size|greatest length} for {<a>|<plural>} is <limit> px.",
    "{Accept|Tolerate} <plural> {up to|of at most} <limit> px.",
)
_COUNT = (
    "{Up to|At most|No more than} <limit> <plural> are {accepted|permitted|tolerated|allowed}.",
    "More than <limit> <plural> are {rejected|not accepted|a reason to reject}.",
)
_LOOK = (
    "<A>: <look>.", "With <a>, <look>.", "{Where there is|At} <a>, <look>.", "<A> {looks like this|can be told by this}: <look>.",
)  # fmt: skip
_EFFECT = ("<A>: <effect>.", "{Because of|With|After} <a>, <effect>.", "{What <a> does|The effect of <a>}: <effect>.")
_CAUSE = ("<A> {comes from|is caused by|arises from|points to} <cause>.", "{The|A} cause of <plural> is <cause>.")
_NORMAL = (
    "{Normally|On a sound part|On a good <object>|Where nothing is wrong}, <normal>.",
    "{The|A} {good|sound|normal} <object>: <normal>.",
)
_HARMLESS = (
    "{Light, noise and small shifts|A small shift|Other light} {between two pictures|of the camera} {is|are} no defect.",
    "{Slight blur|Slightly other light|A shift of a pixel or two} is normal.",
)
_IDENTITY = ("{The|A|This} <object>: <about>.", "{About|On} the <object>: <about>.")
_POLARITY = {
    True: ("{On this board|Here|In these pictures} copper is {light|bright|white}{ and the base is dark|}.", "{Light|Bright} areas are copper{, dark areas are the base|}."),
    False: ("{On this board|Here|In these pictures} copper is {dark|black}{ and the base is light|}.", "{Dark|Black} areas are copper{, light areas are the base|}."),
}  # fmt: skip
MIRROR = {
    "open": "short", "short": "open", "mousebite": "spur", "spur": "mousebite", "pin-hole": "spurious copper",
    "spurious copper": "pin-hole",
}  # fmt: skip
"""What a type of bare boards is where copper is light: missing copper is then extra copper."""


@dataclass(frozen=True)
class Drawn:
    """A fact for a dialogue.

    Attributes:
        text: one sentence.
        role: what it is for.
        type: the defect type it is about, None for none.
        limit: of `limit` (longest side in pixels) and `count`; else 0. Of `polarity` 1 where copper is light.
        object: what it is about.
    """

    text: str
    role: Role
    type: str | None = None
    limit: int = 0
    object: str = ""


def names(kind: DefectType, rng: np.random.Generator) -> dict[str, str]:
    """`a` and `plural` of a type's name, or in a quarter of the cases of a synonym of it."""
    name = kind.name if not kind.synonyms or rng.random() < 0.75 else pick(kind.synonyms, rng)
    return {"a": with_article(name), "plural": plural(name)}


def pick(options: Sequence[T], rng: np.random.Generator) -> T:
    """One of `options`."""
    return options[int(rng.integers(len(options)))]


def rule(family: Family, kind: DefectType, role: Role, rng: np.random.Generator, limit: int = 0) -> Drawn:
    """A criterion on a type: `permit`, `reject`, `limit` (pixels), `count`."""
    templates = {"permit": _PERMIT, "reject": _REJECT, "limit": _LIMIT, "count": _COUNT}[role]
    text = say(rng, pick(templates, rng), limit=str(limit), object=family.object, **names(kind, rng))
    return Drawn(capital(text), role, kind.name, limit, family.object)


def about(family: Family, kind: DefectType, rng: np.random.Generator, role: Role | None = None) -> Drawn:
    """A fact on a type that decides nothing: its `look`, `effect` or `cause`."""
    if role is None and family.name == "bare board" and rng.random() < 0.35:
        known = [d for d in starter() if d.type == kind.name and d.role not in RULES]
        if known:
            return pick(known, rng)
    drawn: tuple[Role, ...] = ("look", "look", "effect", "cause")
    told = role if role is not None else pick(drawn, rng)
    templates, clauses = {
        "look": (_LOOK, kind.looks), "effect": (_EFFECT, kind.effects), "cause": (_CAUSE, kind.causes),
    }[told]  # fmt: skip
    text = say(rng, pick(templates, rng), **{told: say(rng, pick(clauses, rng))}, **names(kind, rng))
    return Drawn(capital(text), told, kind.name, 0, family.object)


def neutral(family: Family, rng: np.random.Generator) -> Drawn:
    """A fact on no type: the normal look, what is harmless, what the object is."""
    roll = rng.random()
    if family.name == "bare board" and roll < 0.3:
        return pick([d for d in starter() if d.type is None], rng)
    if roll < 0.65:
        text = say(rng, pick(_NORMAL, rng), normal=say(rng, pick(family.normal, rng)), object=family.object)
        return Drawn(capital(text), "normal", object=family.object)
    if roll < 0.8:
        return Drawn(capital(say(rng, pick(_HARMLESS, rng))), "normal", object=family.object)
    text = say(rng, pick(_IDENTITY, rng), about=say(rng, pick(family.about, rng)), object=family.object)
    return Drawn(capital(text), "identity", object=family.object)


def polarity(light: bool, rng: np.random.Generator) -> Drawn:
    """Which phase of a bare board is copper."""
    return Drawn(capital(say(rng, pick(_POLARITY[light], rng))), "polarity", limit=int(light))


@lru_cache(maxsize=1)
def starter() -> tuple[Drawn, ...]:
    """The facts of the starter pack (knowledge/starter/boards.jsonl) that are about one type or none."""
    out = []
    for line in _STARTER.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        kinds = () if row["kind"] in ("identity", "normal") else types_in(row["text"])
        if len(kinds) > 1:
            continue
        role: Role = "normal" if row["kind"] == "normal" else "identity"
        if kinds:
            role = ("permit" if row.get("allows") else "reject") if row["kind"] == "criterion" else "look"
        out.append(Drawn(row["text"], role, kinds[0] if kinds else None, 0, row["object"]))
    return tuple(out)


def draw_facts(
    family: Family, rng: np.random.Generator, seen: DefectType | None = None, *, most: int = 8, size: int = 0
) -> list[Drawn]:
    """0 to `most` facts on a family's object, in random order; at most one rule a type.

    Args:
        seen: the type that the region shows: a fact is about it in most draws, a rule in half of them.
        size: longest side of what is seen, in pixels: limits are drawn on both sides of it.
    """
    count = min(
        most, int(rng.choice([0, 1, 2, 3, 4, 5, 6, 7, 8], p=[0.08, 0.1, 0.16, 0.18, 0.16, 0.12, 0.1, 0.06, 0.04]))
    )
    kinds = [pick(family.types, rng) for _ in range(count)]
    if count and seen is not None and rng.random() < 0.85:
        kinds[int(rng.integers(count))] = seen
        if count > 2 and rng.random() < 0.25:
            kinds[int(rng.integers(count))] = seen
    facts: list[Drawn] = []
    ruled: set[str] = set()
    for kind in kinds:
        roll = rng.random()
        if roll < 0.55 and kind.name not in ruled:
            role: Role = pick(("permit", "permit", "reject", "limit", "limit"), rng)
            ruled.add(kind.name)
            facts.append(rule(family, kind, role, rng, draw_limit(size if kind is seen else 0, rng)))
        elif roll < 0.85:
            facts.append(about(family, kind, rng))
        else:
            facts.append(neutral(family, rng))
    return unique(facts)


def draw_limit(size: int, rng: np.random.Generator) -> int:
    """A limit in pixels; about `size` on either side where one is given."""
    if not size:
        return int(rng.integers(4, 80))
    ratio = float(np.exp(rng.uniform(0.1, 1.1))) * (1 if rng.random() < 0.5 else -1)
    limit = round(size * ratio) if ratio > 0 else int(size / -ratio)
    return int(np.clip(limit, 2, 160))


def unique(facts: Sequence[Drawn]) -> list[Drawn]:
    """`facts` without repeated texts, order kept."""
    return list({f.text: f for f in facts}.values())


def recalled(facts: Sequence[Drawn]) -> list[RecalledFact]:
    """The facts as prompts take them, cited as F1, F2, ... in their order."""
    kinds = {"permit": "criterion", "reject": "criterion", "limit": "criterion", "count": "criterion", "look": "appearance",
             "effect": "effect", "cause": "defect", "normal": "normal", "identity": "identity", "polarity": "identity"}  # fmt: skip
    return [
        RecalledFact(
            id=f"F{i}",
            fact=Fact(
                id=f"drawn-{i}",
                text=d.text,
                object=d.object,
                kind=kinds[d.role],  # type: ignore[arg-type]
                allows=(d.type,) if d.role == "permit" and d.type else (),
            ),
            score=0.5,
        )
        for i, d in enumerate(facts, 1)
    ]


def deciding(facts: Sequence[Drawn], kind: str | None) -> int | None:
    """Place (from 1) of the rule on a type, None where there is none."""
    return next((i for i, d in enumerate(facts, 1) if kind and d.type == kind and d.role in RULES), None)


def naming(facts: Sequence[Drawn], kind: str | None) -> int | None:
    """Place of the fact that tells which type of a bare board it is (its polarity), None where there is none."""
    return next((i for i, d in enumerate(facts, 1) if kind in MIRROR and d.role == "polarity"), None)


def speaking(facts: Sequence[Drawn], kind: str | None) -> int | None:
    """Place of the first fact on a type (`kind` None: on the normal look), None where there is none."""
    if kind is None:
        return next((i for i, d in enumerate(facts, 1) if d.role == "normal"), None)
    return next((i for i, d in enumerate(facts, 1) if d.type == kind), None)
