"""Facts as rows of a Chroma collection: writing, reading, searching, and healing a damaged index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..schema import Fact
from .archive import Archive, Move
from .collection import Collection, Session
from .embedding import Embed
from .fact import RANK
from .failures import Busy
from .folder import ChromaFolder
from .recall import Shelf
from .versions import Event, FactVersion, event, facts_of, metadata, versions_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")
_NAME = "sage_facts"
LARGE = 50_000
"""Up to this many facts of one object are held in memory (about 3 KB each); above it Chroma's index searches, with a
filter. With 20,000 facts on one object a recall takes 6 ms in memory (2.5 s the first time) and 260 ms by the index."""


class FactTable:
    """The collection of facts in `folder`; `embedding` names the kind of vectors that it holds."""

    def __init__(self, folder: ChromaFolder, embed: Embed, embedding: str) -> None:
        self._folder, self._embed, self._embedding = folder, embed, embedding
        self._archive = Archive()
        folder.makers[_NAME] = lambda rows: embed(rows["documents"])

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

        def write(session: Session) -> tuple[int, int, int]:
            self._settle(session)
            held = {v.fact.id: v for v in versions_of(self._open(session).get(ids=ids))}
            past = self._archive.known(session, [id for id in ids if id not in held])
            new = [f for f in facts if f.id not in held and f.id not in past]
            self._show(session, [FactVersion(f, f.id, began) for f in new], vectors)
            raised = event("raised", began.by, began.why)
            moves = [
                Move(
                    held[f.id]._replace(ended=raised),
                    FactVersion(_next(held[f.id], f), held[f.id].lineage, raised),
                )
                for f in facts
                if f.id in held and better(held[f.id].fact, f)
            ]
            self._carry_out(session, moves)
            return len(new), len(moves), len(past)

        return self._writing(write)

    def held_vectors(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors that the store holds, by id."""
        with self._folder.reading() as session:
            rows = self._open(session).get(ids=list(ids), vectors=True)
        return dict(zip(rows["ids"], rows["embeddings"], strict=True))

    def vectors(self, facts: Sequence[Fact]) -> dict[str, NDArray[np.float32]]:
        """The vectors of those facts that the store does not know, by id."""
        ids = [f.id for f in facts]
        with self._folder.reading() as session:
            there = {f.id for f in facts_of(self._open(session).get(ids=ids))}
            there |= self._archive.known(session, ids).keys()
        fresh = [f for f in facts if f.id not in there]
        return dict(zip((f.id for f in fresh), self._embed([f.text for f in fresh]), strict=True)) if fresh else {}

    def change(self, choose: Callable[[Session], list[Move]]) -> list[Move]:
        """Carry out what `choose` says once nobody else can write; it reads through `standing` and `past`."""
        moves: list[Move] = []

        def write(session: Session) -> None:
            self._settle(session)
            moves[:] = choose(session)
            self._carry_out(session, moves)

        self._writing(write)
        return moves

    def revive(self, choose: Callable[[Session], list[FactVersion]]) -> list[FactVersion]:
        """Let the versions that `choose` names hold again."""
        chosen: list[FactVersion] = []

        def write(session: Session) -> None:
            self._settle(session)
            chosen[:] = choose(session)
            self._show(session, chosen)

        self._writing(write)
        return chosen

    def standing(self, session: Session, **equal: str) -> list[FactVersion]:
        """The versions that hold and whose `lineage`, `object` or `origin` is as given."""
        return versions_of(self._open(session).get(where=_where(**equal)))

    def standing_by_id(self, session: Session, id: str) -> FactVersion | None:
        """The version that holds under this fact's id."""
        return next(iter(versions_of(self._open(session).get(ids=[id]))), None)

    def standing_in(self, session: Session, lineage: str) -> list[FactVersion]:
        """The version of a lineage that holds, if one does. (Rows of format 1 have no lineage: they are their own.)"""
        first = self.standing_by_id(session, lineage)
        own = [first] if first and first.lineage == lineage else []
        return own or self.standing(session, lineage=lineage)

    def lineages(self, session: Session, lineages: Sequence[str]) -> set[str]:
        """Those of `lineages` of which a version holds."""
        if not lineages:
            return set()
        wanted: Any = {"lineage": {"$in": list(lineages)}}
        rows = [
            *versions_of(self._open(session).get(where=wanted)),
            *versions_of(self._open(session).get(ids=list(lineages))),
        ]
        return {v.lineage for v in rows}

    def past(self, session: Session, **equal: str) -> list[FactVersion]:
        """The versions that ended and whose `lineage` or `object` is as given."""
        return self._archive.versions(session, **equal)

    def lineage(self, session: Session, id: str) -> str | None:
        """The lineage that this fact's id belongs to, whether it holds or not."""
        held = self.standing_by_id(session, id)
        return held.lineage if held else self._archive.known(session, [id]).get(id)

    def looking(self, look: Callable[[Session], T]) -> T:
        """`look(session)` on a store in which no change is half done."""
        self.settle()
        with self._folder.reading() as session:
            return look(session)

    def settle(self) -> None:
        """Finish a change that a kill left half done (else an edited fact and the one before would both hold)."""
        with self._folder.reading() as session:
            half = bool(self._archive.unfinished(session))
        if half:
            # Whoever writes just now settles it as well, and first of all.
            with suppress(Busy), self._folder.writing(wait=False) as session:
                self._settle(session)

    def by_ids(self, ids: Sequence[str]) -> list[Fact]:
        """The facts of those ids that exist."""
        with self._folder.reading() as session:
            return facts_of(self._open(session).get(ids=list(ids)))

    def where(self, **equal: str) -> list[Fact]:
        """The facts whose `object`, `kind` or `source` is as given, in the order in which they were added."""
        with self._folder.reading() as session:
            return facts_of(self._open(session).get(where=_where(**equal)))

    def count(self, object: str | None = None) -> int:
        """How many facts there are, of one object where it is named."""
        with self._folder.reading() as session:
            return self._open(session).count(None if object is None else _where(object=object))

    def erase(self, id: str) -> None:
        """Delete a fact with every version it had; nothing happens where there is none."""

        def write(session: Session) -> None:
            self._settle(session)
            lineage = self.lineage(session, id)
            if lineage:
                self._open(session).delete([v.fact.id for v in self.standing_in(session, lineage)])
                self._archive.forget(session, lineage)

        self._writing(write)

    def shelf(self, object: str) -> Shelf:
        """All facts and vectors of one object; an empty `large` one where they are more than `LARGE`."""
        with self._folder.reading() as session:
            collection, there = self._open(session), _where(object=object)
            if len(collection.ids(there, limit=LARGE + 1)) > LARGE:
                return Shelf.empty(large=True)
            return _shelf(collection.get(where=there, vectors=True))

    def nearest(self, query: NDArray[np.float32], n: int, *, kinds: Sequence[str] = (), **equal: str) -> Shelf:
        """The `n` nearest facts to the unit vector `query` by Chroma's index, of `kinds` where any are named."""
        with self._folder.reading() as session:
            return _shelf(self._open(session).nearest(query, n, _where(kinds, **equal)))

    def _open(self, session: Session) -> Collection:
        return session.collection(_NAME, self._embedding)

    def _show(
        self, session: Session, versions: Sequence[FactVersion], made: Mapping[str, NDArray[np.float32]] | None = None
    ) -> None:
        """Let these versions hold: from now on they are recalled. `made`: vectors by fact id, as far as there are."""
        if not versions:
            return
        vectors = dict(made or {})
        late = [v.fact for v in versions if v.fact.id not in vectors]
        if late:
            vectors |= dict(zip((f.id for f in late), self._embed([f.text for f in late]), strict=True))
        self._open(session).put(
            [v.fact.id for v in versions],
            [v.fact.text for v in versions],
            [metadata(v) for v in versions],
            np.stack([vectors[v.fact.id] for v in versions]),
        )

    def _carry_out(self, session: Session, moves: Sequence[Move]) -> None:
        """History first: a kill at any point leaves either the old state, or what the next write finishes."""
        if not moves:
            return
        self._archive.begin(session, moves)
        new = [m.new for m in moves if m.new]
        same = [m.new for m in moves if m.new and m.new.fact.id == m.old.fact.id]
        if same:  # the same words: their vector stays
            ids, texts = [v.fact.id for v in same], [v.fact.text for v in same]
            self._open(session).restate(ids, texts, [metadata(v) for v in same])
        self._show(session, [v for v in new if v not in same])
        gone = {m.old.fact.id for m in moves} - {v.fact.id for v in new}
        if gone:
            self._open(session).delete(sorted(gone))
        self._archive.finish(session, moves)

    def _settle(self, session: Session) -> None:
        """Finish what a killed process began."""
        self._carry_out(session, self._archive.unfinished(session))

    def _writing(self, work: Callable[[Session], T]) -> T:
        with self._folder.writing() as session:
            return work(session)


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
    vectors = rows["embeddings"]
    return Shelf(tuple(facts[i] for i in order), vectors[order])
