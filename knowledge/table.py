"""Facts as rows of a Chroma collection: writing, reading, searching, and healing a damaged index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..errors import RunFailed
from ..schema import Fact
from .archive import Archive, Move
from .collection import open_collection, rebuild
from .embedding import Embed
from .fact import RANK
from .folder import ChromaFolder
from .recall import Shelf
from .versions import Event, FactVersion, event, facts_of, metadata, versions_of

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
        self._archive = Archive(folder)

    def put(
        self, facts: Sequence[Fact], began: Event, made: Mapping[str, NDArray[np.float32]] | None = None
    ) -> tuple[int, int, int]:
        """Add the facts (ids distinct) that are new, and raise those that became better, as their next version.

        `began` says who adds them, `made` holds their vectors by id as far as there are any.

        Returns:
            How many were added, raised, and withheld: what was edited, retired or quarantined stays so.
        """
        # Embedded before the lock is taken: it is the slow part.
        ids = [f.id for f in facts]
        vectors = self.vectors(facts) if made is None else dict(made)

        def write(client: ClientAPI) -> tuple[int, int, int]:
            self._settle(client)
            held = {v.fact.id: v for v in versions_of(self._open(client).get(ids=ids, include=_TEXT))}
            past = self._archive.known(client, [id for id in ids if id not in held])
            new = [f for f in facts if f.id not in held and f.id not in past]
            self._show(client, [FactVersion(f, f.id, began) for f in new], vectors)
            raised = event("raised", began.by, began.why)
            moves = [
                Move(
                    held[f.id]._replace(ended=raised),
                    FactVersion(_next(held[f.id], f), held[f.id].lineage, raised),
                )
                for f in facts
                if f.id in held and better(held[f.id].fact, f)
            ]
            self._carry_out(client, moves)
            return len(new), len(moves), len(past)

        return self._writing(write)

    def held_vectors(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors that the store holds, by id."""

        def read(client: ClientAPI) -> dict[str, NDArray[np.float32]]:
            rows: Any = self._open(client).get(ids=list(ids), include=["embeddings"])
            return dict(zip(rows["ids"], np.asarray(rows["embeddings"], np.float32), strict=True))

        with self._folder.reading() as client:
            return self._healing(client, read)

    def vectors(self, facts: Sequence[Fact]) -> dict[str, NDArray[np.float32]]:
        """The vectors of those facts that the store does not know, by id."""
        ids = [f.id for f in facts]
        with self._folder.reading() as client:
            there = {f.id for f in facts_of(self._open(client).get(ids=ids, include=_TEXT))}
            there |= self._archive.known(client, ids).keys()
        fresh = [f for f in facts if f.id not in there]
        return dict(zip((f.id for f in fresh), self._embed([f.text for f in fresh]), strict=True)) if fresh else {}

    def change(self, choose: Callable[[ClientAPI], list[Move]]) -> list[Move]:
        """Carry out what `choose` says once nobody else can write; it reads through `standing` and `past`."""
        moves: list[Move] = []

        def write(client: ClientAPI) -> None:
            self._settle(client)
            moves[:] = choose(client)
            self._carry_out(client, moves)

        self._writing(write)
        return moves

    def revive(self, choose: Callable[[ClientAPI], list[FactVersion]]) -> list[FactVersion]:
        """Let the versions that `choose` names hold again."""
        chosen: list[FactVersion] = []

        def write(client: ClientAPI) -> None:
            self._settle(client)
            chosen[:] = choose(client)
            self._show(client, chosen)

        self._writing(write)
        return chosen

    def standing(self, client: ClientAPI, **equal: str) -> list[FactVersion]:
        """The versions that hold and whose `lineage`, `object` or `origin` is as given."""
        return versions_of(self._open(client).get(where=_where(**equal), include=_TEXT))

    def standing_by_id(self, client: ClientAPI, id: str) -> FactVersion | None:
        """The version that holds under this fact's id."""
        return next(iter(versions_of(self._open(client).get(ids=[id], include=_TEXT))), None)

    def standing_in(self, client: ClientAPI, lineage: str) -> list[FactVersion]:
        """The version of a lineage that holds, if one does. (Rows of format 1 have no lineage: they are their own.)"""
        first = self.standing_by_id(client, lineage)
        own = [first] if first and first.lineage == lineage else []
        return own or self.standing(client, lineage=lineage)

    def lineages(self, client: ClientAPI, lineages: Sequence[str]) -> set[str]:
        """Those of `lineages` of which a version holds."""
        if not lineages:
            return set()
        wanted: Any = {"lineage": {"$in": list(lineages)}}
        rows = [
            *versions_of(self._open(client).get(where=wanted, include=_TEXT)),
            *versions_of(self._open(client).get(ids=list(lineages), include=_TEXT)),
        ]
        return {v.lineage for v in rows}

    def past(self, client: ClientAPI, **equal: str) -> list[FactVersion]:
        """The versions that ended and whose `lineage` or `object` is as given."""
        return self._archive.versions(client, **equal)

    def lineage(self, client: ClientAPI, id: str) -> str | None:
        """The lineage that this fact's id belongs to, whether it holds or not."""
        held = self.standing_by_id(client, id)
        return held.lineage if held else self._archive.known(client, [id]).get(id)

    def looking(self, look: Callable[[ClientAPI], T]) -> T:
        """`look(client)` on a store in which no change is half done."""
        self.settle()
        with self._folder.reading() as client:
            return look(client)

    def settle(self) -> None:
        """Finish a change that a kill left half done (else an edited fact and the one before would both hold)."""
        with self._folder.reading() as client:
            half = bool(self._archive.unfinished(client))
        if half:
            self._writing(self._settle)

    def by_ids(self, ids: Sequence[str]) -> list[Fact]:
        """The facts of those ids that exist."""
        with self._folder.reading() as client:
            return facts_of(self._open(client).get(ids=list(ids), include=_TEXT))

    def where(self, **equal: str) -> list[Fact]:
        """The facts whose `object`, `kind` or `source` is as given, in the order in which they were added."""
        with self._folder.reading() as client:
            return facts_of(self._open(client).get(where=_where(**equal), include=_TEXT))

    def count(self, object: str | None = None) -> int:
        """How many facts there are, of one object where it is named."""
        with self._folder.reading() as client:
            if object is None:
                return int(self._open(client).count())
            return len(self._open(client).get(where=_where(object=object), include=[])["ids"])

    def erase(self, id: str) -> None:
        """Delete a fact with every version it had; nothing happens where there is none."""

        def write(client: ClientAPI) -> None:
            self._settle(client)
            lineage = self.lineage(client, id)
            if lineage:
                self._open(client).delete(ids=[v.fact.id for v in self.standing_in(client, lineage)])
                self._archive.forget(client, lineage)

        self._writing(write)

    def shelf(self, object: str) -> Shelf:
        """All facts and vectors of one object; an empty `large` one where they are more than `LARGE`."""

        def read(client: ClientAPI) -> Shelf:
            collection = self._open(client)
            if len(collection.get(where=_where(object=object), include=[], limit=LARGE + 1)["ids"]) > LARGE:
                return Shelf.empty(large=True)
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

    def _show(
        self, client: ClientAPI, versions: Sequence[FactVersion], made: Mapping[str, NDArray[np.float32]] | None = None
    ) -> None:
        """Let these versions hold: from now on they are recalled. `made`: vectors by fact id, as far as there are."""
        if not versions:
            return
        vectors = dict(made or {})
        late = [v.fact for v in versions if v.fact.id not in vectors]
        if late:
            vectors |= dict(zip((f.id for f in late), self._embed([f.text for f in late]), strict=True))
        self._open(client).upsert(
            ids=[v.fact.id for v in versions],
            embeddings=np.stack([vectors[v.fact.id] for v in versions]).astype(np.float32),
            documents=[v.fact.text for v in versions],
            metadatas=[metadata(v) for v in versions],
        )

    def _carry_out(self, client: ClientAPI, moves: Sequence[Move]) -> None:
        """History first: a kill at any point leaves either the old state, or what the next write finishes."""
        if not moves:
            return
        self._archive.begin(client, moves)
        new = [m.new for m in moves if m.new]
        same = [m.new for m in moves if m.new and m.new.fact.id == m.old.fact.id]
        if same:  # the same words: their vector stays
            self._open(client).update(ids=[v.fact.id for v in same], metadatas=[metadata(v) for v in same])
        self._show(client, [v for v in new if v not in same])
        gone = {m.old.fact.id for m in moves} - {v.fact.id for v in new}
        if gone:
            self._open(client).delete(ids=sorted(gone))
        self._archive.finish(client, moves)

    def _settle(self, client: ClientAPI) -> None:
        """Finish what a killed process began."""
        self._carry_out(client, self._archive.unfinished(client))

    def _writing(self, work: Callable[[ClientAPI], T]) -> T:
        with self._folder.writing() as client:
            return self._healing(client, work)

    def _healing(self, client: ClientAPI, work: Callable[[ClientAPI], T]) -> T:
        """`work(client)`; where the vector index is damaged it is built anew from the texts and the work repeated."""
        from chromadb.errors import InternalError

        try:
            return work(client)
        except InternalError as error:
            damaged = str(error)
        try:
            rebuild(client, self._open(client), lambda page: self._embed(page["documents"]))
            rebuild(client, self._archive.collection(client), lambda page: np.ones((len(page["ids"]), 1), np.float32))
        except InternalError:
            raise RunFailed(str(self._folder.path), f"damaged ({damaged[:120]})", "restore a copy of it") from None
        return work(client)


def better(old: Fact, new: Fact) -> bool:
    """True where `new`, the same sentence, comes from a better source or says something else of its kind."""
    changed = (old.kind, old.allows, old.criterion) != (new.kind, new.allows, new.criterion)
    return RANK[new.source] > RANK[old.source] or (changed and RANK[new.source] == RANK[old.source])


def _where(kinds: Sequence[str] = (), **equal: str) -> Any:
    parts: list[Any] = [{key: value} for key, value in equal.items()]
    if kinds:
        parts.append({"kind": {"$in": list(kinds)}})
    return None if not parts else parts[0] if len(parts) == 1 else {"$and": parts}


def _next(old: FactVersion, fact: Fact) -> Fact:
    """`fact` as the version after `old`."""
    return fact.model_copy(update={"version": old.fact.version + 1})


def _shelf(rows: Any) -> Shelf:
    facts = facts_of(rows)
    # By id: equal content is recalled alike wherever it was added in another order.
    order = sorted(range(len(facts)), key=lambda i: facts[i].id)
    if not facts:
        return Shelf.empty()
    vectors = np.asarray(rows["embeddings"], np.float32)
    return Shelf(tuple(facts[i] for i in order), vectors[order])
