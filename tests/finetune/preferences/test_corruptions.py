"""Corruptions: each wrong in its own way, all different, all worse than the correct answer."""

from __future__ import annotations

from collections import Counter

import numpy as np

from sage_inspect.answers import parse_answer
from sage_inspect.eval.answer_scale import Shown, score_answer
from sage_inspect.eval.places import near, read_places
from sage_inspect.finetune.preferences.corruptions import KINDS, PREFIX, corrupt
from sage_inspect.finetune.preferences.lore_facts import fact_about
from sage_inspect.finetune.preferences.questions import questions_of, verdict_question
from sage_inspect.finetune.preferences.views import View

from .test_questions import LORES, views


def test_all_different_and_worse():
    seen = Counter()
    for view, level, rng in views(30, seed=11):
        for question in questions_of(view, level, rng):
            right = str(question.right)
            made = corrupt(question, view.lore, rng)
            assert len({c.text for c in made} | {right}) == len(made) + 1
            for one in made:
                assert one.score == score_answer(one.text, question.truth).score < 5
            assert len(made) >= 2
            seen.update(c.provenance for c in made)
    assert set(seen) == {PREFIX + name for name in KINDS}


def board():
    rng = np.random.default_rng(0)
    told = tuple(fact_about(LORES[0], t, "appearance", rng) for t in ("short", "open"))
    return View(LORES[0], (Shown("short", ("upper left",)),), told)


def made_of(view):
    rng = np.random.default_rng(1)
    question = verdict_question(view, rng)
    return question, {c.provenance.removeprefix(PREFIX): c.text for c in corrupt(question, view.lore, rng)}


def test_each_kind_is_wrong_in_its_own_way():
    question, made = made_of(board())
    right = parse_answer(str(question.right))
    said = {name: parse_answer(text) for name, text in made.items()}
    scores = {name: score_answer(text, question.truth) for name, text in made.items()}
    assert set(made) == set(KINDS)

    assert said["wrong verdict"].value is False
    assert scores["wrong verdict"].identification == 1

    assert said["wrong place"].type == right.type
    assert not near(read_places(made["wrong place"])[0], "upper left")
    assert scores["wrong place"].localization == 1

    assert said["wrong type"].type not in ("short", None)
    assert read_places(made["wrong type"]) == ("upper left",)
    assert scores["wrong type"].identification == 3

    assert made["unsupported cause"].startswith(str(question.right).split(" [")[0])
    assert "caused by" in made["unsupported cause"]

    assert said["foreign citation"].facts != right.facts
    for name in ("unsupported cause", "foreign citation"):
        assert (scores[name].identification, scores[name].localization, scores[name].logic) == (5, 5, 2)

    assert said["contradiction"].value is False
    assert said["contradiction"].type == "short"
    assert scores["contradiction"].logic == 1


def test_a_normal_image_has_no_place_and_no_type_to_get_wrong():
    _, made = made_of(View(LORES[0], ()))
    assert set(made) == set(KINDS) - {"wrong place", "wrong type"}
    assert parse_answer(made["wrong verdict"]).type is not None


def test_wrong_types_are_never_types_of_the_image():
    rng = np.random.default_rng(2)
    view = View(LORES[0], (Shown("short", ("centre",)), Shown("open", ("centre left",))))
    for _ in range(40):
        made = corrupt(verdict_question(view, rng), view.lore, rng)
        wrong = [parse_answer(c.text).type for c in made if c.provenance == PREFIX + "wrong type"]
        assert wrong
        assert not {"short", "open"} & set(wrong)


def test_same_seed_same_corruptions():
    question = verdict_question(board(), np.random.default_rng(1))
    first, second = (corrupt(question, LORES[0], np.random.default_rng(5)) for _ in range(2))
    assert first == second
