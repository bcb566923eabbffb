"""Do scores agree with people? Quadratic kappa, Spearman, Kendall's tau-b, pairwise accuracy, from their definitions.

Each takes two columns of equal length without gaps (leave out what either side has not scored, and tell the
coverage), and gives None where it is not defined: fewer than two rows, or a column that never changes.
Not covered: more than two raters at once (Krippendorff's alpha).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from .intervals import Interval, statistic_interval

Values = NDArray[np.float64]
Measure = Callable[[Values, Values], "float | None"]


def quadratic_kappa(first: Values, second: Values, low: int = 1, high: int = 5) -> float | None:
    """Cohen's kappa with quadratic weights: 1 - sum(w O) / sum(w E), w_ij = (i - j)^2; -1..1, 0 is chance.

    O counts the pairs of grades, E what the two columns' own frequencies give by chance (Cohen 1968). Values are
    rounded to whole grades, halves upwards. None where E has no disagreement: both columns say one grade throughout.

    Args:
        low, high: the scale's ends; values beyond them are an error.

    Raises:
        ValueError: a value is outside the scale.
    """
    one, two = (np.floor(v + 0.5).astype(int) - low for v in (first, second))
    if not len(one):
        return None
    grades = high - low + 1
    if min(one.min(), two.min()) < 0 or max(one.max(), two.max()) >= grades:
        raise ValueError(f"a value is outside {low}..{high}")
    observed = np.bincount(one * grades + two, minlength=grades * grades).reshape(grades, grades)
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / len(one)
    steps = np.arange(grades)
    weights = (steps[:, None] - steps[None, :]) ** 2
    chance = float((weights * expected).sum())
    return 1 - float((weights * observed).sum()) / chance if chance else None


def spearman(first: Values, second: Values) -> float | None:
    """Pearson's correlation of the ranks, ties by their mean rank; -1..1."""
    one, two = _ranks(first), _ranks(second)
    if len(one) < 2:
        return None
    one, two = one - one.mean(), two - two.mean()
    size = float(np.sqrt((one**2).sum() * (two**2).sum()))
    return float((one * two).sum()) / size if size else None


def kendall(first: Values, second: Values) -> float | None:
    """Kendall's tau-b, (C - D) / sqrt((pairs - ties in first)(pairs - ties in second)); -1..1."""
    concordant, discordant, only_first, only_second = _pairs(first, second)
    ordered = concordant + discordant
    size = float(np.sqrt((ordered + only_second) * (ordered + only_first)))
    return (concordant - discordant) / size if size else None


def pairwise_accuracy(scores: Values, people: Values) -> float | None:
    """Of the pairs that people order, the share that `scores` orders alike; a tie counts half; .5 is chance."""
    concordant, discordant, tied, _ = _pairs(scores, people)
    told = concordant + discordant + tied
    return (concordant + tied / 2) / told if told else None


MEASURES: dict[str, Measure] = {
    "kappa": quadratic_kappa,
    "spearman": spearman,
    "kendall": kendall,
    "pairwise": pairwise_accuracy,
}
"""By name; for `kappa` both columns must be grades 1..5."""


def agreement(
    scores: Sequence[float],
    people: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    *,
    rounds: int = 1000,
    seed: int = 0,
) -> dict[str, Interval | None]:
    """Every measure of `MEASURES` with its bootstrap interval, whole clusters drawn; None where one is not defined.

    Args:
        scores, people: grades 1..5, row by row of the same thing.
        clusters: what each row belongs to, e.g. its case; None takes every row by itself.

    Raises:
        ValueError: as many of both are needed; a value is not finite or outside 1..5.
    """
    one, two = np.asarray(scores, np.float64), np.asarray(people, np.float64)
    if len(one) != len(two):
        raise ValueError(f"{len(one)} scores, but {len(two)} of people")
    if not (np.isfinite(one).all() and np.isfinite(two).all()):
        raise ValueError("a value is not finite: leave unscored rows out")

    def interval(measure: Measure) -> Interval | None:
        return statistic_interval(
            lambda rows: measure(one[rows], two[rows]), len(one), clusters, rounds=rounds, seed=seed
        )

    return {name: interval(measure) for name, measure in MEASURES.items()}


def _ranks(values: Values) -> Values:
    """Ranks from 1; equal values share the mean of theirs."""
    _, of, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[of]


def _pairs(first: Values, second: Values) -> tuple[float, float, float, float]:
    """Numbers of pairs: ordered alike, ordered against each other, tied in `first` only, tied in `second` only."""
    one, row = np.unique(first, return_inverse=True)
    two, column = np.unique(second, return_inverse=True)
    table = np.bincount(row * len(two) + column, minlength=len(one) * len(two)).reshape(len(one), len(two))
    table = table.astype(np.float64)
    below = np.zeros((len(one) + 1, len(two)))  # counts in all rows above, by column
    below[1:] = table.cumsum(axis=0)
    left = np.zeros((len(one), len(two) + 1))  # of those, in columns further left
    left[:, 1:] = below[:-1].cumsum(axis=1)
    concordant = float((table * left[:, :-1]).sum())
    discordant = float((table * (left[:, -1:] - left[:, 1:])).sum())
    squares = (table**2).sum()
    only_first = float(((table.sum(axis=1) ** 2).sum() - squares) / 2)
    only_second = float(((table.sum(axis=0) ** 2).sum() - squares) / 2)
    return concordant, discordant, only_first, only_second
