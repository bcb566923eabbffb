"""What there is to ask about an image, and what can be said of it, right or wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...eval.answer_scale import Asks, Shown, Truth
from ...eval.checks.citations import speaks_of
from ...eval.places import PLACES
from ...schema import RecalledFact
from ..world.dialogues.dialogue import ABOVE, WITHIN
from ..world.dialogues.wording import say
from .lore import UNNAMED, Lore
from .lore_facts import Told, called, recalled
from .statement import Statement

ALLOWED = ("a criterion permits it", "it is permitted here")


@dataclass(frozen=True)
class View:
    """What there is to ask about.

    Attributes:
        lore: what is known of the object.
        shown: the image's defects, the clearest first; empty for a normal image.
        told: the facts recalled for it, cited as F1, F2, ... in this order.
        permitted: types that one of the facts permits.
        region: the region that a prompt asks about, "" for a whole image.
        size: longer side of its box in pixels, what a tolerance is compared with; 0 for a whole image.
    """

    lore: Lore
    shown: tuple[Shown, ...]
    told: tuple[Told, ...] = ()
    permitted: frozenset[str] = frozenset()
    region: str = ""
    size: int = 0

    @property
    def facts(self) -> tuple[RecalledFact, ...]:
        """The facts as prompts take them."""
        return recalled(self.told)

    def bad(self) -> list[Shown]:
        """The defects that no criterion permits."""
        return [s for s in self.shown if s.type not in self.permitted]

    def truth(self, value: bool, asks: Asks, level: str, asked: str = "", deciding: tuple[str, ...] = ()) -> Truth:
        """The truth of a question about this view."""
        regions = (self.region,) if self.region else ()
        return Truth(
            value, asks, asked, self.shown, self.permitted, self.facts, regions, deciding, self.lore.names, level
        )


def listed(view: View, two: Sequence[Shown], rng: np.random.Generator) -> Statement:
    """Several kinds of defects: `Short: upper left; open: centre`."""
    first, second = two[0], two[-1]
    if first.places and second.places:
        reason = f"{first.places[0]}; {second.type}: {second.places[0]}"
        return Statement(
            True, first.type, reason, region=view.region, facts=cite(view, first.type) or cite(view, second.type)
        )
    return seen(view, first, True, rng, aside=f"and {called(view.lore, second.type)}")


def seen(
    view: View, shown: Shown, value: bool, rng: np.random.Generator, *, aside: str = "", place: str = ""
) -> Statement:
    """The defect with one of its looks, at its first place (or at `place`), citing the first fact about it."""
    fact, limit = tolerance(view, shown.type)
    if limit:
        reason = say(rng, ABOVE[rng.integers(len(ABOVE))], size=str(view.size), limit=limit)
        place = place or (shown.places[0] if shown.places else "")
        return Statement(value, shown.type, reason, place, False, aside, view.region, fact)
    looks = view.lore.types[shown.type].looks
    reason = say(rng, looks[rng.integers(len(looks))])
    where = place or (shown.places[0] if shown.places else "")
    return Statement(value, shown.type, reason, where, False, aside, view.region, cite(view, shown.type))


def passed(view: View, shown: Shown, value: bool, rng: np.random.Generator) -> Statement:
    """The defect as permitted by a criterion, which it cites."""
    permits = tuple(f.id for f in view.facts if shown.type in f.fact.allows)[:1]
    # Of a region it is known where it lies; an answer that passes it says why, as the agent's own training does.
    where = shown.places[0] if shown.places and not view.region else ""
    fact, limit = tolerance(view, shown.type)
    if limit:
        reason = say(rng, WITHIN[rng.integers(len(WITHIN))], size=str(view.size), limit=limit)
        return Statement(value, shown.type, reason, where, True, "", view.region, fact)
    return Statement(value, shown.type, str(rng.choice(ALLOWED)), where, True, "", view.region, permits)


def nothing(view: View, value: bool, rng: np.random.Generator) -> Statement:
    """No defect, by a clause on the normal look."""
    normal = view.lore.normal
    cited = tuple(f.id for f in view.facts if f.fact.kind == "normal")[:1]
    return Statement(value, None, say(rng, normal[rng.integers(len(normal))]), region=view.region, facts=cited)


def invented(view: View, value: bool, rng: np.random.Generator, type: str = "") -> Statement:
    """A defect that is not there: of `type`, or of any that no criterion permits, at any place."""
    free = [t for t in view.lore.types if t != UNNAMED and t not in view.permitted] or [UNNAMED]
    kind = type or str(free[rng.integers(len(free))])
    return seen(view, Shown(kind, (str(rng.choice(PLACES)),)), value, rng)


def tolerance(view: View, type: str) -> tuple[tuple[str, ...], str]:
    """The fact that sets a limit in pixels for a type, and the limit; ((), "") where there is none."""
    for number, told in enumerate(view.told, 1):
        if view.size and told.kind == "limit" and told.type == type:
            return (f"F{number}",), told.clause
    return (), ""


def cite(view: View, type: str) -> tuple[str, ...]:
    """The fact that an answer about a type cites: the first criterion on it, else the first that speaks of it.

    What permits the type is left out: it is no ground for seeing it.
    """
    known = [f for f in view.facts if speaks_of(f, type) and type not in f.fact.allows]
    return tuple(f.id for f in sorted(known, key=lambda f: f.fact.kind != "criterion"))[:1]
