"""Making the mirror anew from Chroma: a store's first use, a copy of one, or what a killed writer left."""

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


def _copy(client: ClientAPI, mirror: Mirror, stamp: str) -> None:
    with mirror.writing():
        mirror.clear()
        _finish_rebuilding(client)
        for collection in client.list_collections():
            mirror.note(f"embedding {collection.name}", str((collection.metadata or {}).get("embedding", "")))
            _copy_rows(collection, mirror)
        mirror.note("stamp", stamp)


def _copy_rows(collection: Any, mirror: Mirror) -> None:
    from chromadb.errors import InternalError

    include = ["documents", "metadatas", "embeddings"]
    done = 0
    while True:
        try:
            page = collection.get(limit=PAGE, offset=done, include=include)
        except InternalError:
            if "embeddings" not in include:
                raise
            include.remove("embeddings")  # the vector index is damaged; documents and metadata lie apart from it
            continue
        if not page["ids"]:
            return
        vectors = [None] * len(page["ids"]) if page["embeddings"] is None else page["embeddings"]
        rows = map(MirrorRow, page["ids"], page["documents"], page["metadatas"], vectors)
        mirror.put(collection.name, list(rows))
        done += len(page["ids"])


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
