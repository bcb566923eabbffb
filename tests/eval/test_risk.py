"""Risk-coverage curves, against cases worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sage_inspect.eval.risk import area, at_coverage, at_threshold, risk_coverage, saved_interval

CONFIDENCE = [0.9, 0.5, 0.8, 0.5]
WRONG = [False, True, False, False]


def test_curve_has_a_point_for_each_distinct_confidence():
    points = risk_coverage(CONFIDENCE, WRONG)
    assert [(p.threshold, p.coverage, p.risk, p.answered) for p in points] == [
        (0.9, 0.25, 0.0, 1),
        (0.8, 0.5, 0.0, 2),
        (0.5, 1.0, 0.25, 4),
    ]
    assert risk_coverage([], []) == ()


def test_area_is_the_mean_risk_over_all_coverages():
    # Sure ones first: risks 0, 0, then within the tie half an error after three, one after four.
    assert area(CONFIDENCE, WRONG) == pytest.approx((0 + 0 + 0.5 / 3 + 1 / 4) / 4)
    assert area([3, 2, 1], [True, False, False]) == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)
    assert area([1, 2, 3], [True, False, False]) == pytest.approx((0 + 0 + 1 / 3) / 3)
    assert area([], []) is None


def test_a_constant_confidence_has_the_plain_risk_everywhere():
    assert area([1.0] * 8, [True] * 2 + [False] * 6) == pytest.approx(0.25)
    assert at_coverage([1.0] * 8, [True] * 2 + [False] * 6, 0.5).coverage == 1.0


def test_at_coverage_answers_at_least_that_much():
    assert at_coverage(CONFIDENCE, WRONG, 0.5).threshold == 0.8
    # Three of four cannot be had: the two of .5 go together.
    assert at_coverage(CONFIDENCE, WRONG, 0.75).answered == 4
    scores = [i / 10 for i in range(10)]
    assert at_coverage(scores, [False] * 10, 0.8).answered == 8
    assert at_coverage([], [], 0.8) is None


def test_at_threshold_tells_a_risk_only_of_what_is_answered():
    found = at_threshold(CONFIDENCE, WRONG, 0.8)
    assert (found.coverage, found.risk) == (0.5, 0.0)
    assert at_threshold(CONFIDENCE, WRONG, 0.95).risk is None
    assert at_threshold([], [], 0.5) is None


def test_saved_interval_is_below_one_where_confidence_knows_and_holds_one_where_it_does_not():
    rng = np.random.default_rng(0)
    wrong = rng.random(600) < 0.25
    knows = np.where(wrong, rng.random(600), rng.random(600) + 0.5)
    good = saved_interval(knows, wrong, 0.8, rounds=300)
    assert good.low < good.value < good.high < 0.8
    blind = saved_interval([k * 377 % 600 for k in range(600)], [k % 4 == 0 for k in range(600)], 0.8, rounds=300)
    assert blind.low < 1 < blind.high


def test_saved_interval_counts_whole_clusters():
    rng = np.random.default_rng(1)
    wrong = np.repeat(rng.random(30) < 0.3, 20)
    confidence = np.repeat(rng.random(30), 20) + rng.random(600) * 1e-3
    alone = saved_interval(confidence, wrong, 0.8, rounds=300)
    grouped = saved_interval(confidence, wrong, 0.8, np.repeat(np.arange(30), 20), rounds=300)
    assert grouped.value == alone.value
    assert grouped.high - grouped.low > 2 * (alone.high - alone.low)
    assert (grouped.clusters, grouped.count) == (30, 600)


def test_saved_interval_agrees_with_the_curve():
    rng = np.random.default_rng(2)
    wrong, scores = rng.random(101) < 0.3, rng.integers(0, 12, 101).astype(float)
    point = at_coverage(scores, wrong, 0.8)
    assert saved_interval(scores, wrong, 0.8, rounds=2).value == pytest.approx(point.risk / wrong.mean())


def test_nothing_is_invented():
    assert saved_interval([1.0, 2.0], [False, False], 0.8) is None
    assert saved_interval([], [], 0.8) is None
    with pytest.raises(ValueError, match="2 confidences, but 1"):
        risk_coverage([1.0, 2.0], [True])
    with pytest.raises(ValueError, match="not finite"):
        risk_coverage([math.nan], [True])
    with pytest.raises(ValueError, match="3 cases, but 2 clusters"):
        saved_interval([1.0, 2.0, 3.0], [True, False, False], 0.8, ["a", "b"])
