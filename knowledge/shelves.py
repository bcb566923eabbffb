"""What is known of an object, its own facts and those of all it is a kind of, kept in memory until the next write."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from ..schema import Fact
from .folder import ChromaFolder
from .recall import Shelf
from .stance import overruled
from .table import FactTable
from .taxonomy import Taxonomy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HELD = 50_000
"""So many facts are kept in memory (about 3 KB each); of the objects that were asked for longest ago none are then."""


class Shelves:
    """The facts that hold for an object, by its name as the store keeps it. Safe to share between threads."""

    def __init__(self, folder: ChromaFolder, table: FactTable, taxonomy: Taxonomy) -> None:
        self._folder, self._table, self._taxonomy = folder, table, taxonomy
        self._lock = threading.RLock()
        self._stamp = ""
        self._own: OrderedDict[str, Shelf] = OrderedDict()
        self._all: OrderedDict[str, Shelf] = OrderedDict()

    def own(self, name: str) -> Shelf:
        """The facts on this very name; `large` and empty where they are too many to hold."""
        with self._lock:
            self._refresh()
            return _kept(self._own, name) or _keep(self._own, name, self._table.shelf(name))

    def holding(self, name: str, query: NDArray[np.float32], near: int) -> Shelf:
        """The facts that hold for an object, each with its distance; what a nearer criterion overrules is left out.

        Args:
            query: unit vector [d]; where an object has too many facts to hold, only the `near` nearest to it come,
                and as many criteria.
        """
        with self._lock:
            self._refresh()
            known = _kept(self._all, name)
            if known:
                return known
            kin = self._taxonomy.kin(name)
            own = [self.own(k.name) for k in kin]
            levels = [s if not s.large else self._nearest(k.name, query, near) for k, s in zip(kin, own, strict=True)]
            if len(kin) == 1:
                return levels[0]
            shelf = _joined(levels, [k.distance for k in kin])
            return shelf if any(s.large for s in own) else _keep(self._all, name, shelf)

    def near(self, name: str, query: NDArray[np.float32]) -> Shelf:
        """The facts on this very name, or of too many to hold those near `query`."""
        own = self.own(name)
        return self._table.nearest(query, 8, object=name) if own.large else own

    def criteria(self, name: str) -> tuple[Fact, ...]:
        """Every criterion that holds for an object, its own first, then by id."""
        with self._lock:
            self._refresh()
            levels: dict[int, list[Fact]] = {}
            for kin in self._taxonomy.kin(name):
                shelf = self.own(kin.name)
                facts = self._table.where(object=kin.name, kind="criterion") if shelf.large else shelf.facts
                levels.setdefault(kin.distance, []).extend(f for f in facts if f.kind == "criterion")
            gone = overruled(list(levels.values()))
            return tuple(f for level in levels.values() for f in sorted(level, key=lambda f: f.id) if f.id not in gone)

    def _nearest(self, name: str, query: NDArray[np.float32], near: int) -> Shelf:
        rules = self._table.nearest(query, near, object=name, kind="criterion")
        return self._table.nearest(query, near, object=name).joined(rules)

    def _refresh(self) -> None:
        """Forget what was read before another write (the caller holds the lock)."""
        if self._folder.stamp() != self._stamp:
            self._table.settle()
            self._own.clear()
            self._all.clear()
            self._stamp = self._folder.stamp()


def _joined(levels: list[Shelf], distances: list[int]) -> Shelf:
    by_distance: dict[int, list[Fact]] = {}
    for shelf, distance in zip(levels, distances, strict=True):
        by_distance.setdefault(distance, []).extend(shelf.facts)
    gone = overruled(list(by_distance.values()))
    whole, said = Shelf.empty(), set[str]()
    for shelf, distance in zip(levels, distances, strict=True):
        # The same words on a wider kind say nothing more.
        kept = [i for i, f in enumerate(shelf.facts) if f.id not in gone and f.text not in said]
        said |= {f.text for f in shelf.facts}
        whole = whole.joined(shelf.rows(kept).at(distance))
    return whole


def _kept(held: OrderedDict[str, Shelf], name: str) -> Shelf | None:
    if name not in held:
        return None
    held.move_to_end(name)
    return held[name]


def _keep(held: OrderedDict[str, Shelf], name: str, shelf: Shelf) -> Shelf:
    held[name] = shelf
    while len(held) > 1 and sum(len(s.facts) for s in held.values()) > HELD:
        held.popitem(last=False)
    return shelf
