"""Scripted corruptions of a correct answer (method.md, AD-PL): each wrong in one known way, all different."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ...eval.answer_scale import score_answer
from ...eval.answer_text import plain, told_effects
from ...eval.checks.citations import speaks_of
from ...eval.places import PLACES, near
from ..world.dialogues.wording import say
from .lore import UNNAMED, Lore
from .statement import Question, Statement

PREFIX = "corruption:"
_CAUSES = (
    "{worn tooling|a worn tool}",
    "{overheating|too much heat} in production",
    "{moisture|damp air} during storage",
    "{vibration|shaking} in transport",
    "{a wrong|an unsuitable} cleaning agent",
)
"""Plausible anywhere and told by no fact, which is what makes them unsupported."""


@dataclass(frozen=True)
class Corruption:
    """A wrong answer: its text, how it was made (`corruption:wrong place`), and its score, 1..5."""

    text: str
    provenance: str
    score: float


Corrupt = Callable[[Question, Lore, np.random.Generator], Statement | None]


def corrupt(question: Question, lore: Lore, rng: np.random.Generator) -> list[Corruption]:
    """One answer for each kind of corruption that the question admits, in the order of `KINDS`.

    Every text differs from the correct answer and from the others, and scores below the correct answer on the answer
    scale: what would be right after all is dropped.

    Args:
        question: with its correct answer.
        lore: words for types that the image does not show.
    """
    right = str(question.right)
    best = score_answer(right, question.truth).score
    seen, found = {_key(right)}, []
    for name, made in _all(question, lore, rng):
        score = score_answer(made, question.truth).score
        if _key(made) not in seen and score is not None and best is not None and score < best:
            seen.add(_key(made))
            found.append(Corruption(made, PREFIX + name, score))
    return found


def _all(question: Question, lore: Lore, rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    for name, how in KINDS.items():
        made = how(question, lore, rng)
        if made is not None:
            yield name, str(made)


def _key(text: str) -> str:
    return plain(text).rstrip(".")


def wrong_verdict(question: Question, lore: Lore, rng: np.random.Generator) -> Statement | None:
    """The opposite answer with a reason of its own."""
    return question.wrong


def wrong_place(question: Question, lore: Lore, rng: np.random.Generator) -> Statement | None:
    """The right defect at another place, far from the right one where there is room."""
    right = question.right
    if not right.place or question.truth.asks == "place":
        return None
    taken = {p for s in question.truth.shown for p in s.places} | {right.place}
    free = [p for p in PLACES if p not in taken]
    far = [p for p in free if not near(p, right.place)] or free
    return right.but(place=str(far[rng.integers(len(far))])) if far else None


def wrong_type(question: Question, lore: Lore, rng: np.random.Generator) -> Statement | None:
    """Another type with its look, where the image does not show it, under the right verdict."""
    right = question.right
    if right.type is None:
        return None
    taken = {plain(s.type) for s in question.truth.shown} | {plain(UNNAMED), plain(question.truth.asked)}
    free = [t for t in lore.types if plain(t) not in taken]
    if not free:
        return None
    other = str(free[rng.integers(len(free))])
    fitting = tuple(f.id for f in question.truth.facts if speaks_of(f, other))[:1]
    if right.allowed:
        return right.but(type=other)
    looks = lore.types[other].looks
    return right.but(type=other, reason=say(rng, looks[rng.integers(len(looks))]), facts=fitting)


def unsupported_cause(question: Question, lore: Lore, rng: np.random.Generator) -> Statement | None:
    """The right answer with a cause that no recalled fact tells."""
    told = [f.fact.text for f in question.truth.facts]
    for index in rng.permutation(len(_CAUSES)):
        cause = say(rng, _CAUSES[index])
        aside = f"caused by {cause}" if question.right.type else f"and what differs is due to {cause}"
        if told_effects(aside, told):
            both = f"{question.right.aside}, {aside}" if question.right.aside else aside
            return question.right.but(aside=both)
    return None


def foreign_citation(question: Question, lore: Lore, rng: np.random.Generator) -> Statement | None:
    """The right answer on the strength of a fact that speaks of something else, or that was never recalled."""
    right = question.right
    facts = question.truth.facts
    kinds = [s.type for s in question.truth.shown] + [right.type or "", question.truth.asked]
    others = [
        f.id
        for f in facts
        if f.id not in right.facts
        and f.id not in question.truth.deciding
        and not any(speaks_of(f, k) for k in kinds)
        and f.fact.kind not in ("normal", "identity")
    ]
    if others and rng.random() < 0.7:
        return right.but(facts=(str(others[rng.integers(len(others))]),))
    return right.but(facts=(f"F{len(facts) + 1 + int(rng.integers(3))}",))


def contradiction(question: Question, lore: Lore, rng: np.random.Generator) -> Statement | None:
    """The right reason under the wrong verdict."""
    return question.right.but(value=not question.right.value)


KINDS: dict[str, Corrupt] = {
    "wrong verdict": wrong_verdict,
    "wrong place": wrong_place,
    "wrong type": wrong_type,
    "unsupported cause": unsupported_cause,
    "foreign citation": foreign_citation,
    "contradiction": contradiction,
}
"""By name; `corrupt` tries them in this order."""
