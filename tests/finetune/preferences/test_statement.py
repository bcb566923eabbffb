"""Statements in words: the grammar of answers.py reads back what was said."""

from __future__ import annotations

import itertools

import pytest

from sage_inspect.answers import parse_answer
from sage_inspect.finetune.preferences.statement import Statement

FULL = Statement(True, "missing leg", "a leg is gone", "upper left", False, "not a dent", "R2", ("F1", "F3"))


def test_every_part_has_its_place():
    assert str(FULL) == "True. Missing leg: a leg is gone at the upper left, not a dent [R2] [F1] [F3]."
    assert str(Statement(False, None, "it is whole")) == "False. No defect: it is whole."
    assert str(Statement(False, "pit", "it may stay", allowed=True)) == "False. Pit, allowed: it may stay."


SAID = [
    parts
    for parts in itertools.product(
        (True, False), (None, "pin-hole", "missing leg"), (True, False), ("", "R7"), ((), ("F2", "F1"))
    )
    if parts[1] or not parts[2]  # nothing is there to be allowed
]


@pytest.mark.parametrize(("value", "type", "allowed", "region", "facts"), SAID)
def test_what_is_said_is_read_back(value, type, allowed, region, facts):
    said = Statement(value, type, "so it is", "centre", allowed, "", region, facts)
    read = parse_answer(str(said))
    assert (read.value, read.type, read.allowed) == (value, type, allowed)
    assert read.regions == ((region,) if region else ())
    assert read.facts == facts


def test_a_change_leaves_the_rest():
    changed = FULL.but(value=False, facts=())
    assert str(changed) == "False. Missing leg: a leg is gone at the upper left, not a dent [R2]."
    assert FULL.value is True
    with pytest.raises(TypeError):
        FULL.but(colour="red")
