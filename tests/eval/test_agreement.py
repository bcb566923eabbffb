"""Known values, with the arithmetic; against scipy where it is installed; what is not defined."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.eval.agreement import agreement, kendall, pairwise_accuracy, quadratic_kappa, spearman


def column(*values: float):
    return np.array(values, dtype=float)


def test_kappa_by_hand():
    # first 1 1 5 5, second 1 5 5 5: one pair is 4 grades apart, sum(w O) = 16. Frequencies: first 2 x 1, 2 x 5;
    # second 1 x 1, 3 x 5. E(1,5) = 2*3/4 = 1.5, E(5,1) = 2*1/4 = .5: sum(w E) = 16 * 2 = 32. kappa = 1 - 16/32.
    assert quadratic_kappa(column(1, 1, 5, 5), column(1, 5, 5, 5)) == pytest.approx(0.5)
    # 1 2 3 against 2 3 4: every pair one apart, sum(w O) = 3. E = 1/3 each cell: squared distances of {1,2,3} x {2,3,4}:
    # 1 4 9, 0 1 4, 1 0 1 = 21, times 1/3 = 7. kappa = 1 - 3/7.
    assert quadratic_kappa(column(1, 2, 3), column(2, 3, 4)) == pytest.approx(4 / 7)
    # Opposite grades: 1 5 against 5 1: O 2 x 16 = 32, E 4 cells of 1/2, two of them 16: 16. kappa = 1 - 2.
    assert quadratic_kappa(column(1, 5), column(5, 1)) == pytest.approx(-1)


def test_kappa_rounds_halves_upwards():
    assert quadratic_kappa(column(2.5, 4.4, 1.0), column(3, 4, 1)) == pytest.approx(1)


def test_spearman_by_hand():
    # Ranks 1 2.5 2.5 4 against 1 2 3 4; around 2.5: -1.5 0 0 1.5 and -1.5 -.5 .5 1.5.
    # Products 2.25 + 2.25 = 4.5; sizes sqrt(4.5 * 5). rho = 4.5 / sqrt(22.5).
    assert spearman(column(1, 2, 2, 9), column(1, 2, 3, 4)) == pytest.approx(4.5 / 22.5**0.5)


def test_kendall_and_pairs_by_hand():
    # Pairs of (1,1) (2,3) (2,2) (3,2): 12 alike, 13 alike, 14 alike, 23 tied in first, 24 against, 34 tied in second.
    # C = 3, D = 1, tied only in first 1, only in second 1: tau-b = (3 - 1) / sqrt(5 * 5) = .4.
    first, second = column(1, 2, 2, 3), column(1, 3, 2, 2)
    assert kendall(first, second) == pytest.approx(0.4)
    # People (second) order 5 pairs: 3 alike, 1 against, 1 tied by the scores: (3 + 1/2) / 5 = .7.
    assert pairwise_accuracy(first, second) == pytest.approx(0.7)


def test_against_scipy():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(3)
    for _ in range(5):
        one = rng.integers(1, 6, 60).astype(float)
        two = np.clip(one + rng.integers(-2, 3, 60), 1, 5).astype(float)
        assert spearman(one, two) == pytest.approx(stats.spearmanr(one, two).statistic)
        assert kendall(one, two) == pytest.approx(stats.kendalltau(one, two).statistic)


def test_what_is_not_defined_is_none():
    same = column(3, 3, 3)
    assert quadratic_kappa(same, same) is None  # no disagreement to be had by chance
    assert spearman(same, column(1, 2, 3)) is None
    assert kendall(same, column(1, 2, 3)) is None
    assert pairwise_accuracy(column(1, 2, 3), same) is None
    assert pairwise_accuracy(same, column(1, 2, 3)) == 0.5  # a scorer that never tells them apart is at chance
    for measure in (quadratic_kappa, spearman, kendall, pairwise_accuracy):
        assert measure(column(), column()) is None
    with pytest.raises(ValueError, match="outside 1..5"):
        quadratic_kappa(column(0), column(1))


def test_intervals_are_clustered():
    rng = np.random.default_rng(0)
    people = np.repeat(rng.integers(1, 6, 12), 20).astype(float)
    scores = np.clip(people + np.repeat(rng.integers(-1, 2, 12), 20), 1, 5)
    cases = np.repeat(np.arange(12), 20)
    alone, clustered = agreement(scores, people, rounds=300), agreement(scores, people, cases.tolist(), rounds=300)
    for name, interval in clustered.items():
        assert interval.value == alone[name].value
        assert interval.clusters == 12 and interval.count == 240
        assert interval.high - interval.low > 2 * (alone[name].high - alone[name].low)


def test_gaps_are_refused():
    with pytest.raises(ValueError, match="not finite"):
        agreement([1, float("nan")], [1, 2])
    with pytest.raises(ValueError, match="2 scores, but 1"):
        agreement([1, 2], [1])
