"""What is known about a kind of object, as facts to cite; where nothing is known, that is said."""

from __future__ import annotations

from collections.abc import Collection

from ..errors import BadInput
from ..knowledge.facts import FactStore
from ..knowledge.objects import normal_name
from ..prompts import ASSIST, as_data
from ..schema import Noun, RecalledFact

MOST = 40
LISTABLE = 20_000
"""Beyond so many facts the store's objects are not listed where nothing was found: that reads them all."""
_LISTED = 12


class FactsRecalled(Noun):
    """Facts for a question.

    Attributes:
        object: the name as the store spells it, None where none was given.
        facts: `F1`, `F2`, ... by falling relevance; these ids hold for this answer only, `fact.id` for ever.
        note: why there are none; "" where there are some.
    """

    object: str | None = None
    facts: tuple[RecalledFact, ...] = ()
    note: str = ""

    def told(self) -> str:
        """One fact a line, harmless as data: its brackets and line breaks are taken out."""
        if not self.facts:
            return f"No facts: {self.note}."
        lines = [
            f"[{f.id}] {as_data(f.fact.text)} ({f.fact.kind}, {f.fact.source}, on {as_data(f.fact.object, 80)}; "
            f"id {f.fact.id})"
            for f in self.facts
        ]
        return "\n".join([*lines, ASSIST])


def recall_facts(
    question: str,
    *,
    facts: FactStore,
    object: str | None = None,
    k: int = 8,
    kinds: Collection[str] | None = None,
) -> FactsRecalled:
    """The facts that fit a question best, diverse rather than alike, acceptance criteria first-class.

    Args:
        question: what one wants to know, in plain words; "" recalls by the object alone.
        facts: the store.
        object: what the question is about (any spelling); facts of other objects never come then.
        k: how many at most, 1 to 40.
        kinds: only these: identity, normal, defect, appearance, effect, criterion.

    Raises:
        BadInput: neither question nor object, `k` out of range, or an unknown kind.
    """
    if not 1 <= k <= MOST:
        raise BadInput(f"k = {k}", "so many facts cannot be recalled", f"give 1 to {MOST}")
    name = normal_name(object or "") or None
    if not question.strip() and name is None:
        raise BadInput("question", "there is neither a question nor an object", "ask something, or name the object")
    found = facts.recall(question, object=name, k=k, kinds=kinds)
    return FactsRecalled(object=name, facts=found, note="" if found else _why_none(facts, name, kinds))


def _why_none(facts: FactStore, name: str | None, kinds: Collection[str] | None) -> str:
    total = facts.count()
    if total == 0:
        return "the fact store is empty, a person has to add knowledge first"
    if name is None:
        return "nothing in the store is relevant to the question; name the object, or do without"
    if facts.count(name, inherited=True):
        return f"there are facts on '{as_data(name, 80)}', but none of the kind {' or '.join(sorted(kinds or ()))}"
    if total > LISTABLE:
        return f"nothing is known about '{as_data(name, 80)}'"
    held = facts.objects()
    listed = ", ".join(as_data(n, 80) for n in list(held)[:_LISTED])
    more = f" and {len(held) - _LISTED} more" if len(held) > _LISTED else ""
    return f"nothing is known about '{as_data(name, 80)}'; there are facts on {listed}{more}"
