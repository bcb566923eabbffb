"""Figures of the ablation by hand: what counts as right, entries, and intervals over pairs and seeds."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.eval.answer_scale import Truth
from sage_inspect.finetune.ablation.figures import Column, columns, difference, figure
from sage_inspect.finetune.ablation.measure import Told
from sage_inspect.finetune.ablation.questions import HeldQuestion


def question(number, group="a", level="one"):
    return HeldQuestion(str(number), "set", group, level, (), "?", Truth(True))


def told(number, right, score=None):
    return Told(id=str(number), p_true=0.9, right=right, words=None if score is None else "True.", score=score)


def test_accuracy_levels_entries_and_scores_by_hand():
    asked = [question(0), question(1), question(2, "b"), question(3, "b"), question(4, "b", "two")]
    first = [told(0, True), told(1, True, 4.0), told(2, True), told(3, None), told(4, False, 2.0)]
    second = [told(0, True), told(1, False, 3.0), told(2, True), told(3, True), told(4, True, 5.0)]
    found = {name: figure(column) for name, column in columns(asked, [first, second]).items()}
    assert list(found) == ["accuracy", "one", "two", "Acc-G", "answer MLE"]
    assert found["accuracy"].value == pytest.approx(7 / 10)  # an unread answer is not right
    assert found["one"].value == pytest.approx(6 / 8)
    assert found["two"].value == pytest.approx(1 / 2)
    assert found["Acc-G"].value == pytest.approx(3 / 6)  # (a, one), (b, two) and (b, one) are right once each
    assert found["answer MLE"].value == pytest.approx(3.5)
    assert found["answer MLE"].number == 2


def test_one_level_has_no_column_of_its_own_and_no_words_no_score():
    found = columns([question(0), question(1, "b")], [[told(0, True), told(1, False)]])
    assert list(found) == ["accuracy", "Acc-G", "answer MLE"]
    assert figure(found["answer MLE"]) is None


def test_intervals_are_wider_by_pair_than_by_question_and_wider_where_seeds_differ():
    rng = np.random.default_rng(0)
    pairs = np.repeat(rng.integers(0, 2, 40), 5).astype(float)
    by_pair = figure(Column(np.stack([pairs, pairs]), tuple(str(i // 5) for i in range(200))))
    by_question = figure(Column(np.stack([pairs, pairs]), tuple(map(str, range(200)))))
    assert by_pair.high - by_pair.low > 1.6 * (by_question.high - by_question.low)
    lucky = np.stack([pairs, np.ones(200)])
    apart = figure(Column(lucky, tuple(map(str, range(200)))))
    assert apart.high == 1
    assert apart.low < by_question.high


def test_a_difference_is_paired_by_seed_and_question():
    rng = np.random.default_rng(1)
    hard = rng.integers(0, 2, (3, 100)).astype(float)
    names = tuple(map(str, range(100)))
    better = hard.copy()
    better[:, :10] = 1
    change = difference({"accuracy": Column(hard, names)}, {"accuracy": Column(better, names)})["accuracy"]
    assert change.value == pytest.approx(better.mean() - hard.mean())
    assert 0 < change.low < change.value < change.high
    assert change.high - change.low < 0.15  # unpaired it would be .2 and more
    same = difference({"accuracy": Column(hard, names)}, {"accuracy": Column(hard, names)})["accuracy"]
    assert (same.low, same.value, same.high) == (0, 0, 0)
    worse = difference({"accuracy": Column(better, names)}, {"accuracy": Column(hard, names)})["accuracy"]
    assert worse.value == pytest.approx(-change.value)


def test_unscored_answers_are_left_out_of_the_mean():
    values = np.array([[4.0, np.nan, 2.0], [np.nan, np.nan, 3.0]])
    assert figure(Column(values, ("a", "b", "c"))).value == pytest.approx(3.0)
