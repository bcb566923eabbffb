"""Many wordings from one template, names in English, and which types a sentence is about."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sage_inspect.finetune.world.boards.defects import TYPES
from sage_inspect.finetune.world.dialogues.wording import capital, pattern, plural, say, types_in, with_article
from sage_inspect.finetune.world.families import families


def test_choices_nest_and_slots_are_filled():
    rng = np.random.default_rng(0)
    said = {say(rng, "<Name> {is|may be {really|} the} <kind>{ here|}.", name="it", kind="end") for _ in range(200)}
    assert said == {
        f"It {verb} end{tail}." for verb in ("is", "may be really the", "may be the") for tail in ("", " here")
    }


def test_an_empty_choice_leaves_no_gap():
    rng = np.random.default_rng(1)
    assert say(rng, "Is {|} it {|} ?") == "Is it?"
    assert say(rng, "It is {|} .") == "It is."


def test_a_slot_that_is_not_given_is_no_text():
    with pytest.raises(KeyError):
        say(np.random.default_rng(0), "A <thing>.")


@pytest.mark.parametrize("one", families(), ids=lambda f: f.name)
def test_a_pattern_matches_every_wording_and_not_another(one):
    rng = np.random.default_rng(2)
    templates = [*one.normal, *(t for kind in one.types for t in kind.looks)]
    for template in templates:
        known = re.compile(pattern(template))
        assert all(known.fullmatch(say(rng, template)) for _ in range(20)), template
        assert not known.fullmatch("something else altogether")
    others = [say(rng, t) for t in templates[1:]]
    assert sum(bool(re.fullmatch(pattern(templates[0]), text)) for text in others) == 0


def test_a_slot_of_a_pattern_matches_anything():
    assert re.fullmatch(pattern("<size> px is {above|over} <limit> px"), "12 px is over 8 px")
    assert not re.fullmatch(pattern("<size> px is {above|over} <limit> px"), "12 px is under 8 px")


@pytest.mark.parametrize(
    ("name", "article", "many"),
    [
        ("open", "an open", "opens"),
        ("spur", "a spur", "spurs"),
        ("spurious copper", "spurious copper", "islands of spurious copper"),
        ("scratch", "a scratch", "scratches"),
        ("missing tooth", "a missing tooth", "missing teeth"),
        ("flash", "flash", "flash"),
        ("missing grout", "missing grout", "missing grout"),
    ],
)
def test_names_in_english(name, article, many):
    assert (with_article(name), plural(name)) == (article, many)


def test_a_capital_changes_the_first_letter_alone():
    assert (capital("a PCB"), capital("")) == ("A PCB", "")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Shorts join two conductors.", ("short",)),
        ("A pin hole, unlike a mouse bite, touches no edge.", ("pin-hole",)),
        ("A spur may later bridge the gap.", ("spur",)),
        ("Mousebites come before an open.", ("mousebite", "open")),
        ("Islands of copper are spurious copper.", ("spurious copper",)),
        ("A shortage of resin.", ()),
        ("The track breaks later.", ()),
    ],
)
def test_what_a_sentence_is_about(text, kinds):
    assert types_in(text) == kinds
    assert set(kinds) <= set(TYPES)
