"""Collections with vectors of our own making: opening, and putting a damaged index right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection
    from numpy.typing import NDArray

PAGE = 500
"""Rows written or read at a time."""


def open_collection(client: ClientAPI, path: Path, name: str, embedding: str) -> Collection:
    """The collection `name` by cosine distance, made where it is missing; Chroma's own embedding is never used.

    Raises:
        BadInput: it was written with another embedding than `embedding`.
    """
    held = [c.name for c in client.list_collections()]
    if name not in held and f"{name}_new" in held:
        # A kill between the last two steps of `rebuild`.
        client.get_collection(f"{name}_new", embedding_function=None).modify(name=name)
    collection = client.get_or_create_collection(
        name,
        embedding_function=None,
        configuration={"hnsw": {"space": "cosine"}},
        metadata={"embedding": embedding},
    )
    wrote = (collection.metadata or {}).get("embedding")
    if wrote != embedding:
        raise BadInput(
            str(path), f"'{name}' was written with the embedding '{wrote}'", f"not '{embedding}': name another folder"
        )
    return collection


def rebuild(
    client: ClientAPI, collection: Collection, vectors: Callable[[dict[str, Any]], NDArray[np.float32]]
) -> Collection:
    """The same rows in a new index, for one whose vectors can't be read (documents and metadata lie apart from it).

    Args:
        vectors: makes the vectors [n, d] of a page `{ids, documents, metadatas}`.
    """
    name, fresh = collection.name, f"{collection.name}_new"
    if fresh in [c.name for c in client.list_collections()]:
        client.delete_collection(fresh)
    target = client.create_collection(
        fresh,
        embedding_function=None,
        configuration={"hnsw": {"space": "cosine"}},
        metadata=collection.metadata,
    )
    offset = 0
    while True:
        page: Any = collection.get(limit=PAGE, offset=offset, include=["documents", "metadatas"])
        if not page["ids"]:
            break
        target.add(ids=page["ids"], embeddings=vectors(page), documents=page["documents"], metadatas=page["metadatas"])
        offset += PAGE
    client.delete_collection(name)
    target.modify(name=name)
    return target
