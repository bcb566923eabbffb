"""The summary of answers: unscored is out of every mean, and the coverage stands beside it."""

from __future__ import annotations

import pytest

from sage_inspect.eval.predictions.scoring import AnswerScore
from sage_inspect.eval.predictions.summary import FIGURES, as_rows, summary_of


def answer(n: int, group: str, right: bool | None, level: str = "standard comparison", **more) -> AnswerScore:
    return AnswerScore(
        id=str(n),
        group=group,
        level=level,
        question="?",
        answer="!",
        truth=more.pop("truth", True),
        right=right,
        **more,
    )


ROWS = [
    answer(1, "a", True, score=5.0, judge_logic=4.0), answer(2, "a", True, score=4.0), answer(3, "b", None),
    answer(4, "b", True), answer(5, "c", False, level="defect diagnosis", score=2.0),
    answer(6, "d", None, truth=None),  # nobody knows what is right
]  # fmt: skip


def test_figures_by_hand():
    found = {f.name: f for f in summary_of(ROWS, rounds=50)}
    assert set(FIGURES) <= set(found)
    assert found["accuracy"].value == pytest.approx(3 / 4)  # of the four that could be read
    assert (found["accuracy"].scored, found["accuracy"].of) == (4, 5)
    assert found["accuracy_strict"].value == pytest.approx(3 / 5)
    assert found["read"].value == pytest.approx(4 / 5)
    assert found["accuracy[standard comparison]"].value == 1 and found["accuracy[standard comparison]"].of == 4
    assert found["accuracy[defect diagnosis]"].value == 0
    # Entries: a is right, b has one unread and none wrong (unknown), c is wrong.
    assert (found["acc_g"].value, found["acc_g"].scored, found["acc_g"].of) == (0.5, 2, 3)
    assert found["acc_g_strict"].value == pytest.approx(1 / 3)
    assert found["score"].value == pytest.approx(11 / 3) and found["score"].coverage == 0.5
    assert (found["judge_logic"].value, found["judge_logic"].coverage) == (4, pytest.approx(1 / 6))
    assert found["similarity"].interval is None and found["similarity"].coverage == 0


def test_nothing_is_none_and_not_zero():
    rows = as_rows(summary_of([]))
    assert {r["value"] for r in rows} == {None} and {r["coverage"] for r in rows} == {None}
