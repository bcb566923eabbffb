"""Every drawn pair carries questions whose answers follow from what was drawn."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.answers import parse_answer
from sage_inspect.finetune.preferences.annotations import annotate
from sage_inspect.finetune.preferences.questions import DIAGNOSIS, LEVELS, STANDARD
from sage_inspect.finetune.world.families import families
from sage_inspect.finetune.world.sample import draw_sample


@pytest.mark.parametrize("one", families(), ids=lambda f: f.name)
def test_a_defective_pair_has_five_questions_at_every_level(one):
    sample = draw_sample(one, np.random.default_rng(4), 128, types=[one.types[0].name])
    assert sample.defects
    levels = annotate(sample, np.random.default_rng(5))["levels"]
    assert set(levels) == set(LEVELS)
    for level in levels.values():
        assert len(level["questions"]) == 5
        for question in level["questions"]:
            scores = [c["score"] for c in question["candidates"]]
            assert scores == sorted(scores, reverse=True)
            assert scores[0] > scores[-1]
            assert question["candidates"][0]["text"] == question["reason"]
            assert parse_answer(question["reason"]).value is question["answer"]


def test_a_sound_pair_shows_no_defect_and_admits_no_diagnosis():
    one = families()[0]
    sample = draw_sample(one, np.random.default_rng(4), 128, types=[])
    levels = annotate(sample, np.random.default_rng(5))["levels"]
    assert DIAGNOSIS not in levels
    first = levels[STANDARD]["questions"][0]
    assert first["question"] == "Does the test image show a defect?"
    assert first["answer"] is False


def test_the_same_seed_says_the_same():
    sample = draw_sample(families()[3], np.random.default_rng(1), 128, types=None)
    assert annotate(sample, np.random.default_rng(2)) == annotate(sample, np.random.default_rng(2))
