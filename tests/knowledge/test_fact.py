from __future__ import annotations

import hashlib

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.knowledge.fact import allowed_types, fact_id, infer_kind, make_fact


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("Pin-holes are acceptable on this board.", ("pin-hole",)),
        ("A pinhole is allowed.", ("pin-hole",)),
        ("The mouse bites are permitted on all bare boards", ("mousebite",)),
        ("Shorts and spurs are tolerated.", ("short", "spur")),
        ("Accept scratches on this part.", ("scratch",)),
        ("The customer accepts pin-holes.", ("pin-hole",)),
    ],
)
def test_what_is_allowed(text, types):
    assert allowed_types(text) == types


@pytest.mark.parametrize(
    "text",
    [
        "Pin-holes are not acceptable on this board.",
        "Pin-holes aren't acceptable.",
        "Pin-holes are unacceptable.",
        "Pin-holes are never allowed.",
        "No pin-holes are acceptable.",
        "Neither spurs nor pin-holes are acceptable.",
        "Pin-holes are acceptable if they are small.",
        "Pin-holes are acceptable up to 0.1 mm.",
        "Pin-holes are acceptable on the back.",
        "Small pin-holes are acceptable.",
        "Up to two pin-holes are acceptable.",
        "Pin-holes are hardly acceptable.",
        "It is false that pin-holes are acceptable.",
        "Pin-holes are acceptable on this board but shorts are not.",
        "Bananas are acceptable.",
        "The customer does not accept pin-holes.",
        "Do not accept pin-holes.",
    ],
)
def test_what_is_not(text):
    assert allowed_types(text) == ()


def test_make_fact():
    fact = make_fact("  Pin-holes are\u0020 fine here. ", "PCB", "criterion", allows=["Pinholes", "pin hole"])
    assert (fact.text, fact.object, fact.allows) == ("Pin-holes are fine here.", "printed circuit board", ("pin-hole",))
    assert fact.digest == hashlib.sha256(fact.text.encode()).hexdigest() and len(fact.id) == 16


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("short", "nut", "defect"), "fewer than 8"),
        (("x" * 301, "nut", "defect"), "more than 300"),
        (("   ", "nut", "defect"), "blank"),
        (("A crack.\nAnother crack.", "nut", "defect"), "control characters"),
        (("A crack is dark. A dent is round.", "nut", "defect"), "2 sentences"),
        (("A crack\u202e is dark.", "nut", "defect"), "control characters"),
        (("A crack is dark.", " ", "defect"), "names no object"),
        (("A crack is dark.", "nut", "rumour"), "no such kind"),
        (("1234567890", "nut", "defect"), "no word"),
    ],
)
def test_what_is_no_fact(arguments, reason):
    with pytest.raises(BadInput, match=reason):
        make_fact(*arguments)
    with pytest.raises(BadInput, match="cannot allow"):
        make_fact("A crack is dark.", "nut", "defect", allows=["crack"])
    with pytest.raises(BadInput, match="no such source"):
        make_fact("A crack is dark.", "nut", "defect", source="hearsay")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("A nut is a metal ring with a thread.", "identity"),
        ("A sound nut has six even edges.", "normal"),
        ("A crack looks like a dark line.", "appearance"),
        ("A crack leads to leakage.", "effect"),
        ("Cracked nuts must be rejected.", "criterion"),
        ("Cracks start at the hole.", "defect"),
    ],
)
def test_infer_kind(text, kind):
    assert infer_kind(text, "nut") == kind


def test_ids_do_not_depend_on_spelling_of_the_object_or_on_spacing():
    assert fact_id("PCB", "A short joins two tracks.") == fact_id("bare board", "A short  joins\ttwo tracks. ")
    assert fact_id("PCB", "A short joins two tracks.") != fact_id("nut", "A short joins two tracks.")
