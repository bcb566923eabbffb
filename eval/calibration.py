"""A judge set against people: a mapping of its grades to theirs, an axis, with the agreement before and after.

The mapping is as simple as the number of cases allows: none below `FOR_OFFSET` clusters, an offset below `FOR_LINE`,
else offset or line. One is kept only where it lowers the squared error on cases it was not fitted on (whole clusters
left out in turn) and the interval of that gain is above 0; else the judge stays as it is. "After" is always told on
cases left out. The better of two mappings is picked on those same cases: its gain is a little flattered.
An offset or a rising line changes no ranking: where Spearman is low, no mapping helps, and another judge is needed.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..schema import Noun
from .agreement import quadratic_kappa, spearman
from .intervals import Interval, difference_interval, statistic_interval

FOR_OFFSET, FOR_LINE = 8, 20
"""Fewest clusters for which an offset, or a line, is tried."""

FOLDS = 10

Values = NDArray[np.float64]


class Mapping(Noun):
    """`grade -> slope * grade + offset`, kept inside 1..5.

    Attributes:
        kind: `none` leaves grades as they are.
        count, clusters: what it was fitted on.
    """

    kind: Literal["none", "offset", "line"] = "none"
    slope: float = 1.0
    offset: float = 0.0
    count: int = 0
    clusters: int = 0

    def apply(self, grade: float) -> float:
        """The mapped grade, 1..5."""
        return min(5.0, max(1.0, self.slope * grade + self.offset))


class Calibrated(NamedTuple):
    """What calibrating one axis came to.

    Attributes:
        mapping: to be used; `tried`: mean squared error of each kind on cases left out.
        bias: judge minus people, mean; error_before, error_after: mean absolute error, in grades.
        kappa_before, kappa_after: quadratic kappa; spearman: of the judge as it is.
        note: why the mapping is no better one.
    """

    mapping: Mapping
    tried: dict[str, float]
    bias: Interval | None
    error_before: Interval | None
    error_after: Interval | None
    kappa_before: Interval | None
    kappa_after: Interval | None
    spearman: Interval | None
    note: str


def calibrate(
    judge: Sequence[float], people: Sequence[float], clusters: Sequence[Hashable], *, rounds: int = 1000, seed: int = 0
) -> Calibrated:
    """A mapping of a judge's grades to people's.

    Args:
        judge, people: grades 1..5, row by row of the same thing.
        clusters: what each row belongs to; folds and intervals keep clusters whole.

    Raises:
        ValueError: the three are not equally long, or are empty.
    """
    one, two = np.asarray(judge, np.float64), np.asarray(people, np.float64)
    if not len(one) == len(two) == len(clusters) or not len(one):
        raise ValueError(f"{len(one)} grades, {len(two)} of people, {len(clusters)} clusters")
    number = len(set(clusters))
    folds = _folds(clusters, seed)
    kinds = ["none"] + ["offset"] * (number >= FOR_OFFSET) + ["line"] * (number >= FOR_LINE)
    held = {kind: _left_out(kind, one, two, folds) for kind in kinds}
    tried = {kind: float(((told - two) ** 2).mean()) for kind, told in held.items()}
    best, note = min(tried, key=lambda kind: tried[kind]), ""
    if best != "none":
        gain = difference_interval(
            ((held[best] - two) ** 2).tolist(), ((one - two) ** 2).tolist(), clusters, rounds=rounds, seed=seed
        )
        if gain is None or gain.low <= 0:
            note = f"{best} gains {gain} in squared error on cases left out: not shown to help"
            best = "none"
    elif number < FOR_OFFSET:
        note = f"{number} clusters are too few to fit anything ({FOR_OFFSET} for an offset, {FOR_LINE} for a line)"
    else:
        note = "no mapping is better than none on cases left out"
    slope, offset = _fit(best, one, two)
    after = held[best]

    def interval(told: Values, measure: str) -> Interval | None:
        def statistic(rows: NDArray[np.intp]) -> float | None:
            if measure == "kappa":
                return quadratic_kappa(told[rows], two[rows])
            if measure == "spearman":
                return spearman(told[rows], two[rows])
            gaps = told[rows] - two[rows]
            return float(gaps.mean() if measure == "bias" else np.abs(gaps).mean())

        return statistic_interval(statistic, len(two), clusters, rounds=rounds, seed=seed)

    return Calibrated(
        Mapping(kind=best, slope=slope, offset=offset, count=len(one), clusters=number), tried,  # type: ignore[arg-type]
        interval(one, "bias"), interval(one, "error"), interval(after, "error"),
        interval(one, "kappa"), interval(after, "kappa"), interval(one, "spearman"), note,
    )  # fmt: skip


def _folds(clusters: Sequence[Hashable], seed: int) -> NDArray[np.intp]:
    names = list(dict.fromkeys(clusters))
    order = np.random.default_rng(seed).permutation(len(names))
    fold = {names[int(i)]: n % FOLDS for n, i in enumerate(order)}
    return np.array([fold[c] for c in clusters])


def _left_out(kind: str, judge: Values, people: Values, folds: NDArray[np.intp]) -> Values:
    """Mapped grades, each by a mapping that was fitted without its fold."""
    told = judge.copy()
    if kind == "none":
        return told
    for fold in np.unique(folds):
        inside = folds == fold
        slope, offset = _fit(kind, judge[~inside], people[~inside])
        told[inside] = np.clip(slope * judge[inside] + offset, 1, 5)
    return told


def _fit(kind: str, judge: Values, people: Values) -> tuple[float, float]:
    """Slope and offset by least squares; a line that would fall is flat instead: it must turn no ranking round."""
    if kind == "none":
        return 1.0, 0.0
    if kind == "offset" or not judge.std():
        return 1.0, float((people - judge).mean())
    gaps = judge - judge.mean()
    slope = max(0.0, float((gaps * (people - people.mean())).sum() / (gaps**2).sum()))
    return slope, float(people.mean() - slope * judge.mean())
