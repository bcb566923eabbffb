"""Answers follow from what is seen and from the facts, and say so in the grammar that the agent reads."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sage_inspect.answers import parse_answer
from sage_inspect.finetune.nano.evaluate_dialogues import entails
from sage_inspect.finetune.world.dialogues.dialogue import conclude
from sage_inspect.finetune.world.dialogues.examine import draw_examine
from sage_inspect.finetune.world.dialogues.facts import MIRROR, rule
from sage_inspect.finetune.world.dialogues.general import draw_identify, draw_knowledge, draw_self_guide
from sage_inspect.finetune.world.dialogues.reason import QUESTIONS, draw_reason
from sage_inspect.finetune.world.families import families, family

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


def test_examinations_cite_only_what_is_there_and_entail_what_they_state():
    rng = np.random.default_rng(1)
    for i in range(400):
        one = families()[i % len(families())]
        kind = None if i % 3 == 0 else one.types[i % len(one.types)]
        dialogue = draw_examine(one, kind, rng, turns=2)
        first = dialogue.turns[0]
        said = parse_answer(first.answer)
        assert said.value is not None
        assert entails(said, one.name), first.answer
        for turn in dialogue.turns:
            assert all(f"[{c}] " in first.prompt for c in re.findall(r"\[(F\d+)\]", turn.answer))
        seen = {None} if kind is None else {kind.name, MIRROR.get(kind.name, kind.name)}
        assert said.type in seen


def test_a_size_in_the_prompt_is_the_size_that_is_compared():
    rng = np.random.default_rng(2)
    facts = [rule(METAL, METAL.type("scratch"), "limit", rng, 15)]
    small, large = (
        draw_examine(METAL, METAL.type("scratch"), rng, facts=facts, size=size).turns[0] for size in (12, 24)
    )
    assert ", 12 px." in small.prompt
    assert ", 24 px." in large.prompt
    assert small.answer.startswith("False. Scratch, allowed")
    assert large.answer.startswith("True. Scratch: ")


@pytest.mark.parametrize("kind", QUESTIONS)
def test_reasoning_follows_the_findings(kind):
    rng = np.random.default_rng(3)
    for _ in range(60):
        one = families()[int(rng.integers(len(families())))]
        first = draw_reason(one, rng, kind).turns[0]
        lines = re.findall(r"^\[(R\d+)\] [a-z ]+: (True|False)", first.prompt, re.MULTILINE)
        cited = parse_answer(first.answer).regions
        assert set(cited) <= {region for region, _ in lines}
        if kind == "count" and " px" not in first.prompt and "Up to" not in first.prompt:
            assert int(first.answer.split()[0]) <= sum(value == "True" for _, value in lines)
        if kind == "verdict" and not lines:
            assert first.answer.startswith("False. No defect")


def test_good_and_bad_questions_have_opposite_answers():
    heads = set()
    for seed in range(40):
        answers = [
            draw_reason(METAL, np.random.default_rng(seed), kind).turns[0].answer for kind in ("verdict", "fine")
        ]
        values = [parse_answer(a).value for a in answers]
        assert values[0] is not values[1]
        heads.add(values[0])
    assert heads == {True, False}


def test_knowledge_is_quoted_and_strangers_are_unknown():
    rng = np.random.default_rng(5)
    told = [draw_self_guide(METAL, rng).turns[0] for _ in range(60)]
    for turn in told:
        known = METAL.object.lower() in turn.prompt.lower() or "brushed metal" in turn.prompt.lower()
        assert known == (turn.answer != "unknown")
    assert draw_identify(METAL, rng).turns[0].answer == METAL.object
    assert draw_knowledge(METAL, rng).kind == "knowledge"
