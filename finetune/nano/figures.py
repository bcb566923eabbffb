"""Small figures of merit, written out so that finetune needs no statistics package."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Area under the ROC curve, 0..1: the chance that a positive scores above a negative (ties count half).

    None where either side is empty.
    """
    if not len(positive) or not len(negative):
        return None
    scores = np.concatenate([np.asarray(positive, float), np.asarray(negative, float)])
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    n, m = len(positive), len(negative)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def brier(chances: Sequence[float], truths: Sequence[bool]) -> float | None:
    """Mean squared error of probabilities, 0..1; None of none."""
    if not len(chances):
        return None
    return float(np.mean((np.asarray(chances, float) - np.asarray(truths, float)) ** 2))


def calibration_error(chances: Sequence[float], truths: Sequence[bool], bins: int = 10) -> float | None:
    """Expected calibration error, 0..1: mean gap of confidence and frequency over `bins` equal bins; None of none."""
    if not len(chances):
        return None
    p, t = np.asarray(chances, float), np.asarray(truths, float)
    bin_of = np.minimum((p * bins).astype(int), bins - 1)
    gaps = [abs(p[bin_of == b].sum() - t[bin_of == b].sum()) for b in range(bins)]
    return float(sum(gaps) / len(p))


def share(hits: Sequence[bool]) -> float | None:
    """Share of True, None of none."""
    return float(np.mean(hits)) if len(hits) else None
