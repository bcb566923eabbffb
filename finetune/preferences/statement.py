"""What an answer says, in parts, and the sentence that says it in the grammar of answers.py."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...eval.answer_scale import Truth
from ..world.dialogues.wording import capital


@dataclass(frozen=True)
class Statement:
    """An answer in parts.

    Attributes:
        value: True or False.
        type: the defect it sees, None where it sees none.
        allowed: it says that a criterion permits the type.
        reason: a clause in lower case without a full stop.
        place: where the defect lies on the 3 x 3 grid, "" where it does not say.
        aside: what follows the place: `not a dent`, `caused by wear`.
        region, facts: what it cites.
    """

    value: bool
    type: str | None
    reason: str
    place: str = ""
    allowed: bool = False
    aside: str = ""
    region: str = ""
    facts: tuple[str, ...] = ()

    def __str__(self) -> str:
        cites = "".join(f" [{c}]" for c in ((self.region,) if self.region else ()) + self.facts)
        named = capital(self.type or "no defect")
        head = f"{named}, allowed" if self.allowed else named
        where = f" at the {self.place}" if self.place else ""
        aside = f", {self.aside}" if self.aside else ""
        return f"{self.value}. {head}: {self.reason}{where}{aside}{cites}."

    def but(self, **changes: object) -> Statement:
        """The same with some parts changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Question:
    """A question with what is right and what someone would say who is wrong about it.

    Attributes:
        text: as it is asked.
        truth: what is known.
        right: the correct answer.
        wrong: the opposite answer with a reason of its own.
    """

    text: str
    truth: Truth
    right: Statement
    wrong: Statement
