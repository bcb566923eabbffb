"""Bootstrap intervals that resample whole clusters: questions about one image pair are not independent."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_CHUNK = 4_000_000
"""Draws held at once (rounds x clusters), so that memory stays flat however many clusters there are."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its bootstrap percentile interval.

    Attributes:
        value: the mean over all values (or the mean difference), not over clusters.
        low, high: the interval's ends; equal to `value` where there is one cluster only, which tells nothing.
        count, clusters: how many values and clusters it rests on.
    """

    value: float
    low: float
    high: float
    count: int
    clusters: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f} {self.high:.3f}]"


def mean_interval(
    values: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    *,
    confidence: float = 0.95,
    rounds: int = 2000,
    seed: int = 0,
) -> Interval | None:
    """The mean of `values` and its interval; None where there are none.

    Args:
        values: one a question; leave unscored ones out, and tell the coverage beside it.
        clusters: what each value belongs to, e.g. its image pair; None takes every value by itself.
        confidence: share of bootstrap means inside the interval, in (0, 1).
        rounds: bootstrap samples; seed: makes them repeatable.

    Raises:
        ValueError: as many clusters as values are needed; a value is not finite.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError("a value is not finite: leave unscored values out")
    groups = list(range(len(numbers))) if clusters is None else list(clusters)
    if len(groups) != len(numbers):
        raise ValueError(f"{len(numbers)} values, but {len(groups)} clusters")
    if not len(numbers):
        return None
    index = {name: i for i, name in enumerate(dict.fromkeys(groups))}
    of = np.array([index[g] for g in groups])
    sums = np.bincount(of, weights=numbers, minlength=len(index)).astype(np.float64)
    counts = np.bincount(of, minlength=len(index)).astype(np.float64)
    means = _resample(sums, counts, rounds, seed)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(numbers.mean()), float(low), float(high), len(numbers), len(index))


def difference_interval(
    first: Sequence[float],
    second: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    *,
    confidence: float = 0.95,
    rounds: int = 2000,
    seed: int = 0,
) -> Interval | None:
    """The mean of `second - first`, paired by position, with its interval: is the second better? None without values.

    Raises:
        ValueError: the two are not equally long; as `mean_interval`.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} values cannot be paired")
    gaps = [b - a for a, b in zip(first, second, strict=True)]
    return mean_interval(gaps, clusters, confidence=confidence, rounds=rounds, seed=seed)


Rows = NDArray[np.intp]
Statistic = Callable[[Rows], "float | None"]
"""From the rows drawn, `int[m]` with repetitions, to a figure; None where these rows admit none."""


def statistic_interval(
    statistic: Statistic,
    count: int,
    clusters: Sequence[Hashable] | None = None,
    *,
    confidence: float = 0.95,
    rounds: int = 1000,
    seed: int = 0,
) -> Interval | None:
    """Any figure of `count` rows, e.g. a correlation, with its interval; None where the rows admit none.

    Args:
        statistic: see `Statistic`; called once with all rows, then once a bootstrap sample of whole clusters. Samples
            that admit no figure are left out.
        clusters, confidence, rounds, seed: as `mean_interval`.

    Raises:
        ValueError: as many clusters as rows are needed.
    """
    groups = list(range(count)) if clusters is None else list(clusters)
    if len(groups) != count:
        raise ValueError(f"{count} rows, but {len(groups)} clusters")
    value = statistic(np.arange(count)) if count else None
    if value is None:
        return None
    index = {name: i for i, name in enumerate(dict.fromkeys(groups))}
    of = np.array([index[g] for g in groups])
    members = np.split(np.argsort(of, kind="stable"), np.cumsum(np.bincount(of))[:-1])
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(rounds):
        one = statistic(np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))]))
        if one is not None:
            drawn.append(one)
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail]) if drawn else (value, value)
    return Interval(float(value), float(low), float(high), count, len(members))


def _resample(sums: NDArray[np.float64], counts: NDArray[np.float64], rounds: int, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    size = len(sums)
    means = []
    while rounds > 0:
        now = min(rounds, max(1, _CHUNK // size))
        drawn = rng.integers(0, size, (now, size))
        means.append(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
        rounds -= now
    return np.concatenate(means)
