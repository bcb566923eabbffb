"""Scores beside people: paired by case, averaged over raters, on one scale; what is missing is told."""

from __future__ import annotations

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.eval.against_people import agree, pair_up
from sage_inspect.eval.grade_table import Graded
from sage_inspect.eval.scored import ScoredRow

ROWS = [
    ScoredRow(str(i), f"c{i % 2}", {"judge_logic": g, "logic": g, "grounding": None if g is None else (g - 1) / 4})
    for i, g in enumerate([1, 2, 4, 5, None])
]
PEOPLE = [Graded(str(i), "eva", "", {"logic": float(g)}) for i, g in enumerate([1, 3, 4, 5, 2])]


def test_figures_meet_their_axis_with_or_without_judge():
    judged, ruled = pair_up(ROWS, PEOPLE)
    assert (judged.figure, ruled.figure, judged.axis) == ("judge_logic", "logic", "logic")
    assert judged.scores == [1, 2, 4, 5] and judged.people == [1, 3, 4, 5] and judged.unscored == 1
    assert judged.clusters == ["c0", "c1", "c0", "c1"]
    found = agree(judged, PEOPLE, rounds=50)
    # One pair one grade apart: O 1. Frequencies 1 2 4 5 and 1 3 4 5: squared distances of the 16 cells
    # 0 4 9 16, 1 1 4 9, 9 1 0 1, 16 4 1 0 = 76, / 4 = 19. kappa = 1 - 1/19.
    assert found.measures["kappa"].value == pytest.approx(18 / 19) and found.measures["spearman"].value == 1
    assert found.raters is None


def test_a_chosen_pair_on_another_scale():
    (pairs,) = pair_up(ROWS, PEOPLE, {"grounding": "logic"})
    assert pairs.scores == [1, 2, 4, 5]
    with pytest.raises(BadInput, match="no such figure or axis; figures: judge_logic, logic, grounding; axes: logic"):
        pair_up(ROWS, PEOPLE, {"grounding": "style"})


def test_raters_are_averaged_and_compared_among_themselves():
    second = [Graded(str(i), "ben", "", {"logic": float(g)}) for i, g in enumerate([1, 1, 4, 5, 2])]
    pairs = pair_up(ROWS, [*PEOPLE, *second])[0]
    assert pairs.people == [1, 2, 4, 5]
    raters = agree(pairs, [*PEOPLE, *second], rounds=20).raters
    # 1 3 4 5 2 against 1 1 4 5 2: ranks 1 3 4 5 2 and 1.5 1.5 4 5 3; around 3: -2 0 1 2 -1 and -1.5 -1.5 1 2 0:
    # products 3 + 0 + 1 + 4 + 0 = 8, sizes sqrt(10 * 9.5).
    assert raters["spearman"] == pytest.approx(8 / 95**0.5)


def test_clusters_of_the_table_come_first():
    people = [g._replace(cluster="all") for g in PEOPLE]
    assert set(pair_up(ROWS, people)[0].clusters) == {"all"}


def test_nothing_in_common():
    with pytest.raises(BadInput, match="no case of theirs is scored .e.g. 'x'."):
        pair_up(ROWS, [Graded("x", "", "", {"logic": 3.0})])
    with pytest.raises(BadInput, match="no figure of theirs .logic."):
        pair_up([ScoredRow("1", "1", {"logic": None})], [Graded("1", "", "", {"logic": 3.0})])  # scored by nobody
    with pytest.raises(BadInput, match="no figure of theirs .style. is among the scores"):
        pair_up(ROWS, [Graded("1", "", "", {"style": 3.0})])
