"""Collections as readers and writers see them: read from the mirror, written to Chroma and to the mirror."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import BadInput
from .mirror import MirrorRow

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from numpy.typing import NDArray

    from .folder import ChromaFolder

PAGE = 500
"""Rows written or read at a time."""

Rows = dict[str, Any]
"""`ids`, `documents`, `metadatas`, and `embeddings` [n, d] where they were asked for; as Chroma gives them."""

Maker = Callable[[Rows], "NDArray[np.float32]"]
"""Makes the vectors [n, d] of rows anew."""


class Session:
    """What `ChromaFolder.reading()` and `writing()` hand out, for as long as the block lasts.

    `client` is Chroma's where one may write, else None.
    """

    def __init__(self, folder: ChromaFolder, client: ClientAPI | None = None) -> None:
        self.folder, self.client = folder, client

    def collection(self, name: str, embedding: str) -> Collection:
        """The collection `name`; empty where nothing was ever written to it.

        Raises:
            BadInput: it was written with another embedding than `embedding`.
        """
        wrote = self.folder.mirror.value(f"embedding {name}")
        if wrote and wrote != embedding:
            why = f"'{name}' was written with the embedding '{wrote}'"
            raise BadInput(str(self.folder.path), why, f"not '{embedding}': name another folder")
        return Collection(self, name, embedding)


class Collection:
    """The rows of one collection."""

    def __init__(self, session: Session, name: str, embedding: str) -> None:
        self._session, self.name, self.embedding = session, name, embedding
        self._mirror = session.folder.mirror

    def get(
        self,
        *,
        ids: Sequence[str] | None = None,
        where: dict[str, Any] | None = None,
        limit: int = -1,
        vectors: bool = False,
    ) -> Rows:
        """Rows in the order in which they were added; `where` in Chroma's form."""
        return self._told(
            list(self._mirror.rows(self.name, ids=ids, where=where, limit=limit, vectors=vectors)), vectors
        )

    def ids(self, where: dict[str, Any] | None = None, *, limit: int = -1) -> list[str]:
        """The ids of the rows that fit."""
        return self._mirror.ids(self.name, where, limit)

    def count(self, where: dict[str, Any] | None = None) -> int:
        """How many rows fit."""
        return self._mirror.count(self.name, where)

    def nearest(self, query: NDArray[np.float32], n: int, where: dict[str, Any] | None = None) -> Rows:
        """The `n` rows nearest to the unit vector `query`, nearest first: by Chroma's index, where it is free."""
        found = self._session.folder.search(self.name, query, n, where)
        if found is None:
            found = self._scan(query, n, where)
        rows = {row.id: row for row in self._mirror.rows(self.name, ids=found, vectors=True)}
        return self._told([rows[id] for id in found if id in rows])

    def put(
        self,
        ids: Sequence[str],
        documents: Sequence[str],
        metadatas: Sequence[dict[str, Any]],
        vectors: NDArray[np.float32] | None = None,
    ) -> None:
        """Write rows, new ones or over those of the same ids; without `vectors` nobody ever searches them."""
        # Chroma wants a vector for every row.
        made = np.ones((len(ids), 1), np.float32) if vectors is None else np.asarray(vectors, np.float32)
        rows: Any = {"ids": list(ids), "documents": list(documents), "metadatas": list(metadatas)}
        self._write(ids, lambda chroma: chroma.upsert(embeddings=made, **rows))
        self._mirror.put(self.name, list(map(MirrorRow, ids, documents, metadatas, made)))

    def restate(self, ids: Sequence[str], documents: Sequence[str], metadatas: Sequence[dict[str, Any]]) -> None:
        """Give rows that are there other metadata; documents and vectors stay."""
        rows: Any = list(metadatas)
        self._write(ids, lambda chroma: chroma.update(ids=list(ids), metadatas=rows))
        self._mirror.put(self.name, list(map(MirrorRow, ids, documents, metadatas)))

    def delete(self, ids: Sequence[str]) -> None:
        """Delete the rows of these ids."""
        if ids:
            self._write(ids, lambda chroma: chroma.delete(ids=list(ids)))
            self._mirror.delete(self.name, ids)

    def _write(self, ids: Sequence[str], work: Callable[[Any], object]) -> None:
        """`work(Chroma's collection)`; where its vector index is damaged it is built anew from the mirror first."""
        from chromadb.errors import InternalError

        client = self._session.client
        assert client is not None, "a reader does not write"
        self._session.folder.touch(self.name, ids)
        if not self._mirror.value(f"embedding {self.name}"):
            self._mirror.note(f"embedding {self.name}", self.embedding)
        chroma = client.get_or_create_collection(
            self.name,
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine"}},
            metadata={"embedding": self.embedding},
        )
        try:
            work(chroma)
        except InternalError:
            work(self._rebuilt(client))

    def _rebuilt(self, client: ClientAPI) -> Any:
        metadata = client.get_collection(self.name, embedding_function=None).metadata
        fresh = f"{self.name}_new"
        if fresh in [c.name for c in client.list_collections()]:
            client.delete_collection(fresh)
        target = client.create_collection(
            fresh, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}, metadata=metadata
        )
        ids = self.ids()
        for start in range(0, len(ids), PAGE):
            page = self.get(ids=ids[start : start + PAGE], vectors=True)
            target.add(**page)
        client.delete_collection(self.name)
        target.modify(name=self.name)
        return target

    def _scan(self, query: NDArray[np.float32], n: int, where: dict[str, Any] | None) -> list[str]:
        """The nearest rows by looking at each of them."""
        best: list[tuple[float, str]] = []
        ids = self.ids(where)
        for start in range(0, len(ids), 10 * PAGE):
            page = self.get(ids=ids[start : start + 10 * PAGE], vectors=True)
            near = page["embeddings"] @ query
            best = sorted([*best, *zip((-near).tolist(), page["ids"], strict=True)])[:n]
        return [id for _, id in best]

    def _told(self, rows: Sequence[MirrorRow], vectors: bool = True) -> Rows:
        told: Rows = {
            "ids": [r.id for r in rows],
            "documents": [r.document for r in rows],
            "metadatas": [r.metadata for r in rows],
        }
        if vectors:
            held = [r.vector for r in rows if r.vector is not None]
            # Chroma's index was damaged when the mirror was made: the rows themselves were all there.
            whole = len(held) == len(rows)
            told["embeddings"] = np.stack(held) if whole and held else self._session.folder.made(self.name, told)
        return told
