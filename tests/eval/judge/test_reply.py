"""Replies that count, and every way not to."""

from __future__ import annotations

import json

import pytest

from sage_inspect.eval.judge.reply import Unread, read_choice, read_grade

GOOD = {"case": "c", "reason": "It  follows.", "evidence": ["S1", "S1", "F2"], "score": 4}
IDS = {"S1", "F2"}


def test_a_grade():
    assert read_grade(json.dumps(GOOD), "c", IDS) == (4, "It follows.", ("S1", "F2"))
    assert read_grade(f"```json\n{json.dumps(GOOD)}\n```", "c", IDS).score == 4


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"score": 6}, "no whole number"), ({"score": 0}, "no whole number"), ({"score": 4.5}, "no whole number"),
        ({"score": "4"}, "no whole number"), ({"score": True}, "no whole number"), ({"score": None}, "abstains"),
        ({"case": "d"}, "not about this case"), ({"reason": " "}, "no reason"), ({"reason": 3}, "no reason"),
        ({"evidence": []}, "cites nothing"), ({"evidence": ["S1", "S7"]}, "'S7', which is not there"),
        ({"evidence": "S1"}, "no list of ids"), ({"evidence": [1]}, "no list of ids"), ({"extra": 1}, "keys are not"),
    ],
)  # fmt: skip
def test_what_does_not_fit_has_its_reason(change, why):
    with pytest.raises(Unread, match=why):
        read_grade(json.dumps(GOOD | change), "c", IDS)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"), ("4", "no JSON object"), ("[]", "no JSON object"), ("4/5 " + json.dumps(GOOD), "not JSON"),
        (json.dumps(GOOD) + json.dumps(GOOD), "not JSON"), ("[" * 100_000, "not JSON"),
        (json.dumps(GOOD).replace("4}", "NaN}"), "not JSON"),
        (json.dumps(GOOD)[:-1] + ', "score": 5}', "a key twice"),
        (f"Sure!\n```json\n{json.dumps(GOOD)}\n```", "not JSON"),
    ],
)  # fmt: skip
def test_only_one_object_and_nothing_else(text, why):
    with pytest.raises(Unread, match=why):
        read_grade(text, "c", IDS)


CHOICE = {"case": "c", "reason": "It says why.", "evidence": {"first": ["S1"], "second": []}, "better": "first"}


def test_a_choice():
    assert read_choice(json.dumps(CHOICE), "c", {"S1"}, {"S2"}) == ("first", "It says why.", ("S1",), ())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"better": "A"}, "neither first nor second"), ({"better": None}, "abstains"),
        ({"evidence": ["S1"]}, "both sides"), ({"evidence": {"first": [], "second": []}}, "cites nothing"),
        ({"evidence": {"first": ["S2"], "second": []}}, "'S2', which is not there"),
    ],
)  # fmt: skip
def test_a_choice_that_does_not_fit(change, why):
    with pytest.raises(Unread, match=why):
        read_choice(json.dumps(CHOICE | change), "c", {"S1"}, {"S2"})
