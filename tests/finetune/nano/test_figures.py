"""Figures of merit against values worked out by hand."""

from __future__ import annotations

import pytest

from sage_inspect.finetune.nano.figures import auroc, brier, calibration_error, share


def test_auroc():
    # Pairs: (.9 > .5), (.9 > .2), (.5 = .5 counts half), (.5 > .2): 3.5 of 4.
    assert auroc([0.9, 0.5], [0.5, 0.2]) == pytest.approx(3.5 / 4)
    assert auroc([], [0.1]) is None


def test_brier():
    # ((.8 - 1)^2 + (.3 - 0)^2) / 2 = (.04 + .09) / 2
    assert brier([0.8, 0.3], [True, False]) == pytest.approx(0.065)
    assert brier([], []) is None


def test_calibration_error():
    # Bin .9: two at .95, one true: gap |1.9 - 1| = .9; bin .1: one at .15, false: .15; over 3.
    assert calibration_error([0.95, 0.95, 0.15], [True, False, False]) == pytest.approx((0.9 + 0.15) / 3)
    assert calibration_error([1.0], [True]) == 0
    assert calibration_error([], []) is None


def test_share():
    assert share([True, False]) == 0.5
    assert share([]) is None
