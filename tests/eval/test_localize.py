"""Boxes against boxes, computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.eval.checks import view_of
from sage_inspect.eval.localize import credit, detection, heat, heat_in_map, localization, overlap
from sage_inspect.images import ImageStore
from sage_inspect.schema import Box

from .traces import raw, trace

A = Box(0, 0, 10, 10)


def test_overlap_by_hand():
    assert overlap(A, A) == 1
    assert overlap(A, Box(20, 0, 30, 10)) == 0
    # shifted by 5: intersection 50, union 150, IoU 1/3; 1 - ((.85 - 1/3) / .85)^2 = 1 - .3694
    assert overlap(A, Box(5, 0, 15, 10)) == pytest.approx(0.63053, abs=1e-4)
    # 3 % of the sides of a box of 100: IoU .97^2 / (2 - .97^2) = .888: as good as the same
    assert overlap(Box(0, 0, 100, 100), Box(3, 3, 103, 103)) == 1


def test_credit_counts_pointing():
    inside = Box(4, 4, 6, 6)  # IoU .04; its centre lies in the true box
    assert credit(inside, A) == pytest.approx((1 - (0.81 / 0.85) ** 2 + 1) / 2)
    assert credit(Box(9, 9, 19, 19), A) < 0.05


def test_localization_is_an_f1_with_partial_hits():
    b = Box(50, 50, 60, 60)
    assert localization([A, b], [A, b]) == 1
    assert localization([A], [A, b]) == pytest.approx(2 / 3)  # one of two found: 2 * 1 / (1 + 2)
    assert localization([A, b, Box(90, 90, 99, 99)], [A, b]) == pytest.approx(4 / 5)  # one box too many
    assert localization([], [A]) == 0
    assert localization([A, A], [A]) == pytest.approx(2 / 3)  # one true box is matched once


def test_detection_needs_an_iou_above_three_tenths():
    assert detection([Box(5, 0, 15, 10)], [A, Box(50, 50, 60, 60)]) == 0.5  # IoU 1/3, and none
    assert detection([Box(6, 0, 16, 10)], [A]) == 0  # 40 / 160 = .25


def test_heat_against_regions_and_against_the_map(tmp_path):
    assert heat(view_of(trace())) == 1
    images = ImageStore(tmp_path)
    grey = np.zeros((100, 100), np.uint8)
    grey[60:80, 60:80] = 200
    grey[10:30, 10:30] = 100
    data = raw()
    data["steps"][2]["output"]["comparison"]["heatmap"] = images.put(grey).model_dump()
    assert heat_in_map(view_of(trace(data)), images) == 0.5  # 100 in the claimed box, 200 at most
    data["steps"][2]["output"]["comparison"]["heatmap"] = {"sha256": "0" * 64}
    assert heat_in_map(view_of(trace(data)), images) is None  # a missing image is no 0
