"""Examinations of one region: what they cite is there, what they state is entailed, and sizes are compared."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sage_inspect.answers import parse_answer
from sage_inspect.finetune.nano.evaluate_dialogues import entails
from sage_inspect.finetune.world.dialogues.examine import ask_fact, draw_examine, draw_region, draw_size
from sage_inspect.finetune.world.dialogues.facts import MIRROR, RULES, about, rule
from sage_inspect.finetune.world.families import families, family

METAL = family("brushed metal")


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


def test_polarity_turns_the_type_and_no_rule_stands_beside_it():
    rng = np.random.default_rng(3)
    board, told = family("bare board"), {0: 0, 1: 0}
    for i in range(300):
        kind = board.types[i % len(board.types)]
        dialogue = draw_examine(board, kind, rng)
        lights = [f.limit for f in dialogue.facts if f.role == "polarity"]
        said = parse_answer(dialogue.turns[0].answer)
        assert said.type == (MIRROR[kind.name] if lights == [1] else kind.name)
        assert dialogue.label == kind.name, "the window shows the same"
        if lights:
            told[lights[0]] += 1
            assert not [f for f in dialogue.facts if f.role in RULES and f.type in (kind.name, MIRROR[kind.name])]
    assert min(told.values()) > 15


def test_regions_are_as_long_as_they_are_said_to_be():
    rng = np.random.default_rng(4)
    changes = []
    for _ in range(200):
        size = draw_size(rng)
        assert 3 <= size <= 120
        region = draw_region(METAL.type("scratch"), size, rng)
        box = region.box
        assert max(box.x2 - box.x1, box.y2 - box.y1) == size
        assert min(box.x2 - box.x1, box.y2 - box.y1) >= 1
        assert re.fullmatch(r"R([1-9]|1[0-5])", region.id)
        changes.append(region.change)
    usual = changes.count(METAL.type("scratch").change) / len(changes)
    assert 0.65 < usual < 0.95, "mostly, not always: the change alone does not tell"


@pytest.mark.parametrize(
    ("role", "against", "value", "told"),
    [
        ("permit", False, True, "a criterion permits scratches"),
        ("permit", True, False, "a criterion permits scratches"),
        ("reject", False, False, "a criterion rejects scratches"),
        ("reject", True, True, "a criterion rejects scratches"),
        ("limit", False, True, "up to 17 px"),
        ("limit", True, False, "up to 17 px"),
        (None, False, False, "no criterion speaks of scratches"),
        (None, True, True, "no criterion speaks of scratches"),
    ],
)
def test_is_it_permitted_follows_from_the_rule(role, against, value, told):
    rng = np.random.default_rng(5)
    scratch = METAL.type("scratch")
    facts = [about(METAL, scratch, rng), *([rule(METAL, scratch, role, rng, 17)] if role else [])]
    hits = 0
    for _ in range(400):
        turn = ask_fact(METAL, scratch, facts, rng)
        if turn.answer.startswith(("True", "False")) and bool(re.search("reject|defect", turn.prompt)) == against:
            hits += 1
            cited = " [F2]" if role else ""
            assert turn.answer.lower() == f"{value}. {told}{cited}.".lower()
            assert turn.fact == (2 if role else None)
        if turn.prompt.lower().startswith("which fact") or "known" in turn.prompt.lower():
            assert turn.answer == "[F1].", "what speaks of it first"
        if "px" in turn.answer and not turn.answer.startswith(("True", "False")):
            assert turn.answer == "17 px [F2]."
    assert hits > 10
