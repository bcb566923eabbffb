"""Pictures that are no boards: the same for the same seed, and unlike what a board is."""

from __future__ import annotations

import numpy as np

from sage_inspect.finetune.nano.evaluate_data import drawn
from sage_inspect.finetune.nano.others import draw_others
from sage_inspect.finetune.world.families import family


def test_others_are_deterministic():
    first, second = draw_others(3, 1), draw_others(3, 1)
    assert [e.test.tobytes() for e in first] == [e.test.tobytes() for e in second]
    assert first[0].test.size == (96, 96)
    assert first[0].test.tobytes() != draw_others(1, 2)[0].test.tobytes()


def test_they_belong_to_no_family():
    for example in draw_others(4, 3):
        assert (example.family, example.kind, example.size) == ("", "", 0)
        assert example.test.mode == example.reference.mode == "L"
        assert example.reference.size == (96, 96)
        assert example.test.tobytes() != example.reference.tobytes()


def test_most_references_show_the_same_thing():
    likeness = [
        np.corrcoef(*(np.asarray(i, float).ravel() for i in (e.test, e.reference)))[0, 1] for e in draw_others(60, 4)
    ]
    assert 0.35 < np.mean(np.array(likeness) > 0.6) < 0.9


def test_they_have_no_two_levels_as_boards_have():
    def extremes(examples):
        return np.mean([np.isin(np.asarray(e.test), (0, 255)).mean() > 0.6 for e in examples])

    assert extremes(draw_others(40, 5)) < 0.1
    assert extremes(drawn(40, 5, [family("bare board")])) > 0.4
