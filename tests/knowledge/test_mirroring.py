"""The mirror is put right from Chroma: all of it, or the rows that a write had begun."""

from __future__ import annotations

import chromadb
import numpy as np
import pytest
from chromadb.errors import InternalError

from sage_inspect.knowledge.mirror import Mirror
from sage_inspect.knowledge.mirroring import mirror_all, mirror_rows


@pytest.fixture
def client(tmp_path):
    client = chromadb.PersistentClient(str(tmp_path), settings=chromadb.Settings(anonymized_telemetry=False))
    yield client
    client.close()


@pytest.fixture
def mirror(tmp_path) -> Mirror:
    return Mirror(tmp_path / "mirror")


def filled(client, name: str = "facts", *texts: str):
    collection = client.create_collection(name, embedding_function=None, metadata={"embedding": "hand"})
    ids = [t[0] for t in texts]
    collection.add(
        ids=ids, documents=list(texts), metadatas=[{"n": t} for t in texts], embeddings=np.eye(4)[: len(ids)]
    )
    return collection


def held(mirror: Mirror, name: str = "facts") -> dict[str, str]:
    return {row.id: row.document for row in mirror.rows(name)}


def test_all_of_it_with_vectors_and_the_embedding_s_name(client, mirror, monkeypatch):
    monkeypatch.setattr("sage_inspect.knowledge.mirroring.PAGE", 2)  # a last page that is not full
    filled(client, "facts", "a one", "b two", "c three")
    filled(client, "marks", "m")
    mirror_all(client, mirror, "stamp 1")
    assert held(mirror) == {"a": "a one", "b": "b two", "c": "c three"} and held(mirror, "marks") == {"m": "m"}
    assert (mirror.value("stamp"), mirror.value("embedding facts")) == ("stamp 1", "hand")
    vectors = np.stack([row.vector for row in mirror.rows("facts", vectors=True)])
    assert np.array_equal(vectors, np.eye(4)[:3])
    client.delete_collection("marks")
    mirror_all(client, mirror, "stamp 2")
    assert held(mirror, "marks") == {} and mirror.value("embedding marks") == ""


def test_only_the_rows_that_were_begun(client, mirror):
    collection = filled(client, "facts", "a one", "b two", "c three")
    mirror_all(client, mirror, "1")
    collection.update(ids=["a", "b"], documents=["a new", "b new"], embeddings=np.eye(4)[:2])
    collection.delete(ids=["c"])
    mirror_rows(client, mirror, {"facts": ["a", "c"], "gone": ["x"]}, "2")
    assert held(mirror) == {"a": "a new", "b": "b two"}  # b was not asked for
    assert mirror.value("stamp") == "2"


def test_a_rebuilding_that_was_killed_is_finished_or_undone(client, mirror):
    filled(client, "facts_new", "a one")  # the old one was deleted already
    mirror_rows(client, mirror, {"facts": ["a"]}, "1")
    assert held(mirror) == {"a": "a one"} and [c.name for c in client.list_collections()] == ["facts"]
    filled(client, "facts_new", "b half")  # not yet
    mirror_all(client, mirror, "2")
    assert held(mirror) == {"a": "a one"} and [c.name for c in client.list_collections()] == ["facts"]


def test_a_damaged_mirror_is_thrown_away_and_a_damaged_index_costs_the_vectors_only(client, tmp_path, monkeypatch):
    collection = filled(client, "facts", "a one")
    (tmp_path / "mirror").write_bytes(b"no database" * 900)
    mirror = Mirror(tmp_path / "mirror")
    mirror_all(client, mirror, "1")
    assert held(mirror) == {"a": "a one"}
    whole = type(collection).get

    def damaged(self, *args, include=(), **more):
        if "embeddings" in include:
            raise InternalError("Error reading from metadata segment reader")
        return whole(self, *args, include=include, **more)

    monkeypatch.setattr(type(collection), "get", damaged)
    fresh = Mirror(tmp_path / "fresh")
    mirror_all(client, fresh, "1")
    (row,) = fresh.rows("facts", vectors=True)
    assert (row.document, row.vector) == ("a one", None)
