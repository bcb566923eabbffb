"""Dialogues about one region's window: the examination, and further questions that only its facts answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ....prompts import PLACES, examine_prompt
from ....schema import Box, Region
from ..family import DefectType, Family
from .dialogue import Dialogue, Turn, casual, cite, conclude, fact_id
from .facts import MIRROR, RULES, Drawn, deciding, draw_facts, names, pick, polarity, recalled, speaking
from .wording import capital, plural, say

_PERMITTED = (
    "{Are|May} <plural> {permitted|allowed|accepted|acceptable}?",
    "Is <a> {permitted|allowed|acceptable}?",
    "{Would|Does} <a> pass?",
    "Is <a> a {reason to reject|defect} {here|}?",
)
_WHICH = ("Which fact {speaks of|is about|deals with} <plural>?", "{What is known of|Which fact tells about} <a>?")
_LIMIT = ("{What is the|Which} {limit|tolerance} {for|holds for} <plural>?", "How {long|large} may <a> be?")
_SHOWS = (
    "What does {region [<region>]|the region|it} show?",
    "Which {defect|type} is it?",
    "What do you see {there|in [<region>]|}?",
)
_SIZE = ("How {long|large|big} is {it|[<region>]|region [<region>]}?",)
_WHERE = ("Where {is it|does it lie|is [<region>]}?",)


def draw_region(kind: DefectType | None, size: int, rng: np.random.Generator) -> Region:
    """A region as the comparison would put it, `size` pixels long; its change agrees with the type mostly."""
    changes = ("added", "missing", "altered")
    usual = kind.change if kind is not None and rng.random() < 0.7 else None
    number = 1 + min(int(rng.integers(15)), int(rng.integers(15)))
    across = max(1, int(size * rng.uniform(0.2, 1)))
    box = Box(0, 0, size, across) if rng.random() < 0.5 else Box(0, 0, across, size)
    score = round(float(rng.uniform(0.3, 1)), 2)
    return Region(id=f"R{number}", box=box, score=score, change=usual or pick(changes, rng))


def draw_size(rng: np.random.Generator) -> int:
    """A region's longer side in pixels: 4 to 120, small ones more often."""
    return int(np.exp(rng.uniform(np.log(4), np.log(120))))


def draw_examine(
    family: Family,
    kind: DefectType | None,
    rng: np.random.Generator,
    *,
    most: int = 8,
    turns: int = 0,
    facts: Sequence[Drawn] | None = None,
    region: Region | None = None,
    where: str | None = None,
    size: int | None = None,
) -> Dialogue:
    """An examination of a window that shows `kind` (None: nothing), and `turns` further questions.

    Facts, region, place and size are drawn unless given.
    """
    size = draw_size(rng) if size is None else size
    region = draw_region(kind, size, rng) if region is None else region
    where = pick(PLACES, rng) if where is None else where
    drawn = draw_facts(family, rng, kind, most=most, size=size) if facts is None else list(facts)
    seen = kind
    if kind is not None and family.name == "bare board" and facts is None and rng.random() < 0.25:
        light = rng.random() < 0.5
        # A rule on the type after its name has turned is one step more than this model learns: none beside a polarity.
        drawn = [f for f in drawn if f.role not in RULES or f.type not in (kind.name, MIRROR[kind.name])]
        drawn.insert(int(rng.integers(len(drawn) + 1)), polarity(light, rng))
        drawn = drawn[:10]
        seen = family.type(MIRROR[kind.name]) if light else kind
    first = conclude(family, seen, region.id, where, size, drawn, rng)
    asked = Turn(examine_prompt(region, where, recalled(drawn)), first.answer, first.asked, first.fact)
    more = tuple(_further(family, seen, region, where, size, drawn, rng) for _ in range(turns))
    return Dialogue("examine", (asked, *more), tuple(drawn), "" if kind is None else kind.name, size=size)


def _further(
    family: Family,
    seen: DefectType | None,
    region: Region,
    where: str,
    size: int,
    facts: Sequence[Drawn],
    rng: np.random.Generator,
) -> Turn:
    roll = rng.random()
    if roll < 0.14:
        answer = f"{capital(seen.name)}{cite(region.id)}." if seen else f"No defect{cite(region.id)}."
        question = say(rng, pick(_SHOWS, rng), region=region.id)
        return Turn(casual(question, rng), answer, seen.name if seen else None)
    if roll < 0.2:
        return Turn(
            casual(say(rng, pick(_SIZE, rng), region=region.id), rng),
            f"{size} px{cite(region.id)}.",
            seen.name if seen else None,
        )
    if roll < 0.26:
        return Turn(
            casual(say(rng, pick(_WHERE, rng), region=region.id), rng),
            f"{capital(where)}{cite(region.id)}.",
            seen.name if seen else None,
        )
    spoken = [f.type for f in facts if f.type]
    name = pick(spoken, rng) if spoken and rng.random() < 0.75 else pick(family.types, rng).name
    return ask_fact(family, family.type(name), facts, rng)


def ask_fact(family: Family, kind: DefectType, facts: Sequence[Drawn], rng: np.random.Generator) -> Turn:
    """A question on a type that the facts answer: is it permitted, which fact speaks of it, what is its limit."""
    place = deciding(facts, kind.name)
    fact = None if place is None else facts[place - 1]
    words = {**names(kind, rng)}
    roll = rng.random()
    if roll < 0.45:
        template = pick(_PERMITTED, rng)
        against = "reject" in template
        question = casual(say(rng, template, **words), rng)
        many = plural(kind.name)
        if fact is None:
            return Turn(question, f"{against}. No criterion speaks of {many}.", kind.name)
        told = {"permit": f"a criterion permits {many}", "reject": f"a criterion rejects {many}",
                "limit": f"up to {fact.limit} px"}[fact.role]  # fmt: skip
        value = (fact.role == "reject") == against
        return Turn(question, f"{value}. {capital(told)}{cite(fact_id(place))}.", kind.name, place)
    if roll < 0.8 or fact is None or fact.role != "limit":
        about = speaking(facts, kind.name)
        question = casual(say(rng, pick(_WHICH, rng), **words), rng)
        return Turn(question, f"[{fact_id(about)}]." if about else "None.", kind.name, about)
    question = casual(say(rng, pick(_LIMIT, rng), **words), rng)
    return Turn(question, f"{fact.limit} px{cite(fact_id(place))}.", kind.name, place)
