"""The fact store: facts by object in Chroma, recalled by meaning, shared by several processes.

Importing this module loads neither torch nor Chroma; the first call that needs them does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInput
from ..schema import Fact, RecalledFact
from .alike import unlike
from .collection import PAGE
from .documents import Documents
from .embedding import Embed
from .embedding import embed as minilm
from .fact import KINDS, fact_id, make_fact, remade
from .folder import open_folder
from .injection import Screen
from .marks import Marks
from .objects import normal_name
from .recall import GENERIC, choose, choose_anywhere, cite, generic_direction
from .report import AddReport
from .revisions import Revisions
from .shelves import Shelves
from .starter import STARTER_MARK, starter_facts
from .table import FactTable, better
from .taxonomy import Taxonomy
from .versions import FactVersion, event

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["AddReport", "FactStore", "fact_id", "make_fact"]


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
        self._revisions = Revisions(self._table)
        self._screen = Screen(embed)
        self.documents = Documents(self._folder)
        self._marks = Marks(self._folder)
        self.taxonomy = Taxonomy(self._folder)
        self._shelves = Shelves(self._folder, self._table, self.taxonomy)
        self._digests: tuple[str, dict[str, str]] = "", {}
        self._vector = lru_cache(maxsize=512)(lambda text: self._embed([text])[0])
        self._generic = lru_cache(maxsize=1)(lambda: generic_direction(self._embed(GENERIC)))

    def add(self, facts: Iterable[Fact], *, by: str = "", alike: bool = True, screen: bool = False) -> AddReport:
        """Store facts, added `by` whom; the same text about the same object is kept once, under its best source.

        Ids, digests and names are made anew: a fact from elsewhere cannot carry a false one. Written in pages of 500.

        Args:
            alike: False leaves out, as duplicates, what a fact on the same object says in the same words in another
                order or form already (alike.py).
            screen: True puts what reads like an instruction to the model into quarantine (injection.py); it counts as
                withheld.

        Raises:
            BadInput: a fact's text is not one sentence of 8..300 characters (nothing is stored then).
        """
        given = list(facts)
        unique: dict[str, Fact] = {}
        for fact in given:
            made = remade(fact)
            if made.id not in unique or better(unique[made.id], made):
                unique[made.id] = made
        added = updated = withheld = 0
        began = event("added", by)
        rows = list(unique.values())
        for start in range(0, len(rows), PAGE):
            page = rows[start : start + PAGE]
            vectors = self._table.vectors(page)
            if screen:
                page, caught = self.screened(page, vectors)
                withheld += len(caught)
                for fact, why in caught:
                    self.quarantine([fact], by=by, why=why)
            if not alike:
                page = unlike(page, vectors, self._shelves.near)
            new, raised, kept = self._table.put(page, began, vectors) if page else (0, 0, 0)
            added, updated, withheld = added + new, updated + raised, withheld + kept
        return AddReport(added, len(given) - added - updated - withheld, updated, withheld)

    def vectors(self, facts: Iterable[Fact]) -> dict[str, NDArray[np.float32]]:
        """The vectors of facts that are in the store, by id."""
        return self._table.held_vectors([f.id for f in facts])

    def screened(
        self, facts: Iterable[Fact], vectors: Mapping[str, NDArray[np.float32]] | None = None
    ) -> tuple[list[Fact], list[tuple[Fact, str]]]:
        """Facts that are fine, and those worded like an instruction, with the reason; `vectors` by id tell more."""
        told = [(f, self._screen.why(f, (vectors or {}).get(f.id))) for f in facts]
        return [f for f, why in told if not why], [(f, why) for f, why in told if why]

    def quarantine(self, facts: Iterable[Fact], *, by: str = "", why: str = "") -> int:
        """Keep facts, in the store or not yet, out of recall until a person approves them: how many they are now.

        What was edited, retired or quarantined before stays as it is.
        """
        return self._revisions.quarantine([remade(f) for f in facts], by, why)

    def approve(self, id: str, *, by: str = "", why: str = "") -> Fact:
        """Let a quarantined fact hold: a person read it and agrees.

        Raises:
            BadInput: no such fact, or it is not in quarantine.
        """
        return self._revisions.approve(id, by, why)

    def get(self, id: str) -> Fact:
        """The fact with this store id.

        Raises:
            BadInput: no such fact, or it does not hold any more (then `history` tells).
        """
        found = self._table.by_ids([id])
        return found[0] if found else self._revisions.held(id).fact

    def get_many(self, ids: Sequence[str]) -> dict[str, Fact]:
        """The facts with these store ids, by id; ids that are not there (any more) are left out."""
        return {fact.id: fact for fact in self._table.by_ids(list(ids))} if ids else {}

    def edit(self, id: str, *, by: str = "", why: str = "", **changes: Any) -> Fact:
        """Make the next version of a fact and return it; the one before is kept in its history.

        Args:
            by, why: the author, and the reason in one line.
            changes: any of `text`, `object`, `kind`, `source`, `allows`, `criterion`, `origin`; the rest stays. With
                another text or object the fact has another id.

        Raises:
            BadInput: no such fact, it does not hold any more, nothing would change, the result is no valid fact, or it
                is a fact already.
        """
        return self._revisions.edit(id, changes, by, why)

    def retire(self, id: str, *, by: str = "", why: str = "") -> Fact:
        """Take a fact out of recall for good; it stays in its history, and adding it again does not bring it back.

        Raises:
            BadInput: no such fact, or it does not hold any more.
        """
        return self._revisions.withdraw([id], "retired", by, why)[0]

    def restore(self, id: str, *, by: str = "", why: str = "") -> Fact:
        """Let a retired or quarantined fact hold again, as its next version.

        Raises:
            BadInput: no such fact, or it (or a later version of it) holds.
        """
        return self._revisions.restore(id, by, why)

    def history(self, id: str) -> tuple[FactVersion, ...]:
        """Every version of the fact that has or had this id, oldest first.

        Raises:
            BadInput: no such fact, now or before.
        """
        return self._revisions.history(id)

    def withdrawn(self, object: str | None = None, *, action: str = "") -> tuple[FactVersion, ...]:
        """Facts that were `retired` or `quarantined` (one of them where `action` says which) and not restored."""
        return self._revisions.withdrawn(None if object is None else normal_name(object), action)

    def remove(self, id: str) -> Fact:
        """Erase a fact and its history, and return it: for trial stores, and where the law asks for it.

        Everywhere else `retire` is what is wanted; the command line has only that.

        Raises:
            BadInput: no such fact, or it does not hold any more.
        """
        fact = self.get(id)
        self._table.erase(id)
        return fact

    def list(self, object: str | None = None) -> list[Fact]:
        """All facts, or those about one object (any spelling), in the order in which they were added."""
        return self._table.where(**({} if object is None else {"object": normal_name(object)}))

    def count(self, object: str | None = None, *, inherited: bool = False) -> int:
        """How many facts there are, of one object where it is named (any spelling), with what it inherits if asked."""
        if object is None:
            return self._table.count()
        name = normal_name(object)
        kin = [k.name for k in self.taxonomy.kin(name)] if inherited else [name]
        own = [(k, self._shelves.own(k)) for k in kin]
        return sum(self._table.count(k) if shelf.large else len(shelf.facts) for k, shelf in own)

    def objects(self) -> dict[str, int]:
        """Names of all objects with their number of facts, by name."""
        counts: dict[str, int] = {}
        for fact in self.list():
            counts[fact.object] = counts.get(fact.object, 0) + 1
        return dict(sorted(counts.items()))

    def criteria(self, object: str) -> tuple[Fact, ...]:
        """Every `criterion` fact that holds for an object (any spelling): what may decide without being recalled.

        Its own first, then those of its kinds, less those that a nearer one overrules.
        """
        return self._shelves.criteria(normal_name(object))

    def digest(self, object: str | None = None) -> str:
        """sha256 hex of the content of all facts, or of those that hold for one object: not of time or version.

        For cache keys: equal content gives an equal digest on every machine. Kept until the next write.
        """
        stamp, known = self._folder.stamp(), self._digests
        if known[0] != stamp:
            known = self._digests = stamp, {}
        key = "" if object is None else normal_name(object)
        if key not in known[1]:
            if object is None:
                told = [f"{r.object} is a {r.kind}" for r in self.taxonomy.relations()]
                lines = [*told, *map(_content, self.list())]
            else:
                lines = [f"{_content(f)}{k.distance or ''}" for k in self.taxonomy.kin(key) for f in self.list(k.name)]
            known[1][key] = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
        return known[1][key]

    def recall(
        self, question: str, *, object: str | None = None, k: int = 8, kinds: Collection[str] | None = None
    ) -> tuple[RecalledFact, ...]:
        """The `k` facts that fit best, diverse rather than alike, as `F1` ... `Fk` by falling rank.

        Args:
            question: the user's words or what the comparison saw; "" recalls by the object alone.
            object: its name in any spelling. Only facts on it and on what it is a kind of come then, nearer ones first
                at like relevance, without criteria that a nearer one overrules; () where nothing is known of it.
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
        if not self.count(name, inherited=True):
            return ()
        query = self._vector(asked or name)
        shelf = self._shelves.holding(name, query, near)
        return cite(choose(shelf.only(kinds) if kinds else shelf, query, k, asked))

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


def _content(fact: Fact) -> str:
    limit = fact.criterion.model_dump_json() if fact.criterion else ""
    return f"{fact.id} {fact.digest} {fact.kind} {fact.source} {fact.allows}{limit}"
