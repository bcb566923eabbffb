"""Facts change and are never lost: versions with author and time, retired facts, what a kill in between leaves."""

from __future__ import annotations

import json
import subprocess
import sys

import chromadb
import pytest

from sage_inspect.errors import BadInput
from sage_inspect.knowledge.facts import FactStore
from sage_inspect.knowledge.versions import told

from .nuts import NUT, nut, texts

OLD, NEW = "A burr is a sharp edge.", "A burr is a raised sharp edge."


def test_an_edit_makes_a_version_and_keeps_the_one_before(tmp_path, hand):
    store = FactStore(tmp_path, embed=hand)
    first = nut(OLD, origin="notes.md#3")
    store.add([first], by="Ann")
    second = store.edit(first.id, text=NEW, by="Bob", why="clearer")
    assert (second.version, second.text, second.origin) == (2, NEW, "notes.md#3") and second.digest != first.digest
    third = store.edit(second.id, kind="appearance", by="Cy")
    assert (third.version, third.id, third.kind) == (3, second.id, "appearance")
    assert store.list() == [third] and texts(store.recall("q", object=NUT)) == [NEW]
    other = FactStore(tmp_path, embed=hand)
    for id in (first.id, second.id):  # any id that it ever had
        past = other.history(id)
        assert [v.fact for v in past] == [first, second, third]
        assert [(v.began.action, v.began.by, v.began.why) for v in past] == [
            ("added", "Ann", ""), ("edited", "Bob", "clearer"), ("edited", "Cy", ""),
        ]  # fmt: skip
        assert past[0].ended == past[1].began and past[2].ended is None
        assert past[0].began.at < past[1].began.at < past[2].began.at
    with pytest.raises(BadInput, match=f"edited by Cy; its present version is {second.id}"):
        store.edit(first.id, text="Something else.")
    back = store.edit(third.id, text=OLD, by="Ann")
    assert (back.id, back.version) == (first.id, 4) and store.list() == [back]


def test_a_retired_fact_is_not_recalled_and_comes_back_by_restore_only(tmp_path, hand):
    store = FactStore(tmp_path, embed=hand)
    fact = nut(OLD)
    store.add([fact, nut("Nuts crack.")])
    before = store.digest()
    assert store.retire(fact.id, by="Ann", why="obsolete") == fact
    assert store.digest() != before and store.count() == 1
    assert texts(store.recall("q", object=NUT)) == ["Nuts crack."] and fact not in store.list()
    assert store.get_many([fact.id]) == {}
    (gone,) = store.withdrawn("Metal-Nut")
    assert gone.fact == fact and gone.ended is not None
    assert (gone.ended.action, gone.ended.by, gone.ended.why) == ("retired", "Ann", "obsolete")
    assert store.add([fact]) == (0, 0, 0, 1) and store.count() == 1
    for call in (store.get, store.retire, lambda id: store.edit(id, text=NEW)):
        with pytest.raises(BadInput, match=r"retired by Ann on .*restore"):
            call(fact.id)
    assert store.restore(fact.id, by="Bob").version == 2
    assert store.count() == 2 and store.withdrawn() == () and store.digest() == before
    with pytest.raises(BadInput, match="it holds, as version 2"):
        store.restore(fact.id)
    assert [(r["action"], r["by"], r["version"]) for r in told(store.history(fact.id))] == [
        ("added", "", 1), ("retired", "Ann", 1), ("restored", "Bob", 2),
    ]  # fmt: skip


def test_the_text_before_an_edit_stays_away(tmp_path, hand):
    store = FactStore(tmp_path, embed=hand)
    store.add([nut(OLD)])
    store.edit(nut(OLD).id, text=NEW)
    assert store.add([nut(OLD), nut(NEW), nut("Nuts crack.")]) == (1, 1, 0, 1)
    assert sorted(f.text for f in store.list()) == [NEW, "Nuts crack."]


def test_a_raised_fact_keeps_what_it_was(tmp_path, hand):
    store = FactStore(tmp_path, embed=hand)
    store.add([nut(OLD, source="generated")])
    assert store.add([nut(OLD, source="expert")], by="Ann") == (0, 0, 1, 0)
    past = store.history(nut(OLD).id)
    assert [(v.fact.source, v.began.action, v.fact.version) for v in past] == [
        ("generated", "added", 1), ("expert", "raised", 2),
    ]  # fmt: skip


def test_what_cannot_be_edited(tmp_path, hand):
    store = FactStore(tmp_path, embed=hand)
    a, b = nut(OLD), nut("Nuts crack.")
    store.add([a, b])
    for changes, why in (
        ({"text": OLD}, "nothing would change"),
        ({"text": "Nuts crack."}, "is a fact already"),
        ({"text": "One. Two of them."}, "2 sentences"),
        ({"kind": "rumour"}, "no such kind"),
        ({"allows": ["burr"]}, "cannot allow"),
        ({"digest": "0"}, "cannot be changed"),
    ):
        with pytest.raises(BadInput, match=why):
            store.edit(a.id, **changes)
    for call in (store.retire, store.restore, store.history, lambda id: store.edit(id, text=NEW)):
        with pytest.raises(BadInput, match="no such fact"):
            call("nothing")
    assert sorted(store.list(), key=lambda f: f.text) == [a, b]


def test_a_store_of_format_1_is_read_as_version_1(tmp_path, hand):
    fact = nut(OLD, kind="criterion", allows=("burr",))
    old = ("object", "kind", "source", "origin", "digest")
    client = chromadb.PersistentClient(str(tmp_path))
    facts = client.create_collection(
        "sage_facts",
        embedding_function=None,
        configuration={"hnsw": {"space": "cosine"}},
        metadata={"embedding": "hand"},
    )
    data = {**{k: getattr(fact, k) for k in old}, "allows": "burr", "created": "2026-01-01T00:00:00+00:00"}
    facts.add(ids=[fact.id], embeddings=hand([OLD]), documents=[OLD], metadatas=[data])
    client.close()
    (tmp_path / "sage-store.json").write_text(json.dumps({"format": 1, "chroma": "1.5.0"}))
    store = FactStore(tmp_path, embed=hand)
    assert store.list() == [fact]
    assert json.loads((tmp_path / "sage-store.json").read_text())["format"] == 2
    store.edit(fact.id, text=NEW)
    first, second = store.history(fact.id)
    assert (first.fact, first.began.at, second.fact.version) == (fact, data["created"], 2)


KILLED = """
import os, sys; from pathlib import Path
sys.path.insert(0, sys.argv[3])
import numpy as np
from sage_inspect.knowledge import table
from sage_inspect.knowledge.facts import FactStore
class E:
    embedding_name = "hand"
    def __call__(self, texts): return np.eye(8, dtype="float32")[[len(t) % 8 for t in texts]]
def killed(*_, **__): os._exit(9)
from chromadb.api.models.Collection import Collection
owner = {"_show": table.FactTable, "finish": table.Archive, "delete": Collection}[sys.argv[4]]
setattr(owner, sys.argv[4], killed)
FactStore(Path(sys.argv[1]), embed=E()).edit(sys.argv[2], text="A burr is a raised sharp edge.", by="Ann")
"""


@pytest.mark.parametrize("where", ["_show", "delete", "finish"])
def test_a_kill_in_the_middle_of_an_edit_loses_nothing(tmp_path, hand, where):
    store = FactStore(tmp_path / "s", embed=hand)
    store.add([nut(OLD)])
    run = subprocess.run([sys.executable, "-c", KILLED, tmp_path / "s", nut(OLD).id, tmp_path, where])
    assert run.returncode == 9
    assert texts(store.recall("q", object=NUT)) == [NEW]  # whoever reads next finishes the edit
    past = FactStore(tmp_path / "s", embed=hand).history(nut(OLD).id)
    assert [v.fact.text for v in past] == [OLD, NEW] and past[1].began.by == "Ann"


def test_remove_erases_the_history_too(tmp_path, hand):
    store = FactStore(tmp_path, embed=hand)
    store.add([nut(OLD)])
    new = store.edit(nut(OLD).id, text=NEW)
    store.remove(new.id)
    assert store.add([nut(OLD)]).added == 1 and len(store.history(nut(OLD).id)) == 1
