"""The answer grammar."""

from __future__ import annotations

import pytest

from sage_inspect.answers import parse_answer


def test_a_full_answer():
    answer = parse_answer("True. Short: extra copper joins two conductors at the upper left [R1] [F2] [F2].")
    assert answer.value is True
    assert answer.type == "short"
    assert not answer.allowed
    assert answer.regions == ("R1",)
    assert answer.facts == ("F2",)


def test_an_allowed_type_is_no_defect():
    answer = parse_answer("False. Pin-hole, allowed: [F3] permits pin-holes [R1].")
    assert (answer.value, answer.type, answer.allowed, answer.facts) == (False, "pin-hole", True, ("F3",))


@pytest.mark.parametrize(
    "words", ["False. No defect: all is well [R1].", "No. None: fine", "False, because: it agrees"]
)
def test_no_defect_is_no_type(words):
    answer = parse_answer(words)
    assert answer.value is False
    assert answer.type is None


@pytest.mark.parametrize("words", ["", "   ", "Short: copper [R1]", "I cannot tell.", "The answer is True"])
def test_what_says_neither_is_none_and_never_a_default(words):
    assert parse_answer(words).value is None


@pytest.mark.parametrize(
    ("words", "value"), [("**True**. x", True), ("yes, there is", True), ("FALSE", False), ("no", False)]
)
def test_other_heads(words, value):
    assert parse_answer(words).value is value


def test_truthful_is_not_true():
    assert parse_answer("Truthfully, I do not know").value is None
    assert parse_answer("Nothing to see").value is None
