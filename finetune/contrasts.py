"""Minimal pairs: two dialogues that differ in one thing only, and whose answers differ because of it.

A small model sees that a criterion, or the sense of a question, decides an answer much sooner from two samples of one
batch that are alike in all else. Measured: 2,400 steps without pairs left P(True) at its mean, with and without facts.
"""

from __future__ import annotations

import copy

import numpy as np

from ..prompts import reason_prompt
from .boards_defects import TYPES
from .crops import LABELS
from .dialogue import Dialogue, draw_examine
from .dialogue_reason import ask_permitted, draw_reason
from .drawn_facts import BOARD, Drawn, about, criterion, draw_facts, recalled

Pair = tuple[Dialogue, Dialogue]


def contrast_examine(label: int, rng: np.random.Generator, most: int = 8) -> Pair:
    """A defect crop under a criterion that permits its type, and under none, another's or one that rejects it."""
    kind = LABELS[label]
    permit = criterion(kind, True, rng)
    facts = draw_facts(rng, (permit,), most=most)
    roll = rng.random()
    others = [t for t in TYPES if t != kind]
    if roll < 0.7:
        instead: list[Drawn] = [criterion(others[rng.integers(5)], True, rng)]
    elif roll < 0.85:
        instead = [criterion(kind, False, rng)]
    else:
        instead = [about(kind, rng)] if roll < 0.93 else []
    changed = [g for f in facts for g in (instead if f is permit else [f])]
    again = copy.deepcopy(rng)
    return draw_examine(label, rng, facts), draw_examine(label, again, changed)


def contrast_verdict(rng: np.random.Generator, most: int = 8) -> Pair:
    """The same findings under "is there a defect" and "is the board good"."""
    again = copy.deepcopy(rng)
    return draw_reason(rng, "verdict", most), draw_reason(again, "fine", most)


def contrast_permitted(rng: np.random.Generator, most: int = 8) -> Pair:
    """Whether a type is permitted, where a criterion permits it, and where one rejects it or permits another."""
    kind = TYPES[rng.integers(6)]
    permit = criterion(kind, True, rng)
    other = TYPES[rng.integers(6)]
    instead = criterion(kind, False, rng) if other == kind or rng.random() < 0.15 else criterion(other, True, rng)
    facts = draw_facts(rng, (permit,), most=most)
    changed = [instead if f is permit else f for f in facts]
    again = copy.deepcopy(rng)
    first, second = ask_permitted(kind, facts, rng), ask_permitted(kind, changed, again)
    return _bare(*first, facts), _bare(*second, changed)


def _bare(question: str, answer: str, facts: list[Drawn]) -> Dialogue:
    """A question about the kind of board, without findings and images."""
    prompt = reason_prompt(question, object=BOARD, facts=recalled(facts))
    return Dialogue(prompt, answer, "reason:permitted", images=0)
