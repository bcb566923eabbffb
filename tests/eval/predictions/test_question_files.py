"""AD-PL's and MANTA's questions: read, joined with predictions, and what has no partner is told."""

from __future__ import annotations

import json

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.eval.predictions.prediction import Prediction
from sage_inspect.eval.predictions.question_files import Joined, asked_questions, is_mmad, join, read_json

ADPL = {
    "pair_type": "defect diagnosis", "test_image": "nut/1.png", "reference_image": "nut/0.png",
    "question_answer": [
        {"question_en": "Is it worn?", "answer": True, "answer_options": [{"answer_en": "True. Worn."}, {"answer_en": "False."}]},
        {"question_en": "Is it bent?", "answer": False, "answer_options": []},
    ],
}  # fmt: skip
MANTA = {
    "domain": "mechanics", "test_image": "a/2.png", "pair_type": "standard comparison", "conclusion_en": "It is sound.",
    "question_answer": [{"question_en": "Is it sound?", "answer": True}, {"question_en": "Why?", "answer": True, "conclusion_en": "No wear."}],
}  # fmt: skip


def said(image: str, question: str, answer: str = "True.") -> Prediction:
    return Prediction(id=f"{image} {question}", image=image, question=question, answer=answer)


def test_both_forms_are_read():
    found = asked_questions([ADPL, MANTA], "qa.json")
    assert [(q.id, q.truth, q.reference) for q in found] == [
        ("0#0", True, "True. Worn."), ("0#1", False, ""), ("1#0", True, "It is sound."), ("1#1", True, "No wear."),
    ]  # fmt: skip
    assert found[0].group == found[1].group != found[2].group
    assert found[0].level == "defect diagnosis"


def test_levels_of_one_image_are_one_group_and_entries_of_one_level_are_not():
    other = ADPL | {"pair_type": "standard comparison"}
    assert {q.group for q in asked_questions([ADPL, other], "qa.json")} == {"nut/1.png"}
    assert len({q.group for q in asked_questions([ADPL, other, ADPL], "qa.json")}) == 3


def test_predictions_find_their_question_whatever_folder_they_name():
    told = Joined()
    given = [said("/data/set/nut/1.png", "Is  it worn?"), said("nut/9.png", "Is it worn?")]
    found = list(join(given, asked_questions([ADPL], "qa.json"), told))
    assert [(p.answer, p.truth, p.level) for p in found] == [
        ("True.", True, "defect diagnosis"), ("", False, "defect diagnosis"),
    ]  # fmt: skip
    assert told.strangers == ["nut/9.png Is it worn?"] and told.unanswered == 1


def test_nothing_that_fits_is_an_error():
    with pytest.raises(BadInput, match="no prediction belongs to a question such as image 'nut/1.png'"):
        list(join([said("x.png", "Is it?")], asked_questions([ADPL], "qa.json"), Joined()))


def test_a_list_or_one_entry_a_line(tmp_path):
    path = tmp_path / "qa.json"
    path.write_text(json.dumps([ADPL, MANTA], indent=1))
    assert read_json(path) == [ADPL, MANTA]
    path.write_text(json.dumps(ADPL) + "\n" + json.dumps(MANTA) + "\n")
    assert read_json(path) == [ADPL, MANTA]
    assert not is_mmad([ADPL]) and is_mmad({"VisA/1.png": {"conversation": []}})


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ([], "holds no question"),
        ([{"test_image": "a"}], "entry 0: it has no question_answer"),
        ([ADPL, ADPL | {"test_image": ""}], "entry 1: it has no test_image"),
        ([ADPL | {"question_answer": [{"question_en": "?", "answer": "yes"}]}], "entry 0, question 0"),
    ],
)
def test_bad_entries_are_named(data, why):
    with pytest.raises(BadInput, match=why):
        asked_questions(data, "qa.json")
