"""What a criterion says of a type, and when two cannot both be followed."""

from __future__ import annotations

import pytest

from sage_inspect.knowledge.fact import allowed_types, make_fact
from sage_inspect.knowledge.limits import read_criterion
from sage_inspect.knowledge.stance import Stance, overruled, rejected_types, stance


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("An open or a short on a bare board is always rejected.", ("open", "short")),
        ("Pinholes are not acceptable on this board.", ("pin-hole",)),
        ("No burrs or dents are allowed.", ("burr", "dent")),
        ("Never accept cracks.", ("crack",)),
        ("Reject spurs on the outer layer.", ("spur",)),
        ("Burrs are rejected on this part unless they are small.", ()),
        ("Burrs on the edge that are long are rejected.", ()),
        ("Scratches longer than 5 mm are rejected.", ()),
        ("Pin-holes are acceptable on this board.", ()),
        ("Most dents are rejected.", ()),
        ("Boards with a dent are rejected.", ()),
    ],
)
def test_rejected_types(text, types):
    assert rejected_types(text) == types
    assert not (types and allowed_types(text))


def rule(text: str, object: str = "nut", **more):
    return make_fact(text, object, "criterion", allows=allowed_types(text), criterion=read_criterion(text), **more)


def test_limits_on_one_side_clash_and_a_most_and_a_least_do_not():
    most, other = stance(rule("Dents up to 3 mm are acceptable.")), stance(rule("Dents longer than 5 mm are rejected."))
    least = stance(rule("Dents of at least 1 mm are acceptable."))
    assert most.against(other) == {"length of dent"} and not most.against(least)
    assert stance(make_fact("Burrs are rejected.", "nut", "defect")) == Stance()


def test_overruled_by_the_nearest_word_only():
    wide, middle, near = (
        rule("Burrs are acceptable."),
        rule("Burrs are rejected.", "m6"),
        rule("Burrs are acceptable.", "m6x"),
    )
    assert overruled([[near], [middle], [wide]]) == {middle.id}
    assert overruled([[], [middle], [wide]]) == {wide.id}
    assert overruled([[rule("Burrs up to 1 mm are acceptable.", "m6")], [wide]]) == {wide.id}
