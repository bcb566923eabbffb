"""Does a score order right above wrong? AUC, and the difference of two with an interval that resamples clusters."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from .intervals import Interval


def auc(scores: Sequence[float], right: Sequence[bool]) -> float | None:
    """P(a right case scores above a wrong one), ties counting half; None where all are right or all wrong.

    Raises:
        ValueError: as many of both are needed; a score is not finite.
    """
    values, labels = _checked(scores, right)
    return _auc(values, labels)


def auc_interval(
    scores: Sequence[float],
    right: Sequence[bool],
    clusters: Sequence[Hashable] | None = None,
    *,
    against: Sequence[float] | None = None,
    level: float = 0.95,
    rounds: int = 2000,
    seed: int = 0,
) -> Interval | None:
    """AUC with a bootstrap percentile interval; with `against`, the AUC's lead over that other score's, paired.

    Args:
        clusters: what each case belongs to; whole clusters are drawn, the same ones for both scores.

    Raises:
        ValueError: as many of all are needed; a score is not finite.
    """
    values, labels = _checked(scores, right)
    other = None if against is None else _checked(against, right)[0]
    groups = list(range(len(values))) if clusters is None else list(clusters)
    if len(groups) != len(values):
        raise ValueError(f"{len(values)} scores, but {len(groups)} clusters")
    point = _lead(values, other, labels)
    if point is None:
        return None
    names = list(dict.fromkeys(groups))
    index = {name: i for i, name in enumerate(names)}
    of = np.array([index[g] for g in groups])
    members = [np.flatnonzero(of == i) for i in range(len(names))]
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(rounds):
        rows = np.concatenate([members[i] for i in rng.integers(0, len(names), len(names))])
        one = _lead(values[rows], None if other is None else other[rows], labels[rows])
        if one is not None:
            drawn.append(one)
    tail = (1 - level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail]) if drawn else (point, point)
    return Interval(point, float(low), float(high), len(values), len(names))


def _lead(values: NDArray[np.float64], other: NDArray[np.float64] | None, labels: NDArray[np.bool_]) -> float | None:
    first = _auc(values, labels)
    second = 0.0 if other is None else _auc(other, labels)
    return None if first is None or second is None else first - second


def _auc(values: NDArray[np.float64], labels: NDArray[np.bool_]) -> float | None:
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if not positives or not negatives:
        return None
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    return float((ranks[labels].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def _checked(scores: Sequence[float], right: Sequence[bool]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    values, labels = np.asarray(scores, np.float64), np.asarray(right, bool)
    if len(values) != len(labels):
        raise ValueError(f"{len(values)} scores, but {len(labels)} outcomes")
    if not np.isfinite(values).all():
        raise ValueError("a score is not finite: leave unscored cases out")
    return values, labels
