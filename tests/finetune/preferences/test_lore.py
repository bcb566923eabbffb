"""What is known of a labelled set's defects: a family's own words, or what a name says."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sage_inspect.finetune.preferences.lore import UNNAMED, lore_of, rough
from sage_inspect.finetune.world.dialogues.wording import say
from sage_inspect.finetune.world.families import families, family


def test_lore_of_a_known_family_and_of_names_alone():
    board = lore_of("deeppcb dev", ("open", "short", "spurious_copper"))
    assert board.object == "printed circuit board"  # its types are those of a family
    assert "pin-hole" in board.types  # which has more to ask about
    assert "spurious_copper" in board.types
    plug = lore_of("plug", ("bent", "odd"))
    assert set(plug.types) == {"bent", "odd", UNNAMED}
    assert plug.types["bent"].looks != plug.types["odd"].looks


@pytest.mark.parametrize("one", families(), ids=lambda f: f.name)
def test_a_family_of_the_world_keeps_its_own_words(one):
    names = [t.name for t in one.types]
    known = lore_of(one.object, names)
    assert known.object == one.object
    assert (known.normal, known.about) == (one.normal, one.about)
    assert known.own == set(names)
    assert all(known.types[n] is one.type(n) for n in names)
    for kind in one.types:
        assert all(known.names[other] == kind.name for other in kind.synonyms)


def test_a_set_with_names_of_its_own_is_not_asked_about_the_familys():
    mixed = lore_of("screw", ("odd thing",))
    assert set(mixed.types) == {"odd thing", UNNAMED}
    assert mixed.own == frozenset()
    assert mixed.normal == family("screw").normal, "it is a screw all the same"


def test_a_synonym_means_the_familys_type():
    metal = family("brushed metal")
    kind = next(t for t in metal.types if t.synonyms)
    known = lore_of(metal.object, (kind.synonyms[0],))
    assert known.types[kind.synonyms[0]] is kind
    assert kind.synonyms[0] in known.own


@pytest.mark.parametrize(
    ("name", "change", "word"),
    [
        ("bent_lead", "altered", "outline|shape|form|contour"),
        ("Scratch", "altered", "groove|line"),
        ("missing wire", "missing", "golden image"),
        ("cable swap", "altered", "golden image"),
        ("extra part", "added", "golden image"),
        ("crack", "altered", "line"),
        ("pinhole", "missing", "opening|cavity|material"),
        ("oil stain", "altered", "tone|shade"),
        ("xyz", "altered", "golden image"),
    ],
)
def test_a_name_alone_says_something(name, change, word):
    kind = rough(name)
    rng = np.random.default_rng(0)
    assert (kind.name, kind.change) == (name, change)
    assert len(kind.looks) >= 2
    for template in (*kind.looks, *kind.effects, *kind.causes):
        said = say(rng, template)
        assert not re.search(r"[{}|<>]", said)
        assert said[0].islower()
        assert not said.endswith(".")
    assert all(re.search(word, say(rng, look)) for look in kind.looks)
