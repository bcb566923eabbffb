"""The answer says what is known and what is not, and never the opposite of the verdict."""

from __future__ import annotations

import pytest

from sage_inspect.agents.answering import answer_of, knows_image
from sage_inspect.prompts import VERDICT_QUESTION
from sage_inspect.schema import Verdict

from .nodes.test_conclude import comparison, finding
from .test_graph import run

TERMS = {"*": ("defect", "fault"), "!": ("in order",), "scratch": ("scratch",), "open": ("open", "broken")}
SPECIFIC = (
    "Is there a scratch?",
    "Is any conductor broken?",
    "Where is the scratch?",
    "Is there a defect at the centre?",
)
GENERAL = (VERDICT_QUESTION, "Is there a defect?", "Is the part in order?")


def answered(question: str, verdict: str, compared: dict | None, **state) -> str:
    base = {"question": question, "comparison": compared, "reasoning": {"familiar": False}}
    return answer_of({**base, **state}, verdict=verdict, doubt="it is so", terms=TERMS)


@pytest.mark.parametrize("question", SPECIFIC)
def test_of_an_unknown_image_neither_yes_nor_no_is_known(question):
    assert answered(question, "normal", comparison(0.1, 0)) == (
        "Unknown: the model does not know this kind of image. By the comparison alone it is normal: no place was found "
        "where it differs from its golden image."
    )
    assert answered(question, "uncertain", comparison(0.5, 2)) == (
        "Unknown: the model does not know this kind of image. By the comparison alone it is uncertain: it differs from "
        "its golden image in 2 places [R1] [R2]."
    )


@pytest.mark.parametrize("question", GENERAL)
def test_whether_there_is_any_defect_is_what_the_verdict_says(question):
    assert answered(question, "anomalous", comparison(0.97, 1)) == (
        "Anomalous: it differs from its golden image in 1 place [R1]; the model does not know this kind of image."
    )


def test_a_question_that_cannot_be_read_is_no_question_for_the_verdict():
    assert answered("Is there no more than a defect?", "normal", comparison(0.1, 0)).startswith("Unknown: ")
    assert answer_of(
        {"question": "Is there a scratch?", "comparison": comparison(0.1, 0), "reasoning": {"familiar": False}},
        verdict="normal", doubt="",
    ).startswith("Unknown: ")  # fmt: skip


def test_a_model_that_knows_the_image_answers_itself():
    reasoning = {"familiar": True, "answer": {"text": "False. No finding is a scratch."}}
    assert answered("Is there a scratch?", "normal", comparison(0.1, 0), reasoning=reasoning) == (
        "False. No finding is a scratch."
    )
    refused = [{"severity": "error", "subject": "CA", "message": "the answer affirms scratch, which no finding names"}]
    assert answered("Is there a scratch?", "normal", comparison(), reasoning=reasoning, checks=refused) == (
        "Unknown: the answer affirms scratch, which no finding names."
    )


def test_without_a_comparison_the_doubt_is_the_answer_and_a_person_has_the_last_word():
    assert answered("Is there a scratch?", "uncertain", None) == "Unknown: it is so."
    assert answered("Is there a scratch?", "uncertain", comparison(comparable=False)) == "Unknown: it is so."
    told = answered("Is there a scratch?", "anomalous", comparison(), correction={"note": "A dent."})
    assert told == "A reviewer judged: anomalous. A dent."


def test_an_image_is_known_where_one_region_is():
    unknown = finding(None, familiar=False)
    assert not knows_image({"findings": [unknown]}) and knows_image({"findings": [unknown, finding(0.5, region="R2")]})
    assert knows_image({}) and not knows_image({"reasoning": {"familiar": False}})


@pytest.mark.parametrize("same", [True, False])
def test_through_the_graph(scripted, stores, pair, same):
    test, golden = pair
    state = run(scripted(familiarity=0.001), stores, golden if same else test, golden,
                question="Is there a scratch?", object=None)  # fmt: skip
    found = Verdict.model_validate(state["verdict"])
    assert found.answer.startswith("Unknown: the model does not know this kind of image. By the comparison alone it is")
    assert f"it is {found.verdict}: " in found.answer and "does not know this kind of image" in found.doubt
    assert ("no place was found" if same else "[R1]") in found.answer
    assert found.verdict == "normal" if same else found.verdict != "normal"
