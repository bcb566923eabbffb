"""Calibration: finds an offset and a line that are there, keeps the judge as it is where nothing is shown to help."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.eval.calibration import Mapping, calibrate


def people(count: int, seed: int = 0):
    return np.random.default_rng(seed).integers(1, 6, count).astype(float)


def test_an_offset_is_found_and_told_on_cases_left_out():
    truth = np.tile([1.0, 2.0, 3.0, 4.0], 10)
    found = calibrate((truth + 1).tolist(), truth.tolist(), list(range(40)), rounds=200)
    # Everything is one grade too high: offset -1, error 1 before and 0 after; so is every fold's offset.
    assert (found.mapping.kind, found.mapping.slope, found.mapping.offset) == ("offset", 1, pytest.approx(-1))
    assert (found.bias.value, found.error_before.value, found.error_after.value) == (1, 1, pytest.approx(0))
    assert found.kappa_after.value == 1 and found.kappa_before.value < 0.8 and found.spearman.value == pytest.approx(1)
    assert found.note == ""


def test_a_compressed_scale_needs_a_line():
    truth = people(60)
    found = calibrate((3 + (truth - 3) / 4).tolist(), truth.tolist(), list(range(60)), rounds=200)
    assert found.mapping.kind == "line" and found.mapping.slope == pytest.approx(4)
    assert found.mapping.apply(3.5) == pytest.approx(5) and found.mapping.apply(9) == 5
    assert found.error_after.value < 0.01


def test_a_judge_that_knows_nothing_is_left_as_it_is_or_flattened_never_turned_round():
    truth, judge = people(60), people(60, 1)
    found = calibrate(judge.tolist(), truth.tolist(), list(range(60)), rounds=200)
    assert found.mapping.slope >= 0
    against = calibrate((6 - truth).tolist(), truth.tolist(), list(range(60)), rounds=200)
    assert against.mapping.slope >= 0


def test_few_cases_fit_nothing():
    truth = people(30)
    clusters = [n % 7 for n in range(30)]  # seven clusters, however many rows
    found = calibrate((truth + 1).clip(1, 5).tolist(), truth.tolist(), clusters, rounds=50)
    assert found.mapping == Mapping(count=30, clusters=7) and "7 clusters are too few" in found.note
    assert set(found.tried) == {"none"} and found.error_after == found.error_before


def test_noise_that_happens_to_help_is_not_kept():
    rng = np.random.default_rng(5)
    truth = people(24)
    judge = np.clip(truth + rng.choice([-1, 0, 1], 24), 1, 5)
    found = calibrate(judge.tolist(), truth.tolist(), list(range(24)), rounds=200)
    assert found.mapping.kind == "none" and found.note


def test_rows_must_match():
    with pytest.raises(ValueError, match="2 grades, 1 of people"):
        calibrate([1, 2], [1], [0, 1])
