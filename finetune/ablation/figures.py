"""Figures of the ablation with intervals: bootstrapped over image pairs and over seeds, both drawn anew each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .measure import Told
from .questions import HeldQuestion

ROUNDS = 2000
ACCURACY, ACC_G, SCORE = "accuracy", "Acc-G", "answer MLE"
Values = NDArray[np.float64]


class Figure(NamedTuple):
    """A mean over seeds and questions with its 95 % interval.

    Attributes:
        value, low, high: the mean and the bootstrap percentiles.
        number: of values a seed; clusters: image pairs they come from.
    """

    value: float
    low: float
    high: float
    number: int
    clusters: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


class Column(NamedTuple):
    """The values of one run for one figure.

    Attributes:
        values: `float[seeds, n]`, nan where a seed has none; clusters: what each of the n belongs to.
    """

    values: Values
    clusters: tuple[str, ...]


def columns(questions: Sequence[HeldQuestion], by_seed: Sequence[Sequence[Told]]) -> dict[str, Column]:
    """Accuracy, accuracy by level, Acc-G and answer score of one run on one set, by name.

    An answer that could not be read is not a right one, for accuracy as for Acc-G; it has no score. An entry of Acc-G
    is an image pair at one level, right where all of its questions are.

    Args:
        questions: of the set.
        by_seed: for each seed the answers to these questions, in their order.
    """
    right = np.array([[float(t.right is True) for t in told] for told in by_seed])
    score = np.array([[np.nan if t.score is None else t.score for t in told] for told in by_seed])
    groups = tuple(q.group for q in questions)
    found = {ACCURACY: Column(right, groups)}
    levels = list(dict.fromkeys(q.level for q in questions))
    if len(levels) > 1:
        for level in levels:
            found[level] = _part(found[ACCURACY], [i for i, q in enumerate(questions) if q.level == level])
    entries: dict[tuple[str, str], list[int]] = {}
    for i, question in enumerate(questions):
        entries.setdefault((question.group, question.level), []).append(i)
    whole = np.stack([right[:, members].min(axis=1) for members in entries.values()], axis=1)
    found[ACC_G] = Column(whole, tuple(group for group, _ in entries))
    found[SCORE] = _part(Column(score, groups), [i for i, t in enumerate(by_seed[0]) if t.words is not None])
    return found


def figure(column: Column, seed: int = 0) -> Figure | None:
    """The mean of a column with its interval; None where it has no value."""
    known = ~np.isnan(column.values)
    if not known.any():
        return None
    names = {name: i for i, name in enumerate(dict.fromkeys(column.clusters))}
    of = np.array([names[c] for c in column.clusters])
    sums, counts = np.zeros((2, len(column.values), len(names)))
    for row, value in enumerate(column.values):
        sums[row] = np.bincount(of[known[row]], weights=value[known[row]], minlength=len(names))
        counts[row] = np.bincount(of[known[row]], minlength=len(names))
    rng = np.random.default_rng(seed)
    means = []
    for _ in range(ROUNDS):
        chosen = np.bincount(rng.integers(0, len(sums), len(sums)), minlength=len(sums)).astype(float)
        weights = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names)).astype(float)
        total = chosen @ counts @ weights
        if total:
            means.append(chosen @ sums @ weights / total)
    low, high = np.quantile(means, [0.025, 0.975])
    return Figure(float(sums.sum() / counts.sum()), float(low), float(high), len(of), len(names))


def difference(first: Mapping[str, Column], second: Mapping[str, Column]) -> dict[str, Figure]:
    """By figure the mean of `second - first`, paired by seed and question; what neither side has is left out."""
    found = {}
    for name, column in second.items():
        told = figure(Column(column.values - first[name].values, column.clusters))
        if told is not None:
            found[name] = told
    return found


def _part(column: Column, chosen: Sequence[int]) -> Column:
    return Column(column.values[:, list(chosen)], tuple(column.clusters[i] for i in chosen))
