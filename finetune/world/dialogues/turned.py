"""Minimal pairs: the same window and the same prompt but for one fact, which turns the right answer."""

from __future__ import annotations

import numpy as np

from ....prompts import PLACES, examine_prompt
from ..family import DefectType, Family
from .dialogue import Dialogue, Turn, conclude
from .examine import draw_region, draw_size
from .facts import MIRROR, RULES, Drawn, draw_facts, pick, polarity, recalled, rule

TURNS = ("allowed mark", "rejected", "tolerance", "polarity")
"""What turns the answer: a criterion permits the type, or another type; permits it, or rejects it; its size is within a
limit, or above it; copper is dark, or light, so that the type is another (bare boards only)."""


def turns_of(family: Family) -> tuple[str, ...]:
    """Those of `TURNS` that a family knows."""
    return TURNS if family.name == "bare board" else TURNS[:-1]


def draw_turned(
    family: Family, kind: DefectType, how: str, rng: np.random.Generator, *, size: int = 0, most: int = 3
) -> tuple[Dialogue, Dialogue]:
    """Two examinations of a window that shows `kind`, whose right answers differ by one fact.

    Args:
        how: one of `TURNS`; size: longer side of what is seen in pixels, 0 to draw one; most: other facts, at most.
    """
    size = size or draw_size(rng)
    region, where = draw_region(kind, size, rng), pick(PLACES, rng)
    near = draw_facts(family, rng, most=most)
    pair = _facts(family, kind, how, max(4, size), rng)
    # Left out on both sides, or more than the one fact would differ; and no rule on a type whose name turns.
    near = [f for f in near if f.type is None or f.type not in (kind.name, *(fact.type for fact in pair))]
    if how == "polarity":
        near = [f for f in near if f.type != MIRROR[kind.name] or f.role not in RULES]
    at = int(rng.integers(len(near) + 1))
    dialogues = []
    for side, fact in enumerate(pair):
        facts = [*near[:at], fact, *near[at:]]
        named = family.type(MIRROR[kind.name]) if how == "polarity" and side else kind
        turn = conclude(family, named, region.id, where, size, facts, rng)
        asked = Turn(examine_prompt(region, where, recalled(facts)), turn.answer, turn.asked, turn.fact)
        dialogues.append(Dialogue("examine", (asked,), tuple(facts), kind.name, size=size))
    return dialogues[0], dialogues[1]


def _facts(family: Family, kind: DefectType, how: str, size: int, rng: np.random.Generator) -> tuple[Drawn, Drawn]:
    if how == "polarity":
        return polarity(False, rng), polarity(True, rng)
    permits = rule(family, kind, "permit", rng)
    if how == "rejected":
        return permits, rule(family, kind, "reject", rng)
    if how == "allowed mark":
        return permits, rule(family, pick([t for t in family.types if t.name != kind.name], rng), "permit", rng)
    wide, narrow = int(size * rng.uniform(1.25, 2.5)) + 1, max(2, int(size / rng.uniform(1.25, 2.5)))
    return rule(family, kind, "limit", rng, wide), rule(family, kind, "limit", rng, narrow)
