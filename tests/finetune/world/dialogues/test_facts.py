"""Facts decide what they are drawn to decide, in the words that the checks read."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.finetune.world.dialogues.facts import (
    MIRROR,
    RULES,
    about,
    deciding,
    draw_facts,
    draw_limit,
    polarity,
    recalled,
    rule,
    speaking,
    starter,
)
from sage_inspect.finetune.world.families import families, family


@pytest.mark.parametrize("one", families(), ids=lambda f: f.name)
def test_a_rule_names_its_type_and_its_limit(one):
    rng = np.random.default_rng(0)
    for kind in one.types:
        names = [kind.name, *kind.synonyms]
        for role in ("permit", "reject", "limit", "count"):
            fact = rule(one, kind, role, rng, 37)
            stems = [n[:-5] + "t" if n.endswith("tooth") else n for n in names]
            assert any(n.lower() in fact.text.lower() for n in stems), fact.text
            assert ("37" in fact.text) == (role in ("limit", "count"))
            assert "{" not in fact.text
            assert "<" not in fact.text


def test_at_most_one_rule_a_type_and_no_text_twice():
    rng = np.random.default_rng(1)
    for _ in range(300):
        one = families()[int(rng.integers(len(families())))]
        facts = draw_facts(one, rng, one.types[0], size=20)
        ruled = [f.type for f in facts if f.role in RULES]
        assert len(ruled) == len(set(ruled))
        assert len({f.text for f in facts}) == len(facts) <= 8


def test_limits_lie_on_both_sides_of_what_is_seen():
    rng = np.random.default_rng(2)
    limits = [draw_limit(30, rng) for _ in range(400)]
    above = sum(x >= 30 for x in limits) / len(limits)
    assert 0.4 < above < 0.6


def test_places_of_what_decides_and_what_speaks():
    rng = np.random.default_rng(3)
    one = family("brushed metal")
    scratch, dent = one.type("scratch"), one.type("dent")
    facts = [about(one, scratch, rng), rule(one, dent, "permit", rng), rule(one, scratch, "limit", rng, 9)]
    assert deciding(facts, "scratch") == 3
    assert speaking(facts, "scratch") == 1
    assert deciding(facts, "pit") is None
    assert recalled(facts)[1].fact.allows == ("dent",)
    assert recalled(facts)[2].fact.allows == ()


def test_polarity_mirrors_every_type_of_bare_boards():
    board = {t.name for t in family("bare board").types}
    assert set(MIRROR) == board
    assert all(MIRROR[MIRROR[name]] == name for name in board)
    rng = np.random.default_rng(4)
    assert "dark" in polarity(False, rng).text.lower() or "black" in polarity(False, rng).text.lower()


def test_the_starter_pack_is_read():
    known = starter()
    assert {f.type for f in known if f.type} == {t.name for t in family("bare board").types}
    assert any(f.role == "reject" for f in known)
