"""Which facts are recalled: relevant, of this object, diverse, criteria first-class, better sources first."""

from __future__ import annotations

import pytest

from sage_inspect.knowledge.facts import FactStore, make_fact

from .nuts import NUT, nut, texts


def test_recall_is_diverse(tmp_path, hand):
    a, b, c = "Cracks look dark.", "Cracks look black.", "Dents are round."
    hand.known = {"q": (1, 0), a: (0.95, 0.312), b: (0.94, 0.341), c: (0.7, -0.714)}
    store = FactStore(tmp_path, embed=hand)
    store.add(nut(t) for t in (a, b, c))
    found = store.recall("q", object=NUT, k=2)
    assert texts(found) == [a, c]
    assert [r.id for r in found] == ["F1", "F2"]
    assert [r.score for r in found] == pytest.approx([0.95, 0.7], abs=1e-3)


def test_near_equals_come_by_source_and_relevance_still_beats_source(tmp_path, hand):
    hand.known = {
        "q": (1, 0, 0),
        "Written by a model.": (0.80, 0.6, 0),
        "Written by an expert.": (0.80, -0.6, 0),
        "Written by a curator.": (0.79, 0, 0.613),
        "Far more to the point.": (0.95, 0, -0.312),
    }
    store = FactStore(tmp_path, embed=hand)
    for text, source in zip(list(hand.known)[1:], ("generated", "expert", "curated", "generated"), strict=True):
        store.add([nut(text, source=source)])
    assert texts(store.recall("q", object=NUT, k=4)) == [
        "Far more to the point.",
        "Written by a curator.",
        "Written by an expert.",
        "Written by a model.",
    ]


def test_facts_of_another_object_never_come(tmp_path, hand):
    hand.known = {"q": (1, 0), "Screws rust.": (1, 0), "Nuts bend.": (0, 1)}
    store = FactStore(tmp_path, embed=hand)
    store.add([make_fact("Screws rust.", "screw", "defect"), nut("Nuts bend.")])
    assert texts(store.recall("q", object="Metal-Nut")) == ["Nuts bend."]
    assert store.recall("q", object="valve") == ()
    assert texts(store.recall("q")) == ["Screws rust."]  # the other one is not relevant
    assert store.recall("") == () == store.recall("q", object=NUT, k=0)
    assert len(store.recall("", object=NUT)) == 1


def test_criteria_that_allow_come_however_far_from_the_question(tmp_path, hand):
    rule, other = "Burrs are acceptable on this part.", "A crack is always rejected."
    hand.known = {"q": (1, 0), rule: (-1, 0.1), other: (-1, 0)}
    lines = [f"Crack number {i} is dark." for i in range(20)]
    hand.known |= {line: (1, 0.02 * i) for i, line in enumerate(lines)}
    store = FactStore(tmp_path, embed=hand)
    store.add([nut(t) for t in lines])
    store.add([nut(rule, kind="criterion", allows=["burr"]), nut(other, kind="criterion")])
    found = texts(store.recall("q", object=NUT, k=8))
    assert rule in found and other in found and len(found) == 8
    assert rule in texts(store.recall("q", object=NUT, k=2))
    assert all(r.fact.kind == "defect" for r in store.recall("q", object=NUT, kinds=["defect"]))


def test_many_facts_of_one_object_are_searched_by_the_index(tmp_path, hand, monkeypatch):
    monkeypatch.setattr("sage_inspect.knowledge.table.LARGE", 5)
    rule = "Burrs are acceptable."
    hand.known = {"q": (1, 0), "Nuts bend.": (1, 0.1), rule: (-1, 0)}
    store = FactStore(tmp_path, embed=hand)
    store.add([nut(f"Crack number {i} is dark.") for i in range(9)])
    store.add(
        [nut("Nuts bend."), nut(rule, kind="criterion", allows=["burr"]), make_fact("Screws bend.", "s", "defect")]
    )
    found = store.recall("q", object=NUT, k=4)
    assert texts(found)[0] == "Nuts bend." and rule in texts(found)
    assert {r.fact.object for r in found} == {NUT}
    assert (store.count(NUT), store.count(), len(store.criteria(NUT))) == (11, 12, 1)
    store.remove(store.criteria(NUT)[0].id)
    assert texts(store.recall("q", object=NUT, k=1)) == ["Nuts bend."]
