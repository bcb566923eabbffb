"""Versions of facts that hold no longer: replaced, retired or quarantined. Nothing in here is ever recalled.

They lie in a collection of their own, so that the common query needs no filter. Each is written *before* the facts are
changed and is `open` until they were: a kill in between is put right by the next write (`FactTable.settle`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .collection import Collection, Session
from .versions import FactVersion, from_json, to_json

_NAME = "sage_history"


class Move(NamedTuple):
    """A version that ends (`old.ended` says how) and the one that takes its place, None where none does."""

    old: FactVersion
    new: FactVersion | None = None


class Archive:
    """The collection of ended versions; the caller hands the session in."""

    def begin(self, session: Session, moves: Sequence[Move]) -> None:
        """Keep the old versions of `moves`, which are still to be carried out."""
        self._write(session, moves, open=True)

    def finish(self, session: Session, moves: Sequence[Move]) -> None:
        """Note that `moves` were carried out."""
        self._write(session, moves, open=False)

    def unfinished(self, session: Session) -> list[Move]:
        """What was begun and not carried out."""
        rows = self.collection(session).get(where={"open": True})["metadatas"]
        return [Move(from_json(row["old"]), from_json(row["new"]) if row["new"] else None) for row in rows]

    def known(self, session: Session, ids: Sequence[str]) -> dict[str, str]:
        """Of these facts' ids those that a version in here has, each with its lineage."""
        rows = self.collection(session).get(where={"fact": {"$in": list(ids)}})["metadatas"]
        return {row["fact"]: row["lineage"] for row in rows}

    def versions(self, session: Session, **equal: str) -> list[FactVersion]:
        """The versions whose `lineage` or `object` is as given, by lineage and number; without, all."""
        where: Any = [{key: value} for key, value in equal.items()]
        chosen = None if not where else where[0] if len(where) == 1 else {"$and": where}
        rows = self.collection(session).get(where=chosen)["metadatas"]
        return sorted((from_json(row["old"]) for row in rows), key=lambda v: (v.lineage, v.fact.version))

    def forget(self, session: Session, lineage: str) -> None:
        """Delete every version of a lineage, for good."""
        collection = self.collection(session)
        collection.delete(collection.ids({"lineage": lineage}))

    def collection(self, session: Session) -> Collection:
        """The collection."""
        return session.collection(_NAME, "none")

    def _write(self, session: Session, moves: Sequence[Move], *, open: bool) -> None:
        self.collection(session).put(
            [f"{m.old.lineage}:{m.old.fact.version:06d}" for m in moves],
            [m.old.fact.text for m in moves],
            [
                {
                    "fact": m.old.fact.id,
                    "lineage": m.old.lineage,
                    "object": m.old.fact.object,
                    "old": to_json(m.old),
                    "new": to_json(m.new) if m.new else "",
                    "open": open,
                }
                for m in moves
            ],
        )
