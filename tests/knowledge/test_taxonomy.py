"""Kinds of objects: a fact on boards holds for this board, nearer facts come first, and circles are refused."""

from __future__ import annotations

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.knowledge.facts import FactStore, make_fact
from sage_inspect.knowledge.self_guided import ensure_facts
from sage_inspect.knowledge.taxonomy import tree

from .nuts import texts


@pytest.fixture
def store(tmp_path, hand):
    """`mainboard 7` is a `bare board` (known as printed circuit board) is a `board`; `label` is something else."""
    made = FactStore(tmp_path, embed=hand)
    made.taxonomy.tell("Mainboard-7", "bare board", by="Ann")
    made.taxonomy.tell("PCB", "board")
    made.taxonomy.tell("label", "paper")
    return made


def test_kin_from_near_to_far(store, tmp_path, hand):
    assert store.taxonomy.kin("the mainboard_7") == (("mainboard 7", 0), ("printed circuit board", 1), ("board", 2))
    assert store.taxonomy.kin("screw") == (("screw", 0),)
    assert FactStore(tmp_path, embed=hand).taxonomy.relations()[1][:3] == (
        "mainboard 7",
        "printed circuit board",
        "Ann",
    )
    assert tree(store.taxonomy.relations()) == [
        "board",
        "  printed circuit board",
        "    mainboard 7",
        "paper",
        "  label",
    ]
    store.taxonomy.tell("mainboard 7", "spare part")
    assert [k.distance for k in store.taxonomy.kin("mainboard 7")] == [0, 1, 1, 2]


def test_circles_are_refused_and_nothing_is_told_twice(store):
    with pytest.raises(
        BadInput, match="'mainboard 7', which is a 'printed circuit board', which is a 'board'"
    ) as error:
        store.taxonomy.tell("board", "mainboard 7")
    assert "\n" not in str(error.value)
    for child, parent in (("PCB", "bare boards"), ("", "board"), ("board", "  ")):
        with pytest.raises(BadInput, match="circle|no name"):
            store.taxonomy.tell(child, parent)
    before = store.taxonomy.relations()
    store.taxonomy.tell("mainboard 7", "pcb", by="Bob")
    assert store.taxonomy.relations() == before
    store.taxonomy.untell("label", "paper")
    assert len(store.taxonomy.relations()) == 2
    with pytest.raises(BadInput, match="nobody said so"):
        store.taxonomy.untell("label", "paper")


def test_recall_walks_up_and_nearer_facts_come_first(store, hand):
    own, kind, wide = "This mainboard has a notch.", "Bare boards are green.", "Boards are flat."
    hand.known = {"q": (1, 0, 0), own: (0.8, 0.6, 0), kind: (0.85, 0, 0.527), wide: (0.85, -0.5, 0)}
    store.add([make_fact(wide, "board", "normal"), make_fact(kind, "pcb", "normal")])
    store.add(
        [make_fact(own, "mainboard 7", "normal", source="generated"), make_fact("Labels peel.", "label", "defect")]
    )
    assert texts(store.recall("q", object="Mainboard 7")) == [own, kind, wide]
    assert texts(store.recall("q", object="board")) == [wide]
    assert (store.count("mainboard 7"), store.count("mainboard 7", inherited=True)) == (1, 3)
    hand.known[wide] = (1, 0, 0)
    assert ensure_facts(store, "mainboard 7", lambda _: pytest.fail("asked"), model="m") == 0


def test_a_kind_told_later_is_seen_at_once(store):
    store.add([make_fact("Boards are flat.", "board", "normal")])
    assert store.recall("q", object="panel") == ()
    before = store.digest("panel"), store.digest()
    store.taxonomy.tell("panel", "board")
    assert texts(store.recall("q", object="panel")) == ["Boards are flat."]
    assert before[0] != store.digest("panel") and before[1] != store.digest()
    near = make_fact("Boards are flat.", "panel", "normal")
    store.add([near])
    assert [r.fact for r in store.recall("q", object="panel")] == [near]  # the same words once


@pytest.mark.parametrize("large", [False, True])
def test_a_nearer_criterion_overrules_a_farther_one(store, monkeypatch, large):
    if large:
        monkeypatch.setattr("sage_inspect.knowledge.table.LARGE", 0)
    permit = make_fact("Pin-holes are acceptable on this board.", "board", "criterion", allows=["pin-hole"])
    spurs = make_fact("Spurs are acceptable on this board.", "board", "criterion", allows=["spur"])
    deny = make_fact("Pin-holes are always rejected.", "mainboard 7", "criterion")
    store.add([permit, spurs])
    assert set(store.criteria("mainboard 7")) == {permit, spurs}
    store.add([deny])
    assert store.criteria("mainboard 7") == (deny, spurs)
    assert set(texts(store.recall("q", object="mainboard 7"))) == {deny.text, spurs.text}
    assert set(store.criteria("pcb")) == {permit, spurs}
    store.retire(deny.id)
    store.add([make_fact("Pin-holes are rejected.", "mainboard 7", "criterion", source="generated")])
    assert permit in store.criteria("mainboard 7")  # a generated one overrules nothing
