"""Questions at three levels: every correct answer scores 5, every opposite answer is wrong, facts decide."""

from __future__ import annotations

import numpy as np

from sage_inspect.answers import parse_answer
from sage_inspect.eval.answer_scale import Shown, score_answer
from sage_inspect.eval.places import PLACES
from sage_inspect.finetune.preferences.lore import UNNAMED, lore_of
from sage_inspect.finetune.preferences.lore_facts import draw_diagnosis_facts, draw_facts, fact_about
from sage_inspect.finetune.preferences.questions import DIAGNOSIS, IDENTIFICATION, LEVELS, STANDARD, questions_of
from sage_inspect.finetune.preferences.views import View
from sage_inspect.prompts import is_boolean

LORES = (
    lore_of("printed circuit board", ("open", "short", "mousebite", "spur", "spurious copper", "pin-hole")),
    lore_of("wall plug", ("bent", "scratch", "missing leg", "colour")),
    lore_of("thing", ()),
)


def views(count: int, seed: int = 0):
    """Random images: object, zero to three defects, facts, sometimes a criterion."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        lore = LORES[rng.integers(3)]
        types, placed = list(lore.types), rng.random() < 0.9
        shown = tuple(
            Shown(str(rng.choice(types)), (str(rng.choice(PLACES)),) if placed else ())
            for _ in range(rng.integers(0, 4))
        )
        kinds = [s.type for s in shown]
        for level in LEVELS:
            permitted = [t for t in dict.fromkeys(kinds) if t != UNNAMED] if rng.random() < 0.3 else []
            draw = draw_diagnosis_facts if level == DIAGNOSIS else draw_facts
            told = tuple(draw(lore, kinds, rng, permitted=permitted))
            yield View(lore, shown, told, frozenset(permitted)), level, rng


def test_right_answers_are_right_and_opposite_ones_wrong():
    asked = {level: [0, 0] for level in LEVELS}
    for view, level, rng in views(80):
        for question in questions_of(view, level, rng):
            right = score_answer(str(question.right), question.truth)
            assert right.score == 5, (question.text, str(question.right), right)
            assert right.right
            wrong = score_answer(str(question.wrong), question.truth)
            assert wrong.right is False
            assert wrong.score < 4
            assert is_boolean(question.text), question.text
            said = parse_answer(str(question.right))
            assert said.value == question.right.value
            assert said.type == question.right.type
            assert said.facts == question.right.facts
            asked[level][question.truth.value] += 1
    for counts in asked.values():  # neither answer is right by habit
        assert min(counts) > 0.25 * sum(counts)


def test_five_questions_an_entry():
    for view, level, rng in views(80, seed=1):
        questions = questions_of(view, level, rng)
        assert len(questions) in (0, 5)
        assert len({q.text for q in questions}) == len(questions)
        if level == STANDARD:
            assert questions
        if level == DIAGNOSIS:
            assert bool(questions) == (bool(view.shown) and all(s.type != UNNAMED for s in view.shown))


def test_a_criterion_turns_the_answer():
    lore = LORES[0]
    rng = np.random.default_rng(3)
    shown = (Shown("short", ("centre",)),)
    allow, forbid = (fact_about(lore, "short", kind, rng) for kind in ("allow", "forbid"))
    for told, permitted, expected in (((forbid,), (), True), ((allow,), ("short",), False)):
        view = View(lore, shown, told, frozenset(permitted))
        verdict = questions_of(view, STANDARD, rng)[0]
        assert verdict.truth.value is expected
        assert parse_answer(str(verdict.right)).value is expected
        permit = questions_of(view, DIAGNOSIS, rng)[0]
        assert permit.truth.value is not expected
        assert permit.right.facts == ("F1",)


def test_same_seed_same_questions():
    def texts(seed):
        return [(q.text, str(q.right)) for v, level, r in views(5, seed) for q in questions_of(v, level, r)]

    assert texts(4) == texts(4)
    assert texts(4) != texts(5)


def test_identification_asks_for_types_that_are_there_and_not():
    view = View(LORES[0], (Shown("spur", ("centre",)),))
    questions = questions_of(view, IDENTIFICATION, np.random.default_rng(0))
    asked = {q.truth.asked: q.truth.value for q in questions if q.truth.asks == "type"}
    assert asked.pop("spur") is True
    assert asked
    assert not any(asked.values())
