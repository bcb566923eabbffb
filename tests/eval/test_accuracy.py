"""Accuracy by level, Acc-G, and what an unread answer does to each."""

from __future__ import annotations

import pytest

from sage_inspect.eval.accuracy import Outcome, group_right, summarise


@pytest.mark.parametrize(
    ("rights", "expected"),
    [
        ([True, True], True),
        ([True, False], False),
        ([True, None], None),
        ([None, False], False),  # one wrong answer decides, whatever the other was
        ([], None),
    ],
)
def test_group_right(rights, expected):
    assert group_right(rights) is expected


def test_summary_by_hand():
    rows = [
        Outcome("a", "standard comparison", True, 5),
        Outcome("a", "standard comparison", True, 4),
        Outcome("b", "standard comparison", True, 3),
        Outcome("b", "standard comparison", False, 1),
        Outcome("b", "defect identification", None),
        Outcome("c", "defect identification", True, 5),
    ]
    told = summarise(rows)
    assert told.count == 6
    assert told.coverage == pytest.approx(5 / 6)
    assert told.accuracy.value == pytest.approx(4 / 5)
    assert told.strict.value == pytest.approx(4 / 6)
    assert told.by_level["standard comparison"].value == pytest.approx(3 / 4)
    assert told.by_level["defect identification"].value == 1
    # entries: a right, b (standard) wrong, b (identification) unknown, c right
    assert told.acc_g.value == pytest.approx(2 / 3)
    assert told.entries_known == pytest.approx(3 / 4)
    assert told.score.value == pytest.approx((5 + 4 + 3 + 1 + 5) / 5)
    assert told.scored == pytest.approx(5 / 6)


def test_nothing_read_is_unknown_and_never_zero():
    told = summarise([Outcome("a", "", None)])
    assert told.accuracy is told.acc_g is told.score is None
    assert told.coverage == 0
    assert told.strict.value == 0
    assert summarise([]).count == 0
