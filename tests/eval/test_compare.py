"""Paired comparison: known differences, clusters, directions, what only one side has; and sets that do not belong."""

from __future__ import annotations

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.eval.compare import compare_sets
from sage_inspect.eval.scored import ScoredRow


def rows(values: list[float | None], name: str = "logic", clusters: int = 0, **more) -> list[ScoredRow]:
    return [
        ScoredRow(str(i), str(i % clusters) if clusters else str(i), {name: v}, **more) for i, v in enumerate(values)
    ]


def only(found, name: str = "logic"):
    return next(d for d in found.differences if d.name == name)


def test_a_difference_by_hand():
    found = compare_sets(rows([1, 2, 3, 4, None, 5]), rows([2, 2, 5, 3, 4, None]), rounds=200)
    d = only(found)
    # Pairs: 1-2 2-2 3-5 4-3: means 2.5 and 3, gap .5; two higher, one lower, one equal; one scored by either alone.
    assert (d.first, d.second, d.gap.value, d.gap.count) == (2.5, 3.0, 0.5, 4)
    assert (d.higher, d.lower, d.equal, d.only_first, d.only_second, d.unscored) == (2, 1, 1, 1, 1, 0)
    assert d.told == "no difference shown" and "fewer than 10 clusters" in found.note


@pytest.mark.parametrize(
    ("name", "told"), [("logic", "better"), ("calls", "worse"), ("seconds", "worse"), ("abstained", "worse")]
)
def test_higher_is_better_but_for_costs(name, told):
    found = compare_sets(rows([1.0] * 20, name), rows([2.0] * 20, name), rounds=100)
    assert only(found, name).told == told
    assert only(compare_sets(rows([2.0] * 20, name), rows([1.0] * 20, name), rounds=100), name).better != (
        told == "better"
    )


def test_questions_of_one_image_are_no_independent_evidence():
    first, second = [0.0] * 40, [1.0] * 30 + [-1.0] * 10
    alone = only(compare_sets(rows(first), rows(second), rounds=500))
    ordered = [r._replace(cluster=str(i // 10)) for i, r in enumerate(rows(first))]
    clustered = only(compare_sets(ordered, rows(second), rounds=500))
    assert alone.told == "better" and clustered.told == "no difference shown"


def test_runs_of_one_case_are_averaged_first():
    found = only(compare_sets([*rows([1.0]), *rows([3.0])], rows([4.0]), rounds=10))
    assert (found.first, found.gap.value, found.gap.count) == (2, 2, 1) and found.better is None  # one cluster


def test_cases_of_one_side_are_told_and_entries_are_no_cases():
    extra = ScoredRow("all", "0", {"acc_g": 1.0}, "", True)
    found = compare_sets([*rows([1.0] * 12), extra], [*rows([1.0] * 10), extra], rounds=10)
    assert (found.common, found.only_first, found.only_second, found.clusters) == (10, 2, 0, 10)
    assert only(found, "acc_g").gap.count == 1 and found.note == "left out: 2 cases of A alone, 0 of B alone"


def test_a_figure_that_nobody_has_is_left_out():
    assert compare_sets(rows([None]), rows([None])).differences == ()
    (d,) = compare_sets(rows([1.0]), rows([None])).differences
    assert d.told == "nothing to compare" and d.only_first == 1


def test_sets_that_do_not_belong_together():
    with pytest.raises(BadInput, match="no case in common"):
        compare_sets(rows([1.0]), [ScoredRow("x", "x", {"logic": 1})])
    with pytest.raises(BadInput, match="not the same in the two sets .'L1' and 'L2'"):
        compare_sets(rows([1.0], about="L1"), rows([1.0], about="L2"))
