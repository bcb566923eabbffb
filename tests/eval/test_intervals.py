"""Intervals: known values, clusters that widen them, pairs that narrow them."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.eval.intervals import difference_interval, mean_interval, statistic_interval


def test_mean_is_over_values_and_not_over_clusters():
    # (1 + 1 + 1 + 0) / 4 = .75; the mean of the clusters' means would be .5
    interval = mean_interval([1, 1, 1, 0], ["a", "a", "a", "b"])
    assert interval.value == 0.75
    assert (interval.count, interval.clusters) == (4, 2)
    # a sample of two clusters is aa, ab or bb: means 1, .75, 0
    assert (interval.low, interval.high) == (0, 1)


def test_agrees_with_the_normal_interval():
    values = np.random.default_rng(1).normal(0.5, 0.2, 400)
    interval = mean_interval(values)
    half = 1.96 * values.std() / 20  # 1.96 s / sqrt(400)
    assert interval.low == pytest.approx(values.mean() - half, abs=0.004)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.004)


def test_clusters_widen_the_interval():
    rng = np.random.default_rng(2)
    base = rng.random(40) < 0.5
    values, clusters = np.repeat(base, 5).astype(float), np.repeat(np.arange(40), 5)
    alone, together = mean_interval(values), mean_interval(values, clusters)
    assert together.value == alone.value
    # five copies of each carry no more than one: wider by about sqrt(5)
    assert 1.7 < (together.high - together.low) / (alone.high - alone.low) < 2.8


def test_paired_difference_sees_what_separate_intervals_do_not():
    rng = np.random.default_rng(3)
    first = rng.normal(0, 1, 200)
    second = first + 0.1 + rng.normal(0, 0.1, 200)
    apart = difference_interval(first, second)
    assert apart.low > 0
    assert mean_interval(first).high > mean_interval(second).low


def test_repeatable_and_empty():
    values = list(np.random.default_rng(4).random(30))
    assert mean_interval(values, seed=7) == mean_interval(values, seed=7)
    assert mean_interval(values, seed=7) != mean_interval(values, seed=8)
    assert mean_interval([]) is None
    assert str(mean_interval([1.0, 1.0])) == "1.000 [1.000 1.000]"


@pytest.mark.parametrize(("values", "clusters"), [([1, 2], ["a"]), ([float("nan")], None)])
def test_refused(values, clusters):
    with pytest.raises(ValueError, match="clusters|finite"):
        mean_interval(values, clusters)


def test_pairs_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="paired"):
        difference_interval([1], [1, 2])


def test_any_figure_has_an_interval_of_whole_clusters():
    values = np.array([0.0, 0.0, 1.0, 1.0])
    found = statistic_interval(lambda rows: float(values[rows].mean()), 4, ["a", "a", "b", "b"], rounds=400)
    # Samples draw a and b: (a a) 0, (a b) .5, (b b) 1, with a quarter at either end.
    assert (found.value, found.low, found.high, found.count, found.clusters) == (0.5, 0.0, 1.0, 4, 2)
    assert statistic_interval(lambda rows: None, 4) is None
    assert statistic_interval(lambda rows: 1.0, 0) is None
    with pytest.raises(ValueError, match="4 rows, but 1 clusters"):
        statistic_interval(lambda rows: 1.0, 4, ["a"])


def test_the_general_interval_agrees_with_the_one_of_means():
    rng = np.random.default_rng(1)
    values, clusters = rng.normal(size=90), np.repeat(np.arange(30), 3).tolist()
    one = mean_interval(values.tolist(), clusters)
    two = statistic_interval(lambda rows: float(values[rows].mean()), 90, clusters, rounds=2000)
    assert two.value == pytest.approx(one.value)
    assert (two.low, two.high) == pytest.approx((one.low, one.high), abs=0.03)
