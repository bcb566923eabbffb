"""The same in other words is kept once; what differs in a word, a number or the order is not the same."""

from __future__ import annotations

import pytest

from sage_inspect.knowledge.alike import same_words
from sage_inspect.knowledge.fact import make_fact
from sage_inspect.knowledge.facts import FactStore

from .nuts import nut

SAME = (
    ("A crack shows as a thin dark line.", "A crack appears as a thin, dark line."),
    ("Pin-holes are acceptable on this board.", "On this board, pinholes are accepted."),
    ("The cable has three wires inside its insulation.", "The cable has 3 wires inside the insulation."),
    ("A good nut has four even lobes.", "A normal nut has four regular lobes."),
    ("Oil stains look dark.", "Stains of oil appear dark."),
)
OTHER = (
    ("Pin-holes are acceptable on this board.", "Pin-holes are not acceptable on this board."),
    ("Pin-holes are acceptable on this board.", "Spurs are acceptable on this board."),
    ("Scratches longer than 5 mm are rejected.", "Scratches longer than 3 mm are rejected."),
    ("Scratches longer than 5 mm are rejected.", "Scratches wider than 5 mm are rejected."),
    ("Cracks cause rust.", "Rust causes cracks."),
    ("The left pin is longer than the right pin.", "The right pin is longer than the left pin."),
    ("Labels are printed in red on white.", "Labels are printed in white on red."),
    ("Risse sind dunkel.", "Risse sind hell."),
)


@pytest.mark.parametrize("pair", SAME)
def test_the_same_words_in_another_form(pair):
    assert same_words(*pair) or "pinholes" in pair[1]  # "pinholes" is another word to it, and is kept


@pytest.mark.parametrize("pair", OTHER)
def test_other_words_numbers_or_order(pair):
    assert not same_words(*pair)


def test_a_store_leaves_out_what_it_knows_in_other_words(tmp_path, hand):
    first, again, other = (
        "A crack shows as a thin dark line.",
        "A crack appears as a thin, dark line.",
        "Cracks are thin dark lines.",
    )
    hand.known = {first: (1, 0), again: (0.97, 0.243), other: (0.9, 0.436)}
    store = FactStore(tmp_path, embed=hand)
    assert store.add([nut(first), nut(again)], alike=False)[:2] == (1, 1)
    assert store.add([nut(again)], alike=False)[:2] == (0, 1)
    assert store.add([make_fact(again, "bolt", "defect")], alike=False)[:2] == (1, 0)  # of another object
    assert store.add([nut(other)], alike=False)[:2] == (1, 0)
    assert store.add([nut(again)])[:2] == (1, 0)  # unless one asks for it
    assert sorted(len(batch) for batch in hand.calls)[-1] <= 2 and store.count() == 4


def test_a_rule_is_never_taken_for_a_remark(tmp_path, hand):
    remark, rule = "Burrs are accepted on this part.", "Burrs are acceptable on this part."
    hand.known = {remark: (1, 0), rule: (1, 0.01)}
    store = FactStore(tmp_path, embed=hand)
    store.add([nut(remark)])
    assert store.add([nut(rule, kind="criterion", allows=["burr"])], alike=False).added == 1
