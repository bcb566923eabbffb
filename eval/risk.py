"""Answering less and being wrong less: the risk-coverage curve of a confidence, and what a threshold on it buys.

Coverage is the share of cases that are answered (confidence at or above a threshold), risk the share of those that are
wrong. Cases of equal confidence are answered together: no threshold can part them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .intervals import Interval, statistic_interval


@dataclass(frozen=True)
class Point:
    """What a threshold comes to.

    Attributes:
        threshold: answered is what has at least this confidence.
        coverage: share of all cases that is answered, 0..1.
        risk: share of the answered cases that is wrong, 0..1; None where none is answered.
        answered: how many.
    """

    threshold: float
    coverage: float
    risk: float | None
    answered: int


def risk_coverage(confidence: Sequence[float], wrong: Sequence[bool]) -> tuple[Point, ...]:
    """The curve: a point for every distinct confidence, the highest threshold (least coverage) first.

    Args:
        confidence: one a case, any scale, high is sure.
        wrong: whether the answer to it is wrong.

    Raises:
        ValueError: as many of both are needed; a confidence is not finite.
    """
    scores, errors = _checked(confidence, wrong)
    if not len(scores):
        return ()
    order = np.argsort(-scores, kind="stable")
    scores, errors = scores[order], errors[order].cumsum()
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))
    return tuple(
        Point(float(scores[i]), float((i + 1) / len(scores)), float(errors[i] / (i + 1)), int(i + 1)) for i in last
    )


def area(confidence: Sequence[float], wrong: Sequence[bool]) -> float | None:
    """Area under the risk-coverage curve, 0 (best) to 1: mean risk over all coverages; None without cases.

    Within cases of equal confidence the risk is taken as if they were answered in random order, in expectation.
    """
    points = risk_coverage(confidence, wrong)
    if not points:
        return None
    total, before, errors = 0.0, 0, 0.0
    for p in points:
        more = (p.risk or 0.0) * p.answered - errors
        step = np.arange(1, p.answered - before + 1)
        total += float(((errors + more * step / len(step)) / (before + step)).sum())
        before, errors = p.answered, errors + more
    return total / before


def at_coverage(confidence: Sequence[float], wrong: Sequence[bool], coverage: float) -> Point | None:
    """The highest threshold that still answers at least the share `coverage` (0..1); None without cases."""
    return next((p for p in risk_coverage(confidence, wrong) if p.coverage >= coverage - 1e-12), None)


def at_threshold(confidence: Sequence[float], wrong: Sequence[bool], threshold: float) -> Point | None:
    """What a given threshold comes to; None without cases."""
    scores, errors = _checked(confidence, wrong)
    if not len(scores):
        return None
    kept = scores >= threshold
    risk = float(errors[kept].mean()) if kept.any() else None
    return Point(threshold, float(kept.mean()), risk, int(kept.sum()))


def saved_interval(
    confidence: Sequence[float],
    wrong: Sequence[bool],
    coverage: float,
    clusters: Sequence[Hashable] | None = None,
    *,
    level: float = 0.95,
    rounds: int = 1000,
    seed: int = 0,
) -> Interval | None:
    """Risk at a coverage as a share of the plain risk (everything answered), with a bootstrap percentile interval.

    Below 1 the confidence knows which answers are wrong; 1 is what random silence gives. The threshold is chosen anew
    in every bootstrap sample, of whole clusters. None where no answer is wrong, or there are no cases.

    Args:
        clusters: what each case belongs to, e.g. its image; None takes every case by itself.
        level: share of bootstrap values inside the interval; samples without a wrong answer are left out.

    Raises:
        ValueError: as many clusters as cases are needed; as `risk_coverage`.
    """
    scores, errors = _checked(confidence, wrong)
    groups = list(range(len(scores))) if clusters is None else list(clusters)
    if len(groups) != len(scores):
        raise ValueError(f"{len(scores)} cases, but {len(groups)} clusters")
    return statistic_interval(
        lambda rows: _saved(scores[rows], errors[rows], coverage),
        len(scores), groups, confidence=level, rounds=rounds, seed=seed,
    )  # fmt: skip


def _saved(scores: NDArray[np.float64], errors: NDArray[np.float64], coverage: float) -> float | None:
    if not len(scores) or not errors.any():
        return None
    need = min(len(scores), max(1, int(np.ceil(coverage * len(scores) - 1e-9))))
    threshold = np.partition(scores, len(scores) - need)[len(scores) - need]
    return float(errors[scores >= threshold].mean() / errors.mean())


def _checked(confidence: Sequence[float], wrong: Sequence[bool]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    scores, errors = np.asarray(confidence, np.float64), np.asarray(wrong, np.float64)
    if len(scores) != len(errors):
        raise ValueError(f"{len(scores)} confidences, but {len(errors)} answers")
    if not np.isfinite(scores).all():
        raise ValueError("a confidence is not finite: give what has none the lowest")
    return scores, errors
