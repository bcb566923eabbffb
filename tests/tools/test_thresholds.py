from math import exp, log

import numpy as np
import pytest

from sage_inspect.errors import BadInput
from sage_inspect.tools.thresholds import drift, rate_from_costs, threshold_at_cost, threshold_at_rate


def normals(count, seed=0, shift=0.0):
    """Scores whose logits are normal with mean -2 and deviation .5."""
    return 1 / (1 + np.exp(2 - shift - np.random.default_rng(seed).normal(0, 0.5, count)))


def test_conformal_by_hand():
    scores = [0.01 * i for i in range(1, 20)]
    # 19 normals, 5 %: p = (1 + 0) / 20 = .05, so a test image must beat every one of them.
    assert threshold_at_rate(scores, 0.05, "conformal") == pytest.approx(0.19)
    # 10 %: one normal may score as high: p = 2 / 20 = .1.
    assert threshold_at_rate(scores, 0.10, "conformal") == pytest.approx(0.18)


def test_conformal_refuses_what_it_cannot_promise():
    with pytest.raises(BadInput, match="19 golden images"):
        threshold_at_rate([0.1] * 18, 0.05, "conformal")
    with pytest.raises(BadInput, match="99 golden images"):
        threshold_at_rate([0.1] * 20, 0.01, "conformal")


def test_robust_meets_its_rate_and_bears_an_odd_golden():
    fresh = normals(4000, 9)
    for rate in (0.05, 0.01):
        threshold = threshold_at_rate(normals(400), rate)
        assert rate / 2 < float(np.mean(fresh > threshold)) < 2 * rate
    plain = threshold_at_rate(normals(25), 0.05)
    odd = threshold_at_rate([*normals(25), 0.97], 0.05)
    assert abs(odd - plain) < 0.05
    # The conformal rule is what an odd one ruins.
    assert threshold_at_rate([*normals(25), 0.97], 0.037 + 1e-3, "conformal") == pytest.approx(0.97)


def test_robust_threshold_by_hand():
    # Logits -2, -1.5, -1, -.5, 0: median -1, MAD .5 (and .5 of the upper three); 5 % is 1.645 deviations of 1.4826 * .5,
    # of five images 1 + 2 / 5 times as large.
    wanted = -1 + 1.6449 * 1.4826 * 0.5 * 1.4
    assert threshold_at_rate([sigmoid(v) for v in (-2, -1.5, -1, -0.5, 0)], 0.05) == pytest.approx(
        sigmoid(wanted), abs=1e-4
    )


def test_a_long_upper_tail_counts_and_a_lower_one_does_not():
    # Upper half -1, .2, 1.6: deviation 1.2; the MAD of all five is .6.
    wanted = -1 + 1.6449 * 1.4826 * 1.2 * 1.4
    assert threshold_at_rate([sigmoid(v) for v in (-1.6, -1.4, -1, 0.2, 1.6)], 0.05) == pytest.approx(
        sigmoid(wanted), abs=1e-4
    )
    even = threshold_at_rate([sigmoid(v) for v in (-1.6, -1.4, -1, -0.6, -0.4)], 0.05)
    assert threshold_at_rate([sigmoid(v) for v in (-4, -1.4, -1, -0.6, -0.4)], 0.05) == even


def sigmoid(value):
    return 1 / (1 + exp(-value))


def test_equal_normals_leave_room():
    assert 0.1 < threshold_at_rate([0.1] * 8, 0.05) < 0.2
    assert 0 < threshold_at_rate([0.0] * 8, 0.05) < 0.1


def test_costs():
    # Solves its equation, falls with the cost of overkill, and never passes 1/e.
    rate = rate_from_costs(miss=100, overkill=10, defects=0.01)
    assert -exp(1) * rate * log(rate) == pytest.approx(100 * 0.01 / (10 * 0.99), rel=1e-6)
    assert rate_from_costs(100, 20, 0.01) < rate < rate_from_costs(100, 5, 0.01)
    assert rate_from_costs(1000, 1, 0.5) == pytest.approx(exp(-1))


def test_cost_of_known_defects_by_hand():
    good, bad = [0.1, 0.2, 0.3, 0.6], [0.5, 0.7, 0.8]
    # A dear miss: all defects above .4, one of four normals flagged. Dear overkill: above .65, one of three missed.
    assert threshold_at_cost(good, bad, 10, 1, 0.5) == pytest.approx(0.4)
    assert threshold_at_cost(good, bad, 1, 10, 0.5) == pytest.approx(0.65)


def test_drift_is_told_and_its_absence_too():
    assert not drift(normals(30, 1), normals(30, 2)).drifted
    moved = drift(normals(30, 1, 0.8), normals(30, 2))
    assert moved.drifted and moved.higher > 0.75
    lower = drift(normals(30, 1, -0.8), normals(30, 2))
    assert lower.drifted and lower.higher < 0.25
    assert drift([0.2] * 6, [0.2] * 6).p_value == 1


def test_drift_by_hand():
    # All five above all five: U = 25, mean 12.5, variance 25 * 11 / 12, so z = 12 / 4.787.
    told = drift([0.6, 0.7, 0.8, 0.9, 1.0], [0.1, 0.2, 0.3, 0.4, 0.5])
    assert told.higher == 1 and told.p_value == pytest.approx(0.01219, abs=1e-4)


@pytest.mark.parametrize(
    "call",
    [
        lambda: threshold_at_rate([], 0.05),
        lambda: threshold_at_rate([0.1, 0.2], 0.05),
        lambda: threshold_at_rate([0.1] * 9, 1.0),
        lambda: threshold_at_rate([2.0] * 9, 0.05),
        lambda: rate_from_costs(0, 1, 0.1),
        lambda: rate_from_costs(1, 1, 1.0),
        lambda: drift([0.1], [0.1] * 9),
    ],
)
def test_bad_input(call):
    with pytest.raises(BadInput):
        call()
