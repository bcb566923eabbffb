"""Putting the mirror right from Chroma: all of it for a store's first use or a copy, some rows after a kill."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from .collection import PAGE
from .mirror import Mirror, MirrorRow

if TYPE_CHECKING:
    from chromadb.api import ClientAPI


def mirror_all(client: ClientAPI, mirror: Mirror, stamp: str) -> None:
    """Copy every collection; `stamp` says of which write the copy is."""
    try:
        _copy(client, mirror, stamp)
    except sqlite3.DatabaseError:
        mirror.discard()
        _copy(client, mirror, stamp)


def mirror_rows(client: ClientAPI, mirror: Mirror, rows: dict[str, list[str]], stamp: str) -> None:
    """Copy the rows of these ids again, by collection; what Chroma does not have is deleted."""
    held = {c.name: c for c in client.list_collections()}
    if any(name.endswith("_new") for name in held):
        mirror_all(client, mirror, stamp)
        return
    with mirror.writing():
        for name, ids in rows.items():
            for start in range(0, len(ids), PAGE):
                wanted = ids[start : start + PAGE]
                found = _copy_page(held[name], mirror, ids=wanted) if name in held else []
                mirror.delete(name, sorted(set(wanted) - set(found)))
            if name in held:
                _note(held[name], mirror)
        mirror.note("stamp", stamp)


def _copy(client: ClientAPI, mirror: Mirror, stamp: str) -> None:
    with mirror.writing():
        mirror.clear()
        _finish_rebuilding(client)
        for collection in client.list_collections():
            _note(collection, mirror)
            done = 0
            while copied := _copy_page(collection, mirror, limit=PAGE, offset=done):
                done += len(copied)
        mirror.note("stamp", stamp)


def _note(collection: Any, mirror: Mirror) -> None:
    mirror.note(f"embedding {collection.name}", str((collection.metadata or {}).get("embedding", "")))


def _copy_page(collection: Any, mirror: Mirror, **which: Any) -> list[str]:
    """The ids of the rows that were there."""
    from chromadb.errors import InternalError

    try:
        page = collection.get(include=["documents", "metadatas", "embeddings"], **which)
    except InternalError:  # the vector index is damaged; documents and metadata lie apart from it
        page = collection.get(include=["documents", "metadatas"], **which)
    vectors = [None] * len(page["ids"]) if page["embeddings"] is None else page["embeddings"]
    rows = map(MirrorRow, page["ids"], page["documents"], page["metadatas"], vectors)
    mirror.put(collection.name, list(rows))
    return list(page["ids"])


def _finish_rebuilding(client: ClientAPI) -> None:
    """A kill in the middle of rebuilding a collection: between its last two steps the old one is gone."""
    held = [c.name for c in client.list_collections()]
    for name in held:
        if name.endswith("_new"):
            base = name.removesuffix("_new")
            if base in held:
                client.delete_collection(name)
            else:
                client.get_collection(name, embedding_function=None).modify(name=base)
