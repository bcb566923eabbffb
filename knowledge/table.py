"""Facts as rows of a Chroma collection: writing, reading, searching, and healing a damaged index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..errors import RunFailed
from ..schema import Fact
from .collection import open_collection, rebuild
from .embedding import Embed
from .fact import RANK
from .folder import ChromaFolder
from .recall import Shelf

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from numpy.typing import NDArray

T = TypeVar("T")
_NAME = "sage_facts"
_TEXT: Any = ["documents", "metadatas"]
_ALL: Any = [*_TEXT, "embeddings"]
LARGE = 5_000
"""Up to this many facts of one object are held in memory (8 MB); above it Chroma's index searches."""


class FactTable:
    """The collection of facts in `folder`; `embedding` names the kind of vectors that it holds."""

    def __init__(self, folder: ChromaFolder, embed: Embed, embedding: str) -> None:
        self._folder, self._embed, self._embedding = folder, embed, embedding

    def put(self, facts: Sequence[Fact]) -> tuple[int, int]:
        """Add the facts (ids distinct) that are new and raise those that became better: how many of each."""
        # Embedded before the lock is taken: it is the slow part.
        there = {f.id for f in self.by_ids([f.id for f in facts])}
        fresh = [f for f in facts if f.id not in there]
        vectors = dict(zip((f.id for f in fresh), self._embed([f.text for f in fresh]), strict=True)) if fresh else {}

        def write(client: ClientAPI) -> tuple[int, int]:
            collection = self._open(client)
            held = {f.id: f for f in _facts(collection.get(ids=[f.id for f in facts], include=_TEXT))}
            new = [f for f in facts if f.id not in held]
            for late in (f for f in new if f.id not in vectors):
                vectors[late.id] = self._embed([late.text])[0]  # another process removed it a moment ago
            if new:
                collection.add(
                    ids=[f.id for f in new],
                    embeddings=np.stack([vectors[f.id] for f in new]).astype(np.float32),
                    documents=[f.text for f in new],
                    metadatas=[_metadata(f) for f in new],
                )
            raised = [f for f in facts if f.id in held and better(held[f.id], f)]
            if raised:
                collection.update(ids=[f.id for f in raised], metadatas=[_metadata(f) for f in raised])
            return len(new), len(raised)

        with self._folder.writing() as client:
            return self._healing(client, write)

    def by_ids(self, ids: Sequence[str]) -> list[Fact]:
        """The facts of those ids that exist."""
        with self._folder.reading() as client:
            return _facts(self._open(client).get(ids=list(ids), include=_TEXT))

    def where(self, **equal: str) -> list[Fact]:
        """The facts whose `object`, `kind` or `source` is as given, in the order in which they were added."""
        with self._folder.reading() as client:
            return _facts(self._open(client).get(where=_where(**equal), include=_TEXT))

    def count(self, object: str | None = None) -> int:
        """How many facts there are, of one object where it is named."""
        with self._folder.reading() as client:
            if object is None:
                return int(self._open(client).count())
            return len(self._open(client).get(where=_where(object=object), include=[])["ids"])

    def delete(self, id: str) -> None:
        """Delete a fact; nothing happens where there is none."""
        with self._folder.writing() as client:
            self._healing(client, lambda c: self._open(c).delete(ids=[id]))

    def shelf(self, object: str) -> Shelf:
        """All facts and vectors of one object; an empty `large` one where they are more than `LARGE`."""

        def read(client: ClientAPI) -> Shelf:
            collection = self._open(client)
            if len(collection.get(where=_where(object=object), include=[], limit=LARGE + 1)["ids"]) > LARGE:
                return Shelf((), np.zeros((0, 0), np.float32), large=True)
            return _shelf(collection.get(where=_where(object=object), include=_ALL))

        with self._folder.reading() as client:
            return self._healing(client, read)

    def nearest(self, query: NDArray[np.float32], n: int, *, kinds: Sequence[str] = (), **equal: str) -> Shelf:
        """The `n` nearest facts to the unit vector `query` by Chroma's index, of `kinds` where any are named."""

        def read(client: ClientAPI) -> Shelf:
            found: Any = self._open(client).query(
                query_embeddings=query[None], n_results=n, where=_where(kinds, **equal), include=_ALL
            )
            return _shelf({key: found[key][0] for key in ("ids", "documents", "metadatas", "embeddings")})

        with self._folder.reading() as client:
            return self._healing(client, read)

    def _open(self, client: ClientAPI) -> Any:
        return open_collection(client, self._folder.path, _NAME, self._embedding)

    def _healing(self, client: ClientAPI, work: Callable[[ClientAPI], T]) -> T:
        """`work(client)`; where the vector index is damaged it is built anew from the texts and the work repeated."""
        from chromadb.errors import InternalError

        try:
            return work(client)
        except InternalError as error:
            damaged = str(error)
        try:
            rebuild(client, self._open(client), lambda page: self._embed(page["documents"]))
        except InternalError:
            raise RunFailed(str(self._folder.path), f"damaged ({damaged[:120]})", "restore a copy of it") from None
        return work(client)


def better(old: Fact, new: Fact) -> bool:
    """True where `new`, the same sentence, comes from a better source or says something else of its kind."""
    changed = (old.kind, old.allows) != (new.kind, new.allows)
    return RANK[new.source] > RANK[old.source] or (changed and RANK[new.source] == RANK[old.source])


def _where(kinds: Sequence[str] = (), **equal: str) -> Any:
    parts: list[Any] = [{key: value} for key, value in equal.items()]
    if kinds:
        parts.append({"kind": {"$in": list(kinds)}})
    return None if not parts else parts[0] if len(parts) == 1 else {"$and": parts}


def _metadata(fact: Fact) -> dict[str, str]:
    return {
        "object": fact.object,
        "kind": fact.kind,
        "source": fact.source,
        "allows": "|".join(fact.allows),
        "origin": fact.origin,
        "digest": fact.digest,
        "created": datetime.now(UTC).isoformat(),
    }


def _facts(rows: Any) -> list[Fact]:
    return [
        Fact(
            id=id,
            text=text,
            object=data["object"],
            kind=data["kind"],
            source=data["source"],
            allows=tuple(t for t in data["allows"].split("|") if t),
            origin=data["origin"],
            digest=data["digest"],
        )
        for id, text, data in zip(rows["ids"], rows["documents"], rows["metadatas"], strict=True)
    ]


def _shelf(rows: Any) -> Shelf:
    facts = _facts(rows)
    # By id: equal content is recalled alike wherever it was added in another order.
    order = sorted(range(len(facts)), key=lambda i: facts[i].id)
    if not facts:
        return Shelf((), np.zeros((0, 0), np.float32))
    vectors = np.asarray(rows["embeddings"], np.float32)
    return Shelf(tuple(facts[i] for i in order), vectors[order])
