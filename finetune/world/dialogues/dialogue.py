"""What the language half is trained on: prompts of the agent, answers in the grammar of answers.py, what decides.

Rules of citation, the same everywhere: the region is always cited; a rule on the type that is seen is cited, else what
tells which type it is (a board's polarity), else the first fact on that type (for a normal region: the first on the
normal look); never a fact that is not in the prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..family import DefectType, Family
from .facts import Drawn, deciding, naming, pick, speaking
from .wording import capital, plural, say

PERMITTED = ("{a criterion|the criterion|a rule} permits {it|this|<plural>}", "<plural> are {permitted|accepted} here")
WITHIN = (
    "{its|the} size of <size> px is within {the limit of|} <limit> px",
    "<size> px is not above {the|} <limit> px",
)
ABOVE = ("{its|the} size of <size> px is above {the limit of|} <limit> px", "<size> px is more than {the|} <limit> px")


@dataclass(frozen=True)
class Turn:
    """One question and its answer.

    Attributes:
        prompt, answer: what the user says (after the images, in the first turn) and what the model shall say.
        asked: the defect type that the turn turns on (what is seen, or what is asked about), None for none.
        fact: place (from 1) of the fact that decides the answer, None where none does.
    """

    prompt: str
    answer: str
    asked: str | None = None
    fact: int | None = None


@dataclass(frozen=True)
class Dialogue:
    """Turns about one context.

    Attributes:
        kind: `examine`, `reason:<question>`, `knowledge`, `self-guide`, `identify`.
        turns: the first holds facts and findings; the others ask more about the same.
        facts: those of the first turn.
        label: type that the window before it shows ("" for none), None where any window or none will do.
        images: how many images stand before the prompt.
        size: of the region in pixels, where the first prompt tells one.
    """

    kind: str
    turns: tuple[Turn, ...]
    facts: tuple[Drawn, ...] = ()
    label: str | None = None
    images: int = 2
    size: int = 0


def cite(*ids: str | None) -> str:
    """`" [R1] [F2]"` of the ids that are not None; "" of none."""
    return "".join(f" [{i}]" for i in ids if i)


def fact_id(place: int | None) -> str | None:
    """`F2` of 2, None of None."""
    return None if place is None else f"F{place}"


def conclude(
    family: Family,
    kind: DefectType | None,
    region: str,
    where: str,
    size: int,
    facts: Sequence[Drawn],
    rng: np.random.Generator,
    *,
    head: bool = True,
) -> Turn:
    """The right answer about a region that shows `kind` (None: nothing), `size` pixels long; its prompt is left "".

    Returns e.g. `True. Short: ... at the upper left [R1] [F2].`; without `head` the `True. ` is left out.
    """
    if kind is None:
        reason = say(rng, pick(family.normal, rng))
        place = speaking(facts, None)
        return Turn("", ("False. " if head else "") + f"No defect: {reason}{cite(region, fact_id(place))}.", None, None)
    name, place = capital(kind.name), deciding(facts, kind.name) or naming(facts, kind.name)
    fact = None if place is None else facts[place - 1]
    cited = cite(region, fact_id(place if fact is not None else speaking(facts, kind.name)))
    sizes = {"size": str(size), "limit": str(fact.limit if fact else 0)}
    if fact is not None and fact.role == "permit":
        reason = say(rng, pick(PERMITTED, rng), plural=plural(kind.name))
        return Turn("", ("False. " if head else "") + f"{name}, allowed: {reason}{cited}.", kind.name, place)
    if fact is not None and fact.role == "limit" and size <= fact.limit:
        reason = say(rng, pick(WITHIN, rng), **sizes)
        return Turn("", ("False. " if head else "") + f"{name}, allowed: {reason}{cited}.", kind.name, place)
    over = fact is not None and fact.role == "limit"
    reason = say(rng, pick(ABOVE, rng), **sizes) if over else say(rng, pick(kind.looks, rng))
    return Turn("", ("True. " if head else "") + f"{name}: {reason} at the {where}{cited}.", kind.name, place)


def casual(question: str, rng: np.random.Generator) -> str:
    """Questions as people type them: sometimes in lower case, or without the question mark."""
    roll = rng.random()
    if roll < 0.15:
        question = question.lower()
    return question.rstrip("?") if rng.random() < 0.08 else question
