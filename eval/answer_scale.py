"""The paper's MLE for one answer, 1..5 an axis, computed against known truth by rule (method.md section 4).

Published anchors; the first row from the top that fits decides:

| | identification (type, conclusion) | localization (visual evidence) | logic (reasoning) |
|---|---|---|---|
| 5 | right, and every type it names is there (none, where nothing is) | every place it names is right | the reason entails the answer, holds, and cites a fact that speaks of it wherever one was recalled |
| 4 | right, but it does not say which type | no place in words, but a region that was found is cited | as 5, without that citation or with one beside it that does not fit |
| 3 | right, but it names a type that is not there, or denies the defect that is | a neighbouring place, or right and wrong places mixed | sound, but from a premise that the image does not show (a wrong type or place); or no reason at all |
| 2 | wrong, though the type it names is there | no visual evidence is named | ungrounded (cites what was not recalled or found, or only facts that speak of something else; states a cause or effect that no recalled fact tells; passes what no criterion permits), or the conclusion is wrong |
| 1 | wrong | only wrong places | the reason contradicts the answer |

S is the mean of the axes that exist. Localization does not exist where the image is normal or where the truth has no
places: it is None for every answer of that question. An answer that cannot be read is unscored: None on every axis,
never 0. Not covered: whether a free reason is well written, and statements that hold no place, type, cause or citation.
"""  # noqa: E501  (a table row is one line)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..answers import Answer, parse_answer
from ..schema import RecalledFact
from .answer_text import denies, places_in, plain, statements, told_effects
from .checks.citations import speaks_of
from .places import near

Asks = Literal["defect", "sound", "type", "place", "other"]


@dataclass(frozen=True)
class Shown:
    """A defect that the image shows: its type and the places (3 x 3 grid) that count as right, none if unknown."""

    type: str
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class Truth:
    """What is known of a question.

    Attributes:
        value: the right answer.
        asks: what True asserts: `defect` (one that no criterion permits), `sound` (the opposite), `type` (a defect of
            the type `asked`), `place` (a defect at the place `asked`), `other` (anything else; entailment is not
            checked).
        asked: see `asks`.
        shown: every defect of the image, permitted or not; empty for a normal image.
        allowed: types that a recalled criterion permits.
        facts: what was recalled, by citation id.
        regions: ids of the regions that were given in the prompt.
        deciding: ids of the facts that decide the question; empty: those that speak of the type.
        names: other names of types -> type.
        level: AD-PL's level.
    """

    value: bool
    asks: Asks = "defect"
    asked: str = ""
    shown: tuple[Shown, ...] = ()
    allowed: frozenset[str] = frozenset()
    facts: Sequence[RecalledFact] = ()
    regions: tuple[str, ...] = ()
    deciding: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    level: str = ""

    def type_of(self, name: str) -> str:
        """The type that a name means, compared without case, hyphens and underscores."""
        known = {plain(other): kind for other, kind in self.names.items()}
        return plain(known.get(plain(name), name))


@dataclass(frozen=True)
class AnswerScore:
    """The three axes, 1..5 or None, and why each lost what it lost.

    Attributes:
        right: whether True or False was right, None where the answer could not be read.
    """

    identification: float | None
    localization: float | None
    logic: float | None
    right: bool | None
    notes: tuple[str, ...] = ()

    @property
    def score(self) -> float | None:
        """S: the mean of the axes that exist, 1..5; None where the answer is unscored."""
        axes = [a for a in (self.identification, self.localization, self.logic) if a is not None]
        return None if self.identification is None else sum(axes) / len(axes)


@dataclass(frozen=True)
class _Read:
    """An answer read against the truth."""

    answer: Answer
    types: tuple[str, ...]
    real: frozenset[str]
    denied: bool
    places: tuple[str, ...]
    right_places: frozenset[str]


def score_answer(answer: str | Answer, truth: Truth) -> AnswerScore:
    """Score one answer by the anchors above.

    Args:
        answer: its text, or what `answers.parse_answer` read from it.
    """
    said = parse_answer(answer) if isinstance(answer, str) else answer
    if said.value is None:
        return AnswerScore(None, None, None, None, ("the answer could not be read as True or False",))
    read = _read(said, truth)
    notes: list[str] = []
    identification = _identification(read, truth, notes)
    localization = _localization(read, truth, notes)
    logic = _logic(read, truth, localization, notes)
    return AnswerScore(identification, localization, logic, said.value == truth.value, tuple(notes))


def _read(said: Answer, truth: Truth) -> _Read:
    types = tuple(dict.fromkeys(truth.type_of(t) for t in statements(said)))
    real = frozenset(truth.type_of(s.type) for s in truth.shown)
    meant = [s for s in truth.shown if truth.type_of(s.type) in types] or list(truth.shown)
    right = frozenset(p for s in meant for p in s.places)
    denied = denies(said)
    # Where a defect is denied, a place is only where none was seen.
    return _Read(said, types, real, denied, () if denied else places_in(said.text), right)


def _identification(read: _Read, truth: Truth, notes: list[str]) -> float:
    foreign = [t for t in read.types if t not in read.real]
    named = [t for t in read.types if t in read.real]
    if foreign:
        notes.append(f"names {', '.join(foreign)}, which the image does not show")
    if read.answer.value != truth.value:
        notes.append(f"says {read.answer.value}, right is {truth.value}")
        return 2 if named and not foreign else 1
    if read.denied and read.real:
        notes.append("denies the defect that is there")
        return 3
    if foreign:
        return 3
    if read.real and not named:
        notes.append("does not name the type")
        return 4
    return 5


def _localization(read: _Read, truth: Truth, notes: list[str]) -> float | None:
    if not any(s.places for s in truth.shown):
        return None
    if read.places:
        right = [p for p in read.places if p in read.right_places]
        if len(right) == len(read.places):
            return 5
        notes.append(f"names the {', '.join(p for p in read.places if p not in read.right_places)}")
        return 3 if right or any(near(p, q) for p in read.places for q in read.right_places) else 1
    if not read.denied and any(r in truth.regions for r in read.answer.regions):
        return 4
    notes.append("names no place")
    return 2


def _logic(read: _Read, truth: Truth, localization: float | None, notes: list[str]) -> float:
    entailed = _entailed(read, truth)
    if entailed is not None and entailed != read.answer.value:
        notes.append(f"the reason entails {entailed}, the answer is {read.answer.value}")
        return 1
    ungrounded = _ungrounded(read, truth)
    notes += ungrounded
    if ungrounded or read.answer.value != truth.value:
        return 2
    if not any(c.isalpha() for c in read.answer.text):
        notes.append("gives no reason")
        return 3
    if any(t not in read.real for t in read.types) or (read.denied and read.real) or localization in (1, 3):
        return 3
    cited, fitting = set(read.answer.facts), _fitting(read, truth)
    if (fitting and not cited & fitting) or any(not _relevant(f, read, truth) for f in truth.facts if f.id in cited):
        notes.append("the citation that fits is missing, or another stands beside it")
        return 4
    return 5


def _entailed(read: _Read, truth: Truth) -> bool | None:
    """The answer that follows from the reason with its head hidden; None where it states nothing that decides."""
    if truth.asks == "other" or not (read.types or read.denied):
        return None
    defect = bool(read.types) and not read.answer.allowed
    if truth.asks in ("defect", "sound"):
        return defect == (truth.asks == "defect")
    if truth.asks == "type":
        return truth.type_of(truth.asked) in read.types
    if read.types and not read.places:
        return None
    return truth.asked in read.places


def _ungrounded(read: _Read, truth: Truth) -> list[str]:
    found = []
    known = {f.id: f for f in truth.facts}
    lost = [c for c in read.answer.facts if c not in known]
    lost += [c for c in read.answer.regions if c not in truth.regions]
    if lost:
        found.append(f"cites {', '.join(lost)}, which was never given")
    cited = [known[c] for c in read.answer.facts if c in known]
    if cited and not any(_relevant(f, read, truth) for f in cited):
        found.append(f"{', '.join(f.id for f in cited)} speaks of something else")
    permitted = {truth.type_of(t) for t in truth.allowed}
    if read.answer.allowed and not any(t in permitted for t in read.types):
        found.append("passes what no recalled criterion permits")
    untold = told_effects(read.answer.text, [f.fact.text for f in truth.facts])
    found += [f"states what no recalled fact tells: {clause!r}" for clause in untold]
    return found


def _fitting(read: _Read, truth: Truth) -> set[str]:
    """Facts one of which a fully grounded answer cites."""
    if truth.deciding:
        return set(truth.deciding)
    if read.answer.allowed:
        permitted = {truth.type_of(t) for t in read.types}
        return {f.id for f in truth.facts if permitted & {truth.type_of(t) for t in f.fact.allows}}
    if kinds := read.types or (() if read.denied else tuple(read.real)):
        # What permits a type is no ground for seeing it.
        told = [f for f in truth.facts if not set(kinds) & {truth.type_of(t) for t in f.fact.allows}]
        return {f.id for f in told if any(_speaks(f, t, truth) for t in kinds)}
    return {f.id for f in truth.facts if f.fact.kind == "normal"}


def _relevant(fact: RecalledFact, read: _Read, truth: Truth) -> bool:
    if fact.id in truth.deciding:
        return True
    if any(_speaks(fact, t, truth) for t in read.types or (() if read.denied else read.real)):
        return True
    if truth.asks == "type" and _speaks(fact, truth.type_of(truth.asked), truth):
        return True
    return not read.types and fact.fact.kind in ("normal", "identity")


def _speaks(fact: RecalledFact, kind: str, truth: Truth) -> bool:
    names = [kind, *(other for other, of in truth.names.items() if plain(of) == kind)]
    return any(speaks_of(fact, name) for name in names)
