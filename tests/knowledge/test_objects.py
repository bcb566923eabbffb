from __future__ import annotations

import re

import pytest

from sage_inspect.knowledge.objects import defect_type, normal_name, type_pattern


@pytest.mark.parametrize(
    "name", ["PCB", "pcbs", "The bare board", "Circuit-Board", "printed_circuit_boards", " PCB.\n"]
)
def test_aliases(name):
    assert normal_name(name) == "printed circuit board"


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("Metal_Nut", "metal nut"),
        ("", ""),
        (" \t", ""),
        ("pcb1", "pcb1"),
        ("a", "a"),
        ("the\x00nut", "nut"),
        ("x" * 999, "x" * 80),
    ],
)
def test_normal_name(name, normal):
    assert normal_name(name) == normal
    assert normal_name(normal) == normal


@pytest.mark.parametrize(
    ("word", "kind"),
    [("Pinholes", "pin-hole"), ("pin hole", "pin-hole"), ("mouse bites", "mousebite"), ("scratches", "scratch"),
     ("short circuits", "short"), ("spurious_copper", "spurious copper"), ("banana", None), ("", None)],
)  # fmt: skip
def test_defect_type(word, kind):
    assert defect_type(word) == kind


def test_pattern_takes_the_longest_name():
    assert re.match(type_pattern(), "pin-holes are").group() == "pin-holes"
    assert re.match(type_pattern(), "short circuit").group() == "short circuit"
