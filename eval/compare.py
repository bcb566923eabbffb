"""Did the new agent do better? Two scored sets, paired by case, with intervals of the difference (method.md, 4).

A figure is compared on the cases that both sets have scored; how many each has left unscored stands beside it, because
a set that answers only what is easy looks better on what it answers. Several rows of one case (runs with other seeds)
are averaged first. Each figure is tested by itself: of twenty figures without any difference one will look like one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..errors import BadInput
from .intervals import Interval, difference_interval
from .scored import LOWER_IS_BETTER, ScoredRow

FEW = 10
"""Below so many clusters an interval is told as too narrow to be relied on."""


@dataclass(frozen=True)
class Difference:
    """One figure in both sets.

    Attributes:
        first, second: means over the cases that both have scored.
        gap: `second - first` with its interval, clustered; None without such cases.
        higher, lower, equal: cases in which the second is higher, lower, equal.
        only_first, only_second: common cases that only the one set has scored.
        unscored: common cases that neither has scored.
        better: whether the second is better, as far as the interval shows; None where it shows nothing.
    """

    name: str
    first: float | None
    second: float | None
    gap: Interval | None
    higher: int
    lower: int
    equal: int
    only_first: int
    only_second: int
    unscored: int

    @property
    def better(self) -> bool | None:
        """True: better, False: worse, None: no difference is shown."""
        if self.gap is None or self.gap.clusters < 2 or self.gap.low <= 0 <= self.gap.high:
            return None
        return (self.gap.low > 0) != (self.name in LOWER_IS_BETTER)

    @property
    def told(self) -> Literal["better", "worse", "no difference shown", "nothing to compare"]:
        """`better` in words."""
        if self.gap is None:
            return "nothing to compare"
        return {True: "better", False: "worse", None: "no difference shown"}[self.better]  # type: ignore[return-value]


@dataclass(frozen=True)
class Comparison:
    """Two sets, figure by figure.

    Attributes:
        differences: in the order of the first set's figures; what no case of either set has scored is left out.
        common: cases that both have; only_first, only_second: cases that only one has, which are not compared.
        clusters: among the common cases.
    """

    differences: tuple[Difference, ...]
    common: int
    only_first: int
    only_second: int
    clusters: int

    @property
    def note(self) -> str:
        """What a reader should know before believing it, "" where there is nothing."""
        notes = []
        if self.clusters < FEW:
            notes.append(f"fewer than {FEW} clusters: the intervals are too narrow")
        if self.only_first or self.only_second:
            notes.append(f"left out: {self.only_first} cases of A alone, {self.only_second} of B alone")
        return "; ".join(notes)


def compare_sets(
    first: Sequence[ScoredRow], second: Sequence[ScoredRow], *, rounds: int = 2000, seed: int = 0
) -> Comparison:
    """Every figure of two scored sets, paired by case; clusters are the first set's.

    Raises:
        BadInput: no case in common, or a case that asks something else in the two sets.
    """
    one, two = _by_case(first), _by_case(second)
    common = [case for case in one if case in two]
    if not common:
        example = f"{next(iter(one), 'nothing')!r} and {next(iter(two), 'nothing')!r}"
        raise BadInput("the two sets", f"they have no case in common (e.g. {example})", "score the same cases in both")
    for case in common:
        a, b = one[case].about, two[case].about
        if a and b and a != b:
            asked = f"{a.splitlines()[-1]!r} and {b.splitlines()[-1]!r}"
            raise BadInput(
                f"case {case!r}", f"it is not the same in the two sets ({asked})", "give cases ids of their own"
            )
    names = dict.fromkeys(n for rows in (one, two) for row in rows.values() for n in row.values)
    found = tuple(_difference(name, common, one, two, rounds, seed) for name in names)
    cases = [c for c in common if not one[c].entry]
    return Comparison(
        tuple(d for d in found if d.gap is not None or d.only_first or d.only_second),
        len(cases),
        sum(c not in two and not row.entry for c, row in one.items()),
        sum(c not in one and not row.entry for c, row in two.items()),
        len({one[c].cluster for c in cases}),
    )  # fmt: skip


def _by_case(rows: Sequence[ScoredRow]) -> dict[str, ScoredRow]:
    """One row a case; figures of several rows are averaged over those that have them."""
    members: dict[str, list[ScoredRow]] = {}
    for row in rows:
        members.setdefault(row.case, []).append(row)
    found = {}
    for case, same in members.items():
        values: dict[str, float | None] = {}
        for name in dict.fromkeys(n for row in same for n in row.values):
            known = [v for row in same if (v := row.values.get(name)) is not None]
            values[name] = sum(known) / len(known) if known else None
        found[case] = same[0]._replace(values=values)
    return found


def _difference(
    name: str, common: Sequence[str], one: dict[str, ScoredRow], two: dict[str, ScoredRow], rounds: int, seed: int
) -> Difference:
    asked = [c for c in common if name in one[c].values or name in two[c].values]
    values = [(one[c].values.get(name), two[c].values.get(name), one[c].cluster) for c in asked]
    both = [(a, b, cluster) for a, b, cluster in values if a is not None and b is not None]
    gap = difference_interval(
        [a for a, _, _ in both], [b for _, b, _ in both], [c for _, _, c in both], rounds=rounds, seed=seed
    )
    return Difference(
        name,
        sum(a for a, _, _ in both) / len(both) if both else None,
        sum(b for _, b, _ in both) / len(both) if both else None,
        gap,
        sum(b > a for a, b, _ in both), sum(b < a for a, b, _ in both), sum(b == a for a, b, _ in both),
        sum(a is not None and b is None for a, b, _ in values), sum(a is None and b is not None for a, b, _ in values),
        sum(a is None and b is None for a, b, _ in values),
    )  # fmt: skip
