"""AUC against pairs counted by hand, and the paired lead."""

import pytest

from sage_inspect.eval.ranking import auc, auc_interval


def test_pairs_and_ties():
    # right: .9 .5, wrong: .5 .1; pairs won: (.9>.5) (.9>.1) (.5=.5: half) (.5>.1): 3.5 of 4
    assert auc([0.9, 0.5, 0.5, 0.1], [True, True, False, False]) == 3.5 / 4
    assert auc([1.0, 2.0], [True, True]) is None


def test_a_lead_is_paired_and_zero_against_itself():
    scores, right = [float(n % 7) for n in range(60)], [n % 3 > 0 for n in range(60)]
    groups = [n // 6 for n in range(60)]
    same = auc_interval(scores, right, groups, against=scores, rounds=50)
    assert (same.value, same.low, same.high, same.clusters) == (0, 0, 0, 10)
    best = auc_interval([float(r) for r in right], right, groups, against=scores, rounds=50)
    assert best.low > 0 and best.value == pytest.approx(1 - auc(scores, right))


def test_bad_values_are_refused():
    with pytest.raises(ValueError):
        auc([float("nan")], [True])
    with pytest.raises(ValueError):
        auc_interval([1.0], [True], [1, 2])
