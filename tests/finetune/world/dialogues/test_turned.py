"""Minimal pairs: one fact line differs and turns the right answer."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sage_inspect.answers import parse_answer
from sage_inspect.finetune.world.dialogues.facts import MIRROR
from sage_inspect.finetune.world.dialogues.turned import TURNS, draw_turned, turns_of
from sage_inspect.finetune.world.families import families, family

BOARD, METAL = family("bare board"), family("brushed metal")
HEADS = {"allowed mark": (False, True), "rejected": (False, True), "tolerance": (False, True), "polarity": (True, True)}


def pairs(how, seeds=40, **options):
    """Pairs of every type of every family that knows `how`."""
    for one in families():
        if how in turns_of(one):
            for seed in range(seeds if one in (BOARD, METAL) else 4):
                kind = one.types[seed % len(one.types)]
                yield one, kind, draw_turned(one, kind, how, np.random.default_rng((seed, 9)), **options)


def lines(dialogue):
    return dialogue.turns[0].prompt.split("\n")


@pytest.mark.parametrize("how", TURNS)
def test_one_fact_line_differs_and_the_right_answer_with_it(how):
    beside = 0
    for _, kind, (one, other) in pairs(how, most=6):
        first, second = lines(one), lines(other)
        assert len(first) == len(second)
        differing = [(a, b) for a, b in zip(first, second, strict=True) if a != b]
        assert len(differing) == 1, (how, differing)
        assert all(re.match(r"\[F\d+\] ", line) for line in differing[0])
        said = [parse_answer(d.turns[0].answer) for d in (one, other)]
        assert tuple(a.value for a in said) == HEADS[how]
        assert how == "polarity" or [a.type for a in said] == [kind.name] * 2
        assert (said[0].value, said[0].type) != (said[1].value, said[1].type)
        assert one.label == other.label == kind.name
        assert one.size == other.size
        beside += len(one.facts) > 1
    assert beside > 20, "other facts stand beside it"


def test_polarity_mirrors_the_type():
    for _, kind, (dark, light) in pairs("polarity"):
        said = [parse_answer(d.turns[0].answer).type for d in (dark, light)]
        assert said == [kind.name, MIRROR[kind.name]]
        assert [[f.limit for f in d.facts if f.role == "polarity"] for d in (dark, light)] == [[0], [1]]


def test_a_tolerance_lies_on_both_sides_of_the_size_in_the_prompt():
    for size in (4, 5, 9, 40, 120):
        for seed in range(20):
            wide, narrow = draw_turned(METAL, METAL.types[0], "tolerance", np.random.default_rng(seed), size=size)
            limits = [next(f.limit for f in d.facts if f.type == METAL.types[0].name) for d in (wide, narrow)]
            assert limits[0] >= size > limits[1] > 0
            assert f", {size} px." in wide.turns[0].prompt


def test_the_fact_that_decides_is_cited_and_told():
    for how, decided in (("rejected", (True, True)), ("tolerance", (True, True)), ("allowed mark", (True, False))):
        for _, kind, pair in pairs(how, seeds=8):
            for dialogue, decides in zip(pair, decided, strict=True):
                turn = dialogue.turns[0]
                assert (turn.fact is not None) is decides
                if decides:
                    assert dialogue.facts[turn.fact - 1].type == kind.name
                    assert parse_answer(turn.answer).facts == (f"F{turn.fact}",)


def test_no_other_fact_speaks_of_what_is_seen_nor_of_what_is_permitted_instead():
    for _, kind, (one, other) in pairs("allowed mark", most=8):
        assert [f.role for f in one.facts if f.type == kind.name] == ["permit"]
        assert not [f for f in other.facts if f.type == kind.name]
        (place,) = [i for i, (a, b) in enumerate(zip(one.facts, other.facts, strict=True)) if a != b]
        instead = other.facts[place]
        assert instead.role == "permit"
        assert [f for f in other.facts if f.type == instead.type] == [instead]


def test_bare_boards_alone_have_a_polarity():
    assert turns_of(BOARD) == TURNS
    assert all(turns_of(one) == TURNS[:-1] for one in families() if one is not BOARD)
