"""Evaluators answer as agentevals and LangSmith expect."""

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.eval.evaluators import evaluator, labels_of

from .two_lines import two_lines

MESSAGES = [{"role": "user", "content": "Sound?"}, {"role": "assistant", "content": "A crack. The part is defective."}]


def test_the_form():
    told = evaluator("process")(inputs={}, outputs=two_lines(), reference_outputs=None)
    assert told["key"] == "process" and 0 < told["score"] <= 1 and "entailment" in told["comment"]


def test_messages_with_a_label():
    judge = evaluator("identification")
    right = judge(inputs={}, outputs={"messages": MESSAGES}, reference_outputs={"label": "anomalous"})
    wrong = judge(inputs={}, outputs=MESSAGES, reference_outputs={"label": "normal"})
    unknown = judge(inputs={}, outputs=MESSAGES, reference_outputs=MESSAGES)
    assert right["score"] > wrong["score"] and unknown["score"] is None


def test_what_cannot_be_scored_is_none_and_bad_input_is_told():
    assert evaluator("no such metric")(outputs=two_lines().model_dump(mode="json"))["score"] is None
    with pytest.raises(BadInput):
        evaluator()(outputs="text")
    with pytest.raises(BadInput):
        labels_of({"label": "purple"})
