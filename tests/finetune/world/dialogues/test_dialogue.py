"""Answers follow from what is seen and from the facts, and say so in the grammar that the agent reads."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.answers import parse_answer
from sage_inspect.finetune.world.dialogues.dialogue import casual, cite, conclude, fact_id
from sage_inspect.finetune.world.dialogues.facts import Drawn, about, polarity, rule
from sage_inspect.finetune.world.families import family

METAL = family("brushed metal")


@pytest.mark.parametrize(
    ("role", "limit", "value", "allowed"),
    [("permit", 0, False, True), ("reject", 0, True, False), ("limit", 20, False, True), ("limit", 19, True, False)],
)
def test_a_rule_decides(role, limit, value, allowed):
    rng = np.random.default_rng(0)
    scratch = METAL.type("scratch")
    facts = [rule(METAL, METAL.type("dent"), "permit", rng), rule(METAL, scratch, role, rng, limit)]
    turn = conclude(METAL, scratch, "R3", "upper left", 20, facts, rng)
    answer = parse_answer(turn.answer)
    assert (answer.value, answer.allowed, answer.type) == (value, allowed, "scratch")
    assert answer.regions == ("R3",)
    assert answer.facts == ("F2",)
    assert turn.fact == 2


def test_another_types_rule_decides_nothing():
    rng = np.random.default_rng(0)
    facts = [rule(METAL, METAL.type("dent"), "permit", rng)]
    turn = conclude(METAL, METAL.type("scratch"), "R3", "centre", 20, facts, rng)
    answer = parse_answer(turn.answer)
    assert answer.value is True
    assert answer.facts == ()


def test_what_is_cited_where_no_rule_decides():
    rng = np.random.default_rng(1)
    board, scratch = family("bare board"), METAL.type("scratch")
    spoken = [about(METAL, METAL.type("dent"), rng), about(METAL, scratch, rng), about(METAL, scratch, rng)]
    turn = conclude(METAL, scratch, "R1", "centre", 9, spoken, rng)
    assert parse_answer(turn.answer).facts == ("F2",), "the first that speaks of it"
    assert turn.fact is None, "it decides nothing"
    told = [about(board, board.type("open"), rng, "look"), polarity(True, rng)]
    turn = conclude(board, board.type("open"), "R1", "centre", 9, told, rng)
    assert parse_answer(turn.answer).facts == ("F2",), "what tells which type it is"
    normal = [about(METAL, scratch, rng), Drawn("Sound metal shines.", "normal")]
    sound = conclude(METAL, None, "R1", "centre", 9, normal, rng)
    assert parse_answer(sound.answer)[:3] == (False, None, False)
    assert parse_answer(sound.answer).facts == ("F2",)
    assert (sound.asked, sound.fact) == (None, None)


def test_a_place_is_named_only_of_what_counts():
    rng = np.random.default_rng(2)
    scratch = METAL.type("scratch")
    for role, limit, named in (("permit", 0, False), ("limit", 9, False), ("limit", 8, True), ("reject", 0, True)):
        answer = conclude(
            METAL, scratch, "R1", "lower left", 9, [rule(METAL, scratch, role, rng, limit)], rng, head=False
        ).answer
        assert answer.startswith("Scratch")
        assert ("at the lower left" in answer) is named


def test_citations_and_casual_questions():
    assert cite("R1", None, fact_id(2), fact_id(None)) == " [R1] [F2]"
    assert cite() == ""
    rng = np.random.default_rng(3)
    asked = {casual("Is it OK?", rng) for _ in range(200)}
    assert asked == {"Is it OK?", "is it ok?", "Is it OK", "is it ok"}
