"""Questions about a kind of object: answered from the facts, or from what nano knows, or not at all."""

from __future__ import annotations

import re

import numpy as np

from sage_inspect.finetune.world.dialogues.general import OTHER_OBJECTS, draw_identify, draw_knowledge, draw_self_guide
from sage_inspect.finetune.world.families import families, family
from sage_inspect.prompts import IDENTIFY_QUESTION

METAL = family("brushed metal")


def test_strangers_are_unknown():
    rng = np.random.default_rng(5)
    told = [draw_self_guide(METAL, rng).turns[0] for _ in range(60)]
    for turn in told:
        known = METAL.object.lower() in turn.prompt.lower() or "brushed metal" in turn.prompt.lower()
        assert known == (turn.answer != "unknown")
    assert {turn.answer == "unknown" for turn in told} == {True, False}


def test_no_family_is_a_stranger():
    known = {name.lower() for one in families() for name in (one.name, one.object)}
    assert not known & set(OTHER_OBJECTS)
    assert len(set(OTHER_OBJECTS)) == len(OTHER_OBJECTS)


def test_what_nano_knows_is_one_look_a_line_of_different_types():
    rng = np.random.default_rng(6)
    for _ in range(30):
        answer = draw_self_guide(METAL, rng).turns[0].answer
        if answer == "unknown":
            continue
        lines = answer.split("\n")
        assert 3 <= len(lines) <= 4
        assert all(line[0].isupper() and line.endswith(".") for line in lines)
        assert len(set(lines)) == len(lines)


def test_what_is_shown_is_named_and_an_image_stands_before_it():
    rng = np.random.default_rng(7)
    for one in families():
        dialogue = draw_identify(one, rng)
        assert dialogue.turns[0] == type(dialogue.turns[0])(IDENTIFY_QUESTION, one.object)
        assert dialogue.images in (1, 2)


def test_knowledge_is_quoted_from_the_facts():
    rng = np.random.default_rng(8)
    listed = 0
    for _ in range(300):
        dialogue = draw_knowledge(METAL, rng, turns=1)
        assert dialogue.kind == "knowledge"
        spoken = list(dict.fromkeys(f.type for f in dialogue.facts if f.type))
        for turn in dialogue.turns:
            cited = [int(n) for n in re.findall(r"\[F(\d+)\]", turn.answer)]
            assert all(1 <= n <= len(dialogue.facts) for n in cited)
            if turn.answer == "The facts name no defect.":
                assert not spoken
            elif turn.asked:
                assert all(dialogue.facts[n - 1].type == turn.asked for n in cited)
            else:  # the list of what can occur: each type once, with the first fact on it
                listed += 1
                assert [dialogue.facts[n - 1].type for n in cited] == spoken
    assert listed > 30
