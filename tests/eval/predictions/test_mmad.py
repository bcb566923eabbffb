"""MMAD's three numbers: plain reading, the public scorer's faults one by one, and averages by hand."""

from __future__ import annotations

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.eval.predictions.mmad import Choice, choices, read_choice, score_mmad
from sage_inspect.eval.predictions.prediction import Prediction

OPTIONS = {"A": "Yes.", "B": "No.", "C": "A scratch", "D": "A dent"}
GOOD, BAD = "VisA/candle/test/good/0.png", "VisA/candle/test/bad/1.png"


@pytest.mark.parametrize(
    ("answer", "letter"),
    [
        ("B", "B"), ("b.", "B"), ("(B)", "B"), ("Answer: B.", "B"), ("The correct answer is (B).", "B"),
        ("C. A scratch", "C"), ("C) a SCRATCH.", "C"), ("A scratch", "C"), ("no", "B"),
        ("The rim is torn. Answer: D", "D"), ("B. It looks like a scratch", "B"),
        ("A scratch is visible", None), ("A or B", None), ("", None), ("I can't tell.", None), ("E", None),
        ("B. A scratch", None),  # letter and text name two options
    ],
)  # fmt: skip
def test_only_one_plain_option_is_read(answer, letter):
    assert read_choice(answer, OPTIONS) == letter


def detection(image: str, correct: str, answer: str) -> Choice:
    return Choice(image, "Anomaly Detection", OPTIONS, correct, answer)


def test_detection_is_balanced_and_sets_are_averaged():
    rows = [
        detection(GOOD, "B", "B"), detection(GOOD, "B", "A"), detection(BAD, "A", "A"),
        Choice(BAD, "Defect Classification", OPTIONS, "C", "D"),
        Choice("MVTec-AD/nut/test/bad/1.png", "Defect Classification", OPTIONS, "C", "C"),
    ]  # fmt: skip
    score = score_mmad(rows)
    # VisA: detection (1/2 + 1) / 2 = .75, classification 0: .375; MVTec-AD: classification 1. Mean .6875.
    assert score.strict == pytest.approx(0.6875)
    # Publicly MVTec-AD's detection counts 0: (0 + 1) / 2 = .5, so (.375 + .5) / 2.
    assert score.compatible == pytest.approx(0.4375)
    assert score.failures == 0 and score.skipped == 0


def test_the_public_scorer_drops_what_it_cannot_read_and_skips_the_next():
    kind = "Defect Classification"
    rows = [Choice(BAD, kind, OPTIONS, "C", a) for a in ("C", "no idea", "D", "C")]
    score = score_mmad(rows)
    assert (score.strict, score.compatible) == (0.5, 1.0)  # C, wrong, wrong, C; publicly the first and the last alone
    assert (score.failures, score.skipped, score.answers) == (0.25, 2, 4)


def test_the_last_lone_letter_wins_publicly():
    rows = [Choice(BAD, "Defect Classification", OPTIONS, "C", "C. A scratch")]
    assert (score_mmad(rows).strict, score_mmad(rows).compatible) == (1.0, 0.0)  # read as A


def test_detection_of_one_side_only_is_not_balanced():
    score = score_mmad([detection(BAD, "A", "A")])
    assert score.strict is None
    assert score.compatible == 0.5  # publicly the side that is not there counts 0
    assert score_mmad([]).strict is None


def test_good_is_a_folder_and_not_part_of_a_name():
    rows = [detection("X/goods/test/bad/1.png", "A", "A"), detection("X/goods/test/good/1.png", "B", "A")]
    score = score_mmad(rows)
    assert score.strict == 0.5
    assert score.compatible == 0.25  # both count as normal: (1/2 + 0) / 2


FILE = {
    BAD: {
        "conversation": [
            {
                "Question": "Is there any defect?",
                "Answer": "A",
                "Options": {"A": "Yes.", "B": "No."},
                "type": "Anomaly Detection",
            },
            {
                "Question": "Of what  form is it?",
                "Answer": "B",
                "Options": {"A": "Round", "B": "Long"},
                "type": "Object Details",
            },
        ]
    }
}


def test_predictions_are_joined_by_image_and_words():
    given = [Prediction(id="1", question="Of what form is it?", image=f"data/MMAD/{BAD}", answer="B")]
    found = choices(FILE, given, "mmad.json")
    assert [(c.kind, c.answer) for c in found] == [("Anomaly Detection", ""), ("Object Analysis", "B")]
    with pytest.raises(BadInput, match="no prediction has the image"):
        choices(FILE, [Prediction(id="1", question="?", image="other.png", answer="B")], "mmad.json")


def test_another_form_is_refused():
    with pytest.raises(BadInput, match="question 0: it is not MMAD's form"):
        choices({BAD: {"conversation": [{"Question": "?"}]}}, [], "mmad.json")
