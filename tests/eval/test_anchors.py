"""The anchor table, row by row."""

from __future__ import annotations

import pytest

from sage_inspect.eval.anchors import PROCESS, axes

FINE = dict.fromkeys(PROCESS, 1.0)


@pytest.mark.parametrize(
    ("value", "axis"), [(1.0, 5), (0.75, 4), (0.6, 3), (0.5, 3), (0.25, 2), (0.0, 1), (None, None)]
)
def test_identification(value, axis):
    assert axes({"identification": value}, (), ungrounded=False).identification == axis


@pytest.mark.parametrize(("value", "axis"), [(0.8, 5), (0.6, 4), (0.4, 3), (0.01, 2), (0.0, 1), (None, None)])
def test_localization(value, axis):
    assert axes({"localization": value}, (), ungrounded=False).localization == axis


@pytest.mark.parametrize(
    ("changed", "errors", "ungrounded", "logic"),
    [
        ({}, (), False, 5),
        ({"grounding": 0.9}, (), False, 4),
        ({"coverage": 0.9}, ("coverage",), False, 3),
        ({"order": 0.9}, ("order",), False, 3),
        ({"grounding": 0.9}, ("grounding",), False, 3),
        ({"grounding": 0.9}, ("grounding",), True, 2),
        ({"consistency": 0.9}, ("consistency",), False, 2),
        ({"faithfulness": 0.9}, ("faithfulness", "order"), False, 2),
        ({"entailment": 0.0}, ("entailment",), False, 1),
        ({"entailment": 0.5}, ("entailment",), False, 3),
        ({"efficiency": 0.5}, ("efficiency",), False, 5),
    ],
)
def test_logic(changed, errors, ungrounded, logic):
    assert axes(FINE | changed, errors, ungrounded=ungrounded).logic == logic


def test_nothing_scored_is_no_axis():
    assert axes({}, (), ungrounded=False) == (None, None, None)
