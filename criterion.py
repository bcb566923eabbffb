"""Does a measurement keep a limit? The arithmetic under acceptance criteria, without a word of text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from .basis import Criterion, LimitedQuantity

Unit = Literal["", "px", "mm", "px2", "mm2"]


class Measured(NamedTuple):
    """One measured quantity.

    Attributes:
        quantity: what was measured.
        value: in `unit`; `length` is the longer side.
        unit: of lengths `px` or `mm`, of areas `px2` or `mm2`, "" of a count.
        uncertainty: the true value lies within value +- uncertainty; 0 where it is exact.
    """

    quantity: LimitedQuantity
    value: float
    unit: Unit = ""
    uncertainty: float = 0.0


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
