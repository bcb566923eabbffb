"""Questions about held-out images: what is asked, what is known of it, and what the leak check leaves out."""

from __future__ import annotations

import re

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.finetune.ablation.questions import ask_set, find_data
from sage_inspect.finetune.recipe import EvaluationSet


@pytest.fixture(scope="module")
def plates_set(base):
    return EvaluationSet(name="Plates", data=base / "held" / "plate")


def test_truth_of_a_row_without_facts_knows_none(plates_set, tmp_path):
    asked = ask_set(plates_set, tmp_path, ())
    question = next(q for q in asked.questions if q.truth.facts)
    prompt, truth = question.as_asked(False)
    assert not re.search(r"^\[F", prompt, re.MULTILINE)
    assert not truth.facts
    assert truth.value == question.truth.value
    assert question.as_asked(True) == (question.prompt, question.truth)


def test_the_same_questions_are_asked_each_time(plates_set, tmp_path):
    first, second = (ask_set(plates_set, tmp_path / name, ()).questions for name in "ab")
    assert [(q.id, q.prompt) for q in first] == [(q.id, q.prompt) for q in second]
    assert len({q.id for q in first}) == len(first)
    assert {q.set for q in first} == {"Plates"}
    assert all(path.exists() for q in first for path in q.images)


def test_fewer_cases_are_half_with_a_defect(plates_set, tmp_path):
    asked = ask_set(plates_set.model_copy(update={"cases": 2}), tmp_path, ())
    assert len({q.group for q in asked.questions}) == 2
    assert len({q.group for q in asked.questions if q.truth.shown}) == 1


def test_windows_are_asked_about_one_question_each(plates_set, tmp_path):
    asked = ask_set(plates_set.model_copy(update={"crops": True}), tmp_path, ())
    assert {q.level for q in asked.questions} == {"defect identification"}
    assert len({q.images for q in asked.questions}) == len(asked.questions)


def test_images_that_were_trained_on_are_not_asked_about(plates_set, tmp_path):
    every = ask_set(plates_set, tmp_path, ())
    shown = next(q for q in every.questions if "stain" in str(q.images[0]))
    part = ask_set(plates_set, tmp_path, [shown.images[0]])
    assert part.leaked == len(every.questions) - len(part.questions) > 0
    assert all(shown.images[0] not in q.images for q in part.questions)
    with pytest.raises(BadInput, match="about images of the training data"):
        ask_set(plates_set, tmp_path, [image for q in every.questions for image in q.images])


def test_a_set_that_is_not_there_is_refused_or_left_out(tmp_path):
    away = EvaluationSet(name="Moon", data="nowhere/moon")
    with pytest.raises(BadInput, match="nowhere/moon is not there"):
        ask_set(away, tmp_path, ())
    assert ask_set(away.model_copy(update={"optional": True}), tmp_path, ()).questions is None


def test_data_is_looked_for_in_the_shared_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SAGE_DATA", str(tmp_path))
    (tmp_path / "set").mkdir()
    assert find_data(tmp_path / "set") == tmp_path / "set"
    assert find_data((tmp_path / "set").relative_to(tmp_path)) == tmp_path / "set"
    assert find_data(tmp_path / "none") is None
