"""What a file of answers comes to: every figure with its interval, how many it rests on, and the coverage beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..accuracy import Outcome, summarise
from ..intervals import Interval, mean_interval
from .scoring import AnswerScore

MEANS = (
    "identification", "localization", "logic", "score", "similarity",
    "judge_identification", "judge_localization", "judge_logic", "judge_score",
)  # fmt: skip
"""Figures that are means of an `AnswerScore`'s fields."""

FIGURES = ("accuracy", "accuracy_strict", "read", "acc_g", "acc_g_strict", *MEANS)
"""Every figure that is always there; with levels also `accuracy[<level>]`. `strict`: an unread answer is not right."""


class Figure(NamedTuple):
    """One line of the summary.

    Attributes:
        name: one of `FIGURES`, or `accuracy[<level>]`.
        interval: the mean, bootstrapped over groups; None where nothing could be measured.
        scored, of: on how many of how many questions (entries for `acc_g`) it rests.
    """

    name: str
    interval: Interval | None
    scored: int
    of: int

    @property
    def coverage(self) -> float | None:
        """`scored / of`; None where there is nothing."""
        return self.scored / self.of if self.of else None

    @property
    def value(self) -> float | None:
        """The mean; None where it is unscored."""
        return self.interval.value if self.interval else None


class Columns:
    """The numbers of many scored answers, without their texts."""

    def __init__(self) -> None:
        self._groups: list[str] = []
        self._values: dict[str, list[float | None]] = {name: [] for name in MEANS}
        self._outcomes: list[Outcome] = []

    def add(self, answer: AnswerScore) -> None:
        """Take in one answer; accuracy counts only those whose right answer is known."""
        self._groups.append(answer.group)
        for name, values in self._values.items():
            values.append(getattr(answer, name))
        if answer.truth is not None:
            self._outcomes.append(Outcome(answer.group, answer.level, answer.right))

    def figures(self, *, rounds: int = 2000, seed: int = 0) -> list[Figure]:
        """The summary, in the order of `FIGURES`, levels after `read`; what nobody asked for is None."""
        rows = self._outcomes
        told = summarise(rows, rounds=rounds, seed=seed)
        read, groups = [float(o.right is not None) for o in rows], [o.group for o in rows]
        found = [
            Figure("accuracy", told.accuracy, _count(told.accuracy), len(rows)),
            Figure("accuracy_strict", told.strict, _count(told.strict), len(rows)),
            Figure("read", mean_interval(read, groups, rounds=rounds, seed=seed), len(rows), len(rows)),
        ]
        for level in dict.fromkeys(o.level for o in rows if o.level):
            interval = told.by_level.get(level)
            found.append(Figure(f"accuracy[{level}]", interval, _count(interval), sum(o.level == level for o in rows)))
        entries: dict[tuple[str, str], bool] = {}
        for o in rows:
            entries[o.group, o.level] = entries.get((o.group, o.level), True) and o.right is True
        whole = mean_interval([*map(float, entries.values())], [g for g, _ in entries], rounds=rounds, seed=seed)
        found.append(Figure("acc_g", told.acc_g, _count(told.acc_g), len(entries)))
        found.append(Figure("acc_g_strict", whole, len(entries), len(entries)))
        for name in MEANS:
            known = [(v, g) for v, g in zip(self._values[name], self._groups, strict=True) if v is not None]
            interval = mean_interval([v for v, _ in known], [g for _, g in known], rounds=rounds, seed=seed)
            found.append(Figure(name, interval, len(known), len(self._groups)))
        return found


def summary_of(answers: Iterable[AnswerScore], *, rounds: int = 2000, seed: int = 0) -> list[Figure]:
    """The figures of scored answers."""
    columns = Columns()
    for answer in answers:
        columns.add(answer)
    return columns.figures(rounds=rounds, seed=seed)


def as_rows(figures: Sequence[Figure]) -> list[dict[str, object]]:
    """JSON-plain rows: name, value, low, high, scored, of, coverage, clusters; None where unscored."""
    return [
        {
            "figure": f.name, "value": f.value,
            "low": f.interval.low if f.interval else None, "high": f.interval.high if f.interval else None,
            "scored": f.scored, "of": f.of, "coverage": f.coverage,
            "clusters": f.interval.clusters if f.interval else 0,
        }
        for f in figures
    ]  # fmt: skip


def _count(interval: Interval | None) -> int:
    return interval.count if interval else 0
