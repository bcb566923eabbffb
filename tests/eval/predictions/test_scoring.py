"""Scored answers: rules, similarity, a judge's grades; what cannot be scored is None and never a number."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.errors import RunFailed
from sage_inspect.eval.judge.judge import Rating
from sage_inspect.eval.predictions.prediction import Prediction, ShownDefect
from sage_inspect.eval.predictions.scoring import Judging, score_prediction, score_predictions

SCRATCHED = {"shown": (ShownDefect(type="scratch", places=("centre",)),), "truth": True, "asks": "defect"}


def said(answer: str, **more) -> Prediction:
    return Prediction(id="1", question="Is there a defect?", answer=answer, **more)


def test_rules_need_to_know_what_the_image_shows():
    told = score_prediction(said("True. Scratch: a line at the centre.", **SCRATCHED))
    assert (told.right, told.identification, told.localization, told.logic) == (True, 5, 5, 5)
    told = score_prediction(said("True. Scratch: a line at the centre.", truth=True))
    assert (told.right, told.identification, told.score) == (True, None, None)
    assert told.notes == ("what the image shows, or the right answer, is not told",)


def test_an_answer_that_cannot_be_read_is_unscored():
    told = score_prediction(said("Unknown.", **SCRATCHED))
    assert (told.right, told.identification, told.logic, told.score) == (None, None, None, None)


def test_similarity_needs_both_texts_and_keeps_its_row():
    asked = []

    def embed(texts):
        asked.append(list(texts))
        return np.array([[1, 0] if "torn" in t else [0, 1] for t in texts], np.float32)

    rows = [said("torn"), said("torn", reference="torn"), said("torn", reference="bent"), said("", reference="torn")]
    assert [a.similarity for a in score_predictions(rows, embed=embed)] == [None, 1.0, 0.0, None]
    assert asked == [["torn", "torn", "torn", "bent"]]


class Scripted:
    def __init__(self, **grades):
        self.grades = grades

    def rate_answer(self, prediction):
        return {
            a: Rating(g, () if g is None else (g,), 1, "because", ("A1",) if g else ()) for a, g in self.grades.items()
        }


@pytest.mark.parametrize(
    ("grades", "shown", "score"),
    [
        ({"identification": 5, "localization": 3, "logic": 4}, SCRATCHED["shown"], 4.0),
        ({"identification": 5, "localization": None, "logic": 4}, SCRATCHED["shown"], None),  # an axis is missing
        ({"identification": 5, "localization": None, "logic": 4}, (), 4.5),  # it does not exist on a normal image
        ({"identification": None, "localization": None, "logic": None}, (), None),
        ({"logic": 4}, (), None),
    ],
)
def test_a_judges_mean_needs_every_axis_that_exists(grades, shown, score):
    (told,) = score_predictions([said("True.", shown=shown, truth=True)], judging=Judging(Scripted(**grades)))
    assert told.judge_score == score
    assert told.judge_logic == grades["logic"]
    assert told.judge_notes["logic"] == "because"


def test_after_a_dead_endpoint_the_rules_go_on():
    class Dying:
        calls = 0

        def rate_answer(self, prediction):
            self.calls += 1
            raise RunFailed("judge", "it cannot be reached", "start it")

    dying = Dying()
    judging = Judging(dying)
    told = list(score_predictions([said("True.", truth=True)] * 3, judging=judging))
    assert [t.right for t in told] == [True] * 3 and {t.judge_score for t in told} == {None}
    assert dying.calls == 1 and judging.left == 3 and "cannot be reached" in str(judging.failure)
