"""What is a kind of what: `mainboard 7` is a `printed circuit board` is a `board`. A fact on a kind holds for all."""

from __future__ import annotations

import hashlib
import threading
from typing import NamedTuple

from ..errors import BadInput
from .collection import Collection, Session
from .folder import ChromaFolder
from .objects import normal_name
from .versions import event

_NAME = "sage_taxonomy"


class Relation(NamedTuple):
    """`object` is a kind of `kind` (names as the store keeps them), told `by` whom and when (UTC, ISO 8601)."""

    object: str
    kind: str
    by: str = ""
    at: str = ""


class Kin(NamedTuple):
    """A name whose facts hold for an object: `distance` 0 is the object itself, 1 what it is a kind of, and so on."""

    name: str
    distance: int


class Taxonomy:
    """The kinds in a store's folder. An object may be of several kinds (a `printed circuit board` and a `spare part`).

    Every method may raise `BadInput` (the folder cannot be used) and `RunFailed` (the disk or Chroma failed).
    """

    def __init__(self, folder: ChromaFolder) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        self._stamp = ""
        self._held: tuple[Relation, ...] = ()

    def tell(self, object: str, kind: str, *, by: str = "") -> Relation:
        """Note that `object` is a kind of `kind` (any spellings); telling it again changes nothing.

        Raises:
            BadInput: a name is missing, or the object would be a kind of itself, by whatever detour.
        """
        child, parent = _named(object), _named(kind)
        said = event("told", by)
        relation = Relation(child, parent, said.by, said.at)
        with self._folder.writing() as session:
            held = self._read(session)
            there = next((r for r in held if r[:2] == relation[:2]), None)
            if there:
                return there
            detour = _path(held, parent, child)
            if detour:
                raise BadInput(
                    f"'{child}' is a '{parent}'",
                    "that closes a circle: " + ", which is a ".join(f"'{n}'" for n in [child, *detour]),
                    "an object cannot be a kind of itself",
                )
            self._open(session).put([_id(child, parent)], [f"{child} is a {parent}"], [relation._asdict()])
        return relation

    def untell(self, object: str, kind: str) -> Relation:
        """Take back that `object` is a kind of `kind`.

        Raises:
            BadInput: nobody said so.
        """
        child, parent = _named(object), _named(kind)
        with self._folder.writing() as session:
            there = next((r for r in self._read(session) if r[:2] == (child, parent)), None)
            if there is None:
                raise BadInput(f"'{child}' is a '{parent}'", "nobody said so", "see: sage-inspect knowledge taxonomy")
            self._open(session).delete([_id(child, parent)])
        return there

    def relations(self) -> tuple[Relation, ...]:
        """All that was told, by names; from memory where nothing was written since."""
        with self._lock:
            stamp = self._folder.stamp()
            if stamp != self._stamp or not stamp:
                with self._folder.reading() as session:
                    self._held = self._read(session)
                    self._stamp = self._folder.stamp()
            return self._held

    def kin(self, object: str) -> tuple[Kin, ...]:
        """The object itself and all it is a kind of, nearest first; at equal distance by name."""
        name = normal_name(object)
        above: dict[str, list[str]] = {}
        for relation in self.relations():
            above.setdefault(relation.object, []).append(relation.kind)
        found = {name: 0}
        level = [name]
        while level:
            level = sorted({k for n in level for k in above.get(n, ()) if k not in found})
            found |= dict.fromkeys(level, max(found.values()) + 1)
        return tuple(Kin(n, d) for n, d in found.items())

    def _read(self, session: Session) -> tuple[Relation, ...]:
        return tuple(sorted(Relation(**row) for row in self._open(session).get()["metadatas"]))

    def _open(self, session: Session) -> Collection:
        return session.collection(_NAME, "none")


def tree(relations: tuple[Relation, ...]) -> list[str]:
    """The kinds as indented lines, widest kinds first; what is of several kinds stands under each of them."""
    below: dict[str, list[str]] = {}
    for relation in relations:
        below.setdefault(relation.kind, []).append(relation.object)
    lines: list[str] = []

    def walk(name: str, depth: int) -> None:
        lines.append("  " * depth + name)
        for child in sorted(below.get(name, ())):
            walk(child, depth + 1)

    for top in sorted(set(below) - {r.object for r in relations}):
        walk(top, 0)
    return lines


def _named(name: str) -> str:
    known = normal_name(name)
    if not known:
        raise BadInput(f"object '{name}'", "it has no name", "name the object")
    return known


def _path(relations: tuple[Relation, ...], start: str, goal: str) -> list[str]:
    """Names from `start` upwards to `goal`, [] where it is not reached."""
    ways = [[start]]
    seen = {start}
    for way in ways:  # grows while it is walked
        if way[-1] == goal:
            return way
        for relation in relations:
            if relation.object == way[-1] and relation.kind not in seen:
                seen.add(relation.kind)
                ways.append([*way, relation.kind])
    return []


def _id(child: str, parent: str) -> str:
    return hashlib.sha256(f"{child}\n{parent}".encode("utf-8", "replace")).hexdigest()[:32]
