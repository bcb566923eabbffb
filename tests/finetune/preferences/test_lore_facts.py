"""Facts from lore: each is about its type in its kind, and no two contradict each other."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sage_inspect.eval.checks.citations import speaks_of
from sage_inspect.finetune.preferences.lore import UNNAMED, lore_of
from sage_inspect.finetune.preferences.lore_facts import (
    KINDS,
    called,
    draw_diagnosis_facts,
    draw_facts,
    fact_about,
    general_fact,
    limit_fact,
    recalled,
)

BOARD = lore_of("printed circuit board", ("open", "short", "spur"))
PLUG = lore_of("wall plug", ("bent", "scratch", "missing leg"))
STORED = {
    "appearance": "appearance",
    "effect": "effect",
    "cause": "defect",
    "allow": "criterion",
    "forbid": "criterion",
}


@pytest.mark.parametrize(
    ("object", "types", "name", "expected"),
    [
        ("printed circuit board", ("open",), "open", "an open"),
        ("plug", ("scratch",), "scratch", "a scratch"),
        ("plug", ("bent",), "bent", "a defect of the type bent"),
        ("plug", ("ink marks",), "ink marks", "a defect of the type ink marks"),
        ("plug", ("missing leg",), "missing leg", "a missing leg"),
    ],
)
def test_types_are_called_in_english(object, types, name, expected):
    assert called(lore_of(object, types), name) == expected


@pytest.mark.parametrize("lore", [BOARD, PLUG], ids=["own words", "names alone"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_fact_is_about_its_type(lore, kind):
    rng = np.random.default_rng(0)
    for name in ("short", "spur") if lore is BOARD else ("bent", "scratch", "missing leg"):
        for _ in range(15):
            told = fact_about(lore, name, kind, rng)
            fact = told.fact
            assert (told.kind, told.type, fact.kind) == (kind, name, STORED[kind])
            assert fact.allows == ((name,) if kind == "allow" else ())
            assert fact.object == lore.object
            assert fact.text[0].isupper()
            assert fact.text.endswith(".")
            assert not re.search(r"[{}|<>]", fact.text)
            assert told.clause.lower() in fact.text.lower()
            assert speaks_of(recalled([told])[0], name), fact.text


def test_a_limit_says_its_pixels():
    rng = np.random.default_rng(1)
    for lore, name in ((BOARD, "spur"), (PLUG, "bent")):
        for _ in range(10):
            told = limit_fact(lore, name, 37, rng)
            assert (told.kind, told.type, told.clause) == ("limit", name, "37")
            assert "37 px" in told.fact.text
            assert told.fact.allows == ()


def test_general_facts_are_about_no_type():
    rng = np.random.default_rng(2)
    kinds = {general_fact(BOARD, rng).kind for _ in range(40)}
    assert kinds == {"normal", "about"}
    assert {general_fact(PLUG, rng).kind for _ in range(40)} == {"normal"}, "nothing is known of what it is"


def test_criteria_do_not_contradict_each_other():
    rng = np.random.default_rng(3)
    criteria = 0
    for _ in range(300):
        limit = [limit_fact(BOARD, "open", 20, rng)]
        told = draw_facts(BOARD, ["short", "open"], rng, permitted=["short"], must=limit, most=8)
        assert limit[0] in told
        assert [t.type for t in told if t.kind == "allow"] == ["short"]
        rejected = {t.type for t in told if t.kind == "forbid"}
        assert not rejected & {"short", "open"}
        criteria += len(rejected)
        assert len({t.fact.text for t in told}) == len(told) <= 8
    assert criteria > 20


def test_facts_that_must_be_there_stand_anywhere():
    rng = np.random.default_rng(4)
    places = {[t.kind for t in draw_facts(BOARD, ["spur"], rng, permitted=["spur"])].index("allow") for _ in range(60)}
    assert len(places) > 3
    assert any(not draw_facts(PLUG, [], rng) for _ in range(60)), "sometimes nothing is known"


def test_facts_of_diagnosis_hold_a_look_an_effect_and_a_cause():
    rng = np.random.default_rng(5)
    absent = 0
    for _ in range(200):
        told = draw_diagnosis_facts(PLUG, ["scratch"], rng)
        assert {"appearance", "effect", "cause"} <= {t.kind for t in told}
        assert all(t.type != UNNAMED for t in told)
        assert len(told) <= 7
        absent += any(t.type in ("bent", "missing leg") for t in told)
    assert 60 < absent, "of types that are not shown as well"
    unnamed = draw_diagnosis_facts(lore_of("thing", ()), [UNNAMED], rng)
    assert all(t.kind in ("normal", "about") for t in unnamed)


def test_ids_follow_the_text_and_citations_the_order():
    rng = np.random.default_rng(6)
    told = [fact_about(PLUG, "bent", "effect", np.random.default_rng(7)) for _ in range(2)]
    assert told[0].fact.id == told[1].fact.id
    other = limit_fact(PLUG, "bent", 9, rng)
    assert other.fact.id != told[0].fact.id
    assert [(f.id, f.fact) for f in recalled([other, told[0]])] == [("F1", other.fact), ("F2", told[0].fact)]
