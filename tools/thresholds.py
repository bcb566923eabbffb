"""Thresholds on comparison scores from normals alone, and drift of recent normals against them (method.md section 6).

A score is `saturate(distance)`, so its logit is a multiple of the log distance: fits are made on logits, which is the
fit on log scores.

The robust rule's spread is the larger of two: the MAD, and that of the upper half alone (scores of normals have a long
upper tail), widened for few images. Aiming at 5 % on real normals, 20 drawn for the fit and the rest judged, it gives
.11 on aliens, .07 on metal nuts, .09 on hazelnuts, .07 on tiles (`benchmarks.compare --goldens 0`, "drawn again"); what
else was tried: docs/decisions, 47.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, erfc, exp, inf, log, sqrt
from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np

from ..errors import BadInput

Rule = Literal["robust", "conformal"]
LEAST_NORMALS = 5
"""A median and a MAD of fewer say nothing."""
LEAST_RECENT = 5
FLOOR = 0.01
"""Scores below this are equal to it: a log of next to nothing would rule the fit."""
LEAST_SPREAD = 0.15
"""Least standard deviation of the logits: normals that agree by chance must not make a knife's edge."""

FEW = 2.0
"""The spread of k images is taken (1 + 2 / k) times as large: it is estimated, and so is the median."""


class Drift(NamedTuple):
    """Recent normals against the stored ones.

    Attributes:
        p_value: two-sided rank test (Mann-Whitney with ties, normal approximation) that both are alike.
        higher: chance that a recent normal scores above a stored one, ties counted half; .5 is no drift.
        drifted: whether `p_value` is below the level asked for.
    """

    p_value: float
    higher: float
    drifted: bool


def threshold_at_rate(scores: Sequence[float], rate: float, rule: Rule = "robust") -> float:
    """Score above which a normal image falls with probability `rate`; an image is flagged where `score > threshold`.

    Args:
        scores: leave-one-out scores of normals, 0..1.
        rate: false-alarm rate, 0 < rate < 1.
        rule: `conformal` assumes only that normals are exchangeable and refuses a rate below 1 / (k + 1); `robust`
            assumes that logits of scores above the median are about normal, and bears one odd golden image.

    Raises:
        BadInput: too few scores for the rule and rate, a score outside 0..1, or a rate outside (0, 1).
    """
    values = _checked(scores)
    check_rate(rate)
    if rule == "conformal":
        # p = (1 + #{s_i >= s}) / (k + 1) <= rate leaves room for so many normals at or above the test score.
        above = int(rate * (len(values) + 1) + 1e-9) - 1
        if above < 0:
            need = ceil(1 / rate - 1e-9) - 1
            why = f"{len(values)} golden images cannot promise a rate below 1/{len(values) + 1}"
            raise BadInput(f"rate {rate}", why, f"give {need} golden images, a higher rate, or the robust rule")
        return float(np.sort(values)[len(values) - 1 - above])
    if len(values) < LEAST_NORMALS:
        why = f"a robust fit needs {LEAST_NORMALS} golden images"
        raise BadInput(f"{len(values)} scores", why, f"give {LEAST_NORMALS} or more")
    middle, spread = _fit(values)
    return 1 / (1 + exp(-(middle + spread * NormalDist().inv_cdf(1 - rate))))


def rate_from_costs(miss: float, overkill: float, defects: float) -> float:
    """False-alarm rate at which flagging begins to pay, from costs and the share of defective parts alone.

    An image with p-value p is flagged where `miss * P(defect) >= overkill * P(normal)`. Normals alone do not tell how
    likely its score is under a defect; the largest factor that any of a wide family of alternatives can give is
    `1 / (-e p ln p)` (Sellke, Bayarri, Berger 2001), so the rate solves `-e p ln p = miss * defects / (overkill * (1 -
    defects))`. An upper bound: with scores of known defects use `threshold_at_cost`.

    Args:
        miss, overkill: cost of a defect passed and of a normal part flagged, > 0, one currency.
        defects: share of defective parts, 0 < defects < 1.

    Returns:
        A rate of at most 1/e.
    """
    _check_costs(miss, overkill, defects)
    odds = miss * defects / (overkill * (1 - defects))
    low, high = 0.0, exp(-1.0)
    if odds >= 1:
        return high
    for _ in range(200):
        middle = (low + high) / 2
        if middle > 0 and -exp(1.0) * middle * log(middle) >= odds:
            high = middle
        else:
            low = middle
    return high


def threshold_at_cost(
    normals: Sequence[float], defective: Sequence[float], miss: float, overkill: float, defects: float
) -> float:
    """Threshold with the least expected cost per part, where scores of known defects exist; ties go to the lower one.

    Args:
        normals, defective: scores, 0..1.
        miss, overkill, defects: as in `rate_from_costs`.
    """
    good, bad = _checked(normals), _checked(defective)
    _check_costs(miss, overkill, defects)
    values = np.unique(np.concatenate([good, bad]))
    candidates = np.concatenate([[0.0], (values[:-1] + values[1:]) / 2, values[-1:]])
    costs = [
        miss * defects * float(np.mean(bad <= t)) + overkill * (1 - defects) * float(np.mean(good > t))
        for t in candidates
    ]
    return float(candidates[int(np.argmin(costs))])


def drift(recent: Sequence[float], stored: Sequence[float], level: float = 0.01) -> Drift:
    """Whether recent normals score as the stored ones did.

    Args:
        recent: scores of recent images taken for normal, at least 5; stored: those of the golden images, at least 5.
        level: p-value below which drift is told.

    Raises:
        BadInput: fewer than 5 scores of either, or scores outside 0..1.
    """
    a, b = _checked(recent), _checked(stored)
    check_counts(len(a), len(b))
    higher = float(np.mean((a[:, None] > b) + 0.5 * (a[:, None] == b)))
    n, m = len(a), len(b)
    _, ties = np.unique(np.concatenate([a, b]), return_counts=True)
    total = n + m
    variance = n * m / 12 * (total + 1 - float(np.sum(ties**3 - ties)) / (total * (total - 1)))
    away = abs(higher - 0.5) * n * m
    # Half a rank of continuity correction; all scores equal is no drift.
    p_value = erfc(max(0.0, away - 0.5) / sqrt(2 * variance)) if variance > 0 else 1.0
    return Drift(p_value, higher, p_value < level)


def check_rate(rate: float) -> float:
    """`rate`, or BadInput where it is no false-alarm rate (0 < rate < 1)."""
    if not 0 < rate < 1:
        raise BadInput(f"rate {rate}", "a false-alarm rate lies between 0 and 1", "give for example 0.05")
    return rate


def check_counts(recent: int, stored: int) -> None:
    """Raises BadInput where there are too few scores for `drift`."""
    if min(recent, stored) < LEAST_RECENT:
        why = f"a rank test needs {LEAST_RECENT} scores on each side"
        raise BadInput(f"{recent} recent and {stored} stored scores", why, "collect more normal images")


def _fit(values: np.ndarray) -> tuple[float, float]:
    kept = np.clip(values, FLOOR, 1 - 1e-6)
    logits = np.log(kept / (1 - kept))
    middle = float(np.median(logits))
    away = np.abs(logits - middle)
    spread = 1.4826 * max(float(np.median(away)), float(np.median(away[logits >= middle])))
    return middle, max(LEAST_SPREAD, spread * (1 + FEW / values.size))


def _checked(scores: Sequence[float]) -> np.ndarray:
    values = np.asarray(scores, np.float64)
    if values.size == 0 or not np.all((values >= 0) & (values <= 1)):
        what = f"{values.size} scores" if values.size == 0 else "scores"
        raise BadInput(what, "each must lie between 0 and 1, and there must be one", "give scores of comparisons")
    return values


def _check_costs(miss: float, overkill: float, defects: float) -> None:
    if not (0 < miss < inf and 0 < overkill < inf):
        raise BadInput(f"costs {miss} and {overkill}", "a cost is a number above 0", "give both in one currency")
    if not 0 < defects < 1:
        raise BadInput(f"share of defects {defects}", "it lies between 0 and 1", "give for example 0.01")
