"""Facts by object are kept in memory up to a number, and what was asked for last stays."""

from __future__ import annotations

from sage_inspect.knowledge.facts import FactStore, make_fact


def test_what_was_asked_for_longest_ago_is_forgotten(tmp_path, hand, monkeypatch):
    monkeypatch.setattr("sage_inspect.knowledge.shelves.HELD", 5)
    store = FactStore(tmp_path, embed=hand)
    for name in ("bolt", "nut", "pin"):
        store.add([make_fact(f"Flaw {i} is seen on it.", name, "defect") for i in range(2)])
    for name in ("bolt", "nut", "bolt", "pin"):
        assert len(store.recall("q", object=name)) == 2
    assert list(store._shelves._own) == ["bolt", "pin"]
    assert len(store.recall("q", object="nut")) == 2
