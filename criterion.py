"""Does a measurement keep a limit? The arithmetic under acceptance criteria, without a word of text."""

from __future__ import annotations

from collections.abc import Iterable

from .basis import Criterion, Measured


def holds(criterion: Criterion, measured: Iterable[Measured]) -> bool | None:
    """True where what was measured is within the criterion's limit, False where it is beyond.

    None where that cannot be said: the quantity was not measured in this unit (a limit in mm needs a scale), or the
    limit lies within the measurement's uncertainty, or two measurements of it disagree. The type (`criterion.of`) is
    for the caller to compare. True is a reason to accept only where `criterion.permits`.
    """
    answers = {_within(criterion, m) for m in measured if (m.quantity, m.unit) == (criterion.quantity, criterion.unit)}
    return answers.pop() if len(answers) == 1 else None


def _within(criterion: Criterion, m: Measured) -> bool | None:
    ends = {_compare(criterion, v) for v in (m.value - m.uncertainty, m.value, m.value + m.uncertainty)}
    return ends.pop() if len(ends) == 1 else None


def _compare(criterion: Criterion, value: float) -> bool:
    match criterion.comparison:
        case "<":
            return value < criterion.limit
        case "<=":
            return value <= criterion.limit
        case ">":
            return value > criterion.limit
        case ">=":
            return value >= criterion.limit
