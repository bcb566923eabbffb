"""The fact store: facts by object in Chroma, recalled by meaning, shared by several processes.

Importing this module loads neither torch nor Chroma; the first call that needs them does.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ..errors import BadInput
from ..schema import Fact, RecalledFact
from .collection import PAGE
from .embedding import Embed
from .embedding import embed as minilm
from .fact import KINDS, fact_id, make_fact
from .folder import open_folder
from .marks import Marks
from .objects import normal_name
from .recall import GENERIC, Shelf, choose, choose_anywhere, cite, generic_direction
from .starter import STARTER_MARK, starter_facts
from .table import FactTable, better

__all__ = ["AddReport", "FactStore", "fact_id", "make_fact"]

_SHELVES = 64


class AddReport(NamedTuple):
    """How many facts were new, there already, or there already and raised to a better source or a new kind."""

    added: int
    duplicates: int
    updated: int = 0


class FactStore:
    """Facts in the Chroma folder `path`, made at first use. Safe to share between threads and processes.

    Args:
        path: folder, e.g. `settings.chroma_dir`; it may hold golden images as well.
        embed: texts to unit vectors float32 [n, d]; a function of another kind than MiniLM needs an attribute
            `embedding_name`, so that vectors of different kinds never meet in one store.

    Every method may raise `BadInput` (the folder cannot be used: a file, foreign, damaged, written by a newer
    version, not writable) and `RunFailed` (the disk or Chroma failed, weights missing).
    """

    def __init__(self, path: Path, *, embed: Embed = minilm) -> None:
        self.path = Path(path)
        self._embed = embed
        self._folder = open_folder(self.path)
        self._table = FactTable(self._folder, embed, str(getattr(embed, "embedding_name", "all-MiniLM-L6-v2")))
        self._marks = Marks(self._folder)
        self._lock = threading.RLock()
        self._shelves: OrderedDict[str, Shelf] = OrderedDict()
        self._digests: dict[str, str] = {}
        self._stamp: tuple[str, int] = ("", 0)
        self._vector = lru_cache(maxsize=512)(lambda text: self._embed([text])[0])
        self._generic = lru_cache(maxsize=1)(lambda: generic_direction(self._embed(GENERIC)))

    def add(self, facts: Iterable[Fact]) -> AddReport:
        """Store facts; the same text about the same object is kept once, under its best source.

        Ids, digests and object names are made anew, so a fact from elsewhere cannot carry a false one. Written in
        pages of 500: whoever reads meanwhile sees whole facts only.

        Raises:
            BadInput: a fact's text is not one sentence of 8..300 characters (nothing is stored then).
        """
        given = list(facts)
        unique: dict[str, Fact] = {}
        for fact in given:
            made = make_fact(
                fact.text, fact.object, fact.kind, source=fact.source, allows=fact.allows, origin=fact.origin
            )
            if made.id not in unique or better(unique[made.id], made):
                unique[made.id] = made
        added = updated = 0
        rows = list(unique.values())
        for start in range(0, len(rows), PAGE):
            new, raised = self._table.put(rows[start : start + PAGE])
            added, updated = added + new, updated + raised
        return AddReport(added, len(given) - added - updated, updated)

    def get(self, id: str) -> Fact:
        """The fact with this store id.

        Raises:
            BadInput: no such fact.
        """
        found = self._table.by_ids([id])
        if not found:
            raise BadInput(f"fact '{id}'", "no such fact in the store", "list the facts to see their ids")
        return found[0]

    def get_many(self, ids: Sequence[str]) -> dict[str, Fact]:
        """The facts with these store ids, by id; ids that are not there (any more) are left out."""
        return {fact.id: fact for fact in self._table.by_ids(list(ids))} if ids else {}

    def remove(self, id: str) -> Fact:
        """Delete a fact and return it.

        Raises:
            BadInput: no such fact.
        """
        fact = self.get(id)
        self._table.delete(id)
        return fact

    def list(self, object: str | None = None) -> list[Fact]:
        """All facts, or those about one object (any spelling), in the order in which they were added."""
        return self._table.where(**({} if object is None else {"object": normal_name(object)}))

    def count(self, object: str | None = None) -> int:
        """How many facts there are, of one object where it is named (any spelling)."""
        if object is None:
            return self._table.count()
        shelf = self._shelf(normal_name(object))
        return self._table.count(normal_name(object)) if shelf.large else len(shelf.facts)

    def objects(self) -> dict[str, int]:
        """Names of all objects with their number of facts, by name."""
        counts: dict[str, int] = {}
        for fact in self.list():
            counts[fact.object] = counts.get(fact.object, 0) + 1
        return dict(sorted(counts.items()))

    def criteria(self, object: str) -> tuple[Fact, ...]:
        """Every `criterion` fact of an object (any spelling): what may decide a verdict without being recalled."""
        name = normal_name(object)
        shelf = self._shelf(name)
        facts = self._table.where(object=name, kind="criterion") if shelf.large else shelf.facts
        return tuple(sorted((f for f in facts if f.kind == "criterion"), key=lambda f: f.id))

    def digest(self, object: str | None = None) -> str:
        """sha256 hex of the content (text, kind, source, allows; not the time): of all facts or of one object's.

        For cache keys: equal content gives an equal digest on every machine. Kept until the next write.
        """
        key = "" if object is None else normal_name(object)
        with self._lock:
            self._refresh()
            known = self._digests.get(key)
            if known is None:
                lines = sorted(f"{f.id} {f.digest} {f.kind} {f.source} {f.allows}" for f in self.list(object))
                known = self._digests[key] = hashlib.sha256("\n".join(lines).encode()).hexdigest()
            return known

    def recall(
        self, question: str, *, object: str | None = None, k: int = 8, kinds: Collection[str] | None = None
    ) -> tuple[RecalledFact, ...]:
        """The `k` facts that fit best, diverse rather than alike, as `F1` ... `Fk` by falling rank.

        Args:
            question: the user's words or what the comparison saw; "" recalls by the object alone.
            object: its name in any spelling. Facts of other objects never come then; () where nothing is known of it.
                Its criteria that allow something come first-class: up to half of `k` places are kept for them, and
                two more for other criteria. None: over all objects, and only what is clearly relevant (may be ()).
            k: how many at most.
            kinds: only facts of these kinds.

        Raises:
            BadInput: `k` is negative or a kind is unknown.
        """
        if k < 0:
            raise BadInput(f"k = {k}", "a number of facts cannot be negative", "give 0 or more")
        unknown = sorted(set(kinds or ()) - set(KINDS))
        if unknown:
            raise BadInput(f"kind '{unknown[0]}'", "no such kind of fact", f"use one of {', '.join(KINDS)}")
        asked, name = " ".join(question.split()), normal_name(object or "")
        if k == 0 or not (asked or name):
            return ()
        near = max(64, 4 * k)
        if not name:
            query = self._vector(asked)
            shelf = self._table.nearest(query, near, kinds=sorted(kinds or ()))
            return cite(choose_anywhere(shelf, query, self._generic(), k))
        shelf = self._shelf(name)
        if not shelf.large and not shelf.facts:
            return ()
        query = self._vector(asked or name)
        if shelf.large:
            rules = self._table.nearest(query, near, object=name, kind="criterion")
            shelf = self._table.nearest(query, near, object=name).joined(rules)
        return cite(choose(shelf.only(kinds) if kinds else shelf, query, k))

    def seed_starter(self) -> AddReport:
        """Add the curated starter pack, once in a store's life: a starter fact that was removed stays away."""
        if self._marks.has(STARTER_MARK):
            return AddReport(0, 0)
        report = self.add(starter_facts())
        self._marks.set(STARTER_MARK)
        return report

    def mark_asked(self, object: str, model: str) -> None:
        """Note that `model` was asked for facts about `object` (self-guide), whatever it answered."""
        self._marks.set(f"asked\n{normal_name(object)}\n{model}")

    def was_asked(self, object: str, model: str) -> bool:
        """True where `mark_asked` was called for these, by this or any other process."""
        return self._marks.has(f"asked\n{normal_name(object)}\n{model}")

    def _refresh(self) -> None:
        """Forget what was read before another write (the caller holds the lock)."""
        stamp = self._folder.stamp()
        if stamp != self._stamp:
            self._shelves.clear()
            self._digests.clear()
            self._stamp = stamp

    def _shelf(self, name: str) -> Shelf:
        """All facts and vectors of one object, from memory where nothing was written since."""
        with self._lock:
            self._refresh()
            if name not in self._shelves:
                self._shelves[name] = self._table.shelf(name)
                if len(self._shelves) > _SHELVES:
                    self._shelves.popitem(last=False)
            self._shelves.move_to_end(name)
            return self._shelves[name]
