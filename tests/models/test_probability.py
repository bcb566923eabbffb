import math

import pytest
from langchain_core.messages import AIMessage

from sage_inspect.models.probability import answer_value, p_true


def message(*steps):
    content = [
        {
            "token": token,
            "logprob": -0.1,
            "top_logprobs": [{"token": t, "logprob": math.log(p)} for t, p in top.items()],
        }
        for token, top in steps
    ]
    return AIMessage("", response_metadata={"logprobs": {"content": content}})


def test_two_words():
    # .6 / (.6 + .2) = .75
    assert p_true(message(("True", {"True": 0.6, "False": 0.2, "Maybe": 0.1}))) == pytest.approx(0.75)


def test_variants_are_summed():
    # true: .3 + .1 + .1 = .5; false: .15 + .1 = .25; .5 / .75
    top = {"True": 0.3, " true": 0.1, "ĠYes": 0.1, "FALSE": 0.15, "▁No": 0.1, "Not": 0.2}
    assert p_true(message(("True", top))) == pytest.approx(2 / 3)


def test_same_text_from_two_tokens_counts_twice():
    entry = {"token": "True", "logprob": -1, "top_logprobs": []}
    entry["top_logprobs"] = [
        {"token": t, "logprob": math.log(p)} for t, p in [("True", 0.2), ("True", 0.2), ("No", 0.1)]
    ]
    assert p_true(AIMessage("", response_metadata={"logprobs": {"content": [entry]}})) == pytest.approx(0.8)


@pytest.mark.parametrize("first", ["\n", " ", "**", "▁", "Ġ", '"', "<s>", ""])
def test_looks_past_white_space_and_punctuation(first):
    steps = [(first, {first: 0.5, "True": 0.01, "False": 0.4}), ("True", {"True": 0.9, "False": 0.1})]
    assert p_true(message(*steps)) == pytest.approx(0.9)


def test_does_not_look_past_a_word():
    assert p_true(message(("The", {"The": 0.9}), ("True", {"True": 0.9, "False": 0.1}))) is None


def test_a_sampled_word_does_not_hide_the_chances():
    assert p_true(message(("The", {"The": 0.4, "True": 0.3, "False": 0.1}))) == pytest.approx(0.75)


def test_next_to_no_mass_is_no_answer():
    assert p_true(message(("copper", {"copper": 0.9, "True": 0.004, "False": 0.001}))) is None


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"logprobs": None},
        {"logprobs": {"content": None}},
        {"logprobs": {"content": []}},
        {"logprobs": {"content": [{"token": "True", "logprob": 0.0, "top_logprobs": None}]}},
        {"logprobs": {"content": [{"token": "True", "logprob": 0.0, "top_logprobs": [{"token": "True"}]}]}},
    ],
)
def test_without_logprobs_none(metadata):
    assert p_true(AIMessage("True.", response_metadata=metadata)) is None


def test_only_one_of_the_two_is_listed():
    assert p_true(message(("True", {"True": 0.99}))) == 1.0
    assert p_true(message(("False", {"False": 0.99}))) == 0.0


def test_answer_value():
    assert [answer_value(t) for t in ("True", " yes", "▁TRUE", "Ġtrue", "True.", "**Yes**")] == [True] * 6
    assert [answer_value(t) for t in ("False", " no", "NO,", "ĠFalse")] == [False] * 4
    assert [answer_value(t) for t in ("", "Not", "None", "Tru", "truest", "<true>", "1", "�")] == [None] * 8
