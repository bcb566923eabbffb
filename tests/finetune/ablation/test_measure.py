"""Answers of a run: asked through the engine, scored, kept, and read again only where they fit the questions."""

from __future__ import annotations

import pytest

from sage_inspect.eval.answer_scale import Truth, score_answer
from sage_inspect.finetune.ablation.measure import Result, Told, answer_all, choose_written, finished
from sage_inspect.finetune.ablation.questions import HeldQuestion, ask_set
from sage_inspect.finetune.recipe import EvaluationSet
from sage_inspect.models.folder import identity


def question(number):
    return HeldQuestion(str(number), "set", "a", "one", (), "?", Truth(True))


@pytest.fixture
def result():
    told = [Told(id="0", p_true=0.9, right=True, words="True.", score=4.0), Told(id="1", p_true=None, right=None)]
    return Result(model="m@1", steps=3, seconds=1.5, loss=None, measured=0.5, told=told)


def test_a_result_survives_the_disk_and_a_torn_file_is_none(result, tmp_path):
    path = tmp_path / "result.json"
    result.save(path)
    assert Result.load(path) == result
    path.write_text(path.read_text()[:40])
    assert Result.load(path) is None
    assert Result.load(tmp_path / "none.json") is None


def test_a_result_counts_only_for_the_questions_that_it_answers(result, tmp_path):
    path = tmp_path / "result.json"
    assert finished(path, [question(0), question(1)]) is None
    result.save(path)
    assert finished(path, [question(0), question(1)]) == result
    assert finished(path, [question(1), question(0)]) is None
    assert finished(path, [question(0), question(1), question(2)]) is None


def test_the_same_questions_are_answered_in_words_each_time():
    asked = [question(i) for i in range(30)]
    assert choose_written(asked, 8) == choose_written(asked, 8)
    assert len(choose_written(asked, 8)) == 8
    assert len(choose_written(asked, 99)) == 30


def test_answers_come_in_order_and_in_words_where_asked(base, tmp_path):
    asked = ask_set(EvaluationSet(name="Plates", data=base / "held" / "plate", cases=1), tmp_path, ()).questions[:6]
    folder, written = base / "widget", frozenset({asked[2].id})
    model, told = answer_all(folder, asked, facts=True, written=written, device="cpu")
    assert model == identity(folder)
    assert [t.id for t in told] == [q.id for q in asked]
    assert [t.words is not None for t in told] == [q.id in written for q in asked]
    assert told[2].score == score_answer(told[2].words, asked[2].truth).score
    for question, answer in zip(asked, told, strict=True):
        assert answer.right == (None if answer.p_true is None else (answer.p_true > 0.5) == question.truth.value)
    _, plain = answer_all(folder, asked, facts=False, written=frozenset(), device="cpu")
    assert [t.p_true for t in plain] != [t.p_true for t in told]  # other prompts
