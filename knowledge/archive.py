"""Versions of facts that hold no longer: replaced, retired or quarantined. Nothing in here is ever recalled.

They lie in a collection of their own, so that the common query needs no filter. Each is written *before* the facts are
changed and is `open` until they were: a kill in between is put right by the next write (`FactTable.settle`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .collection import open_collection
from .folder import ChromaFolder
from .versions import FactVersion, from_json, to_json

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

_NAME = "sage_history"
_META: Any = ["metadatas"]


class Move(NamedTuple):
    """A version that ends (`old.ended` says how) and the one that takes its place, None where none does."""

    old: FactVersion
    new: FactVersion | None = None


class Archive:
    """The collection of ended versions; the caller holds the folder's lock and hands the client in."""

    def __init__(self, folder: ChromaFolder) -> None:
        self._folder = folder

    def begin(self, client: ClientAPI, moves: Sequence[Move]) -> None:
        """Keep the old versions of `moves`, which are still to be carried out."""
        self._write(client, moves, open=True)

    def finish(self, client: ClientAPI, moves: Sequence[Move]) -> None:
        """Note that `moves` were carried out."""
        self._write(client, moves, open=False)

    def unfinished(self, client: ClientAPI) -> list[Move]:
        """What was begun and not carried out."""
        rows: Any = self.collection(client).get(where={"open": True}, include=_META)["metadatas"]
        return [Move(from_json(row["old"]), from_json(row["new"]) if row["new"] else None) for row in rows]

    def known(self, client: ClientAPI, ids: Sequence[str]) -> dict[str, str]:
        """Of these facts' ids those that a version in here has, each with its lineage."""
        if not ids or not self.collection(client).count():
            return {}
        among: Any = {"fact": {"$in": list(ids)}}
        rows: Any = self.collection(client).get(where=among, include=_META)["metadatas"]
        return {row["fact"]: row["lineage"] for row in rows}

    def versions(self, client: ClientAPI, **equal: str) -> list[FactVersion]:
        """The versions whose `lineage` or `object` is as given, by lineage and number; without, all."""
        where: Any = [{key: value} for key, value in equal.items()]
        chosen = None if not where else where[0] if len(where) == 1 else {"$and": where}
        rows: Any = self.collection(client).get(where=chosen, include=_META)["metadatas"]
        return sorted((from_json(row["old"]) for row in rows), key=lambda v: (v.lineage, v.fact.version))

    def forget(self, client: ClientAPI, lineage: str) -> None:
        """Delete every version of a lineage, for good."""
        self.collection(client).delete(where={"lineage": lineage})

    def collection(self, client: ClientAPI) -> Collection:
        """The collection, made where it is missing."""
        return open_collection(client, self._folder.path, _NAME, "none")

    def _write(self, client: ClientAPI, moves: Sequence[Move], *, open: bool) -> None:
        self.collection(client).upsert(
            ids=[f"{m.old.lineage}:{m.old.fact.version:06d}" for m in moves],
            # Chroma wants a vector for every row; nobody searches these.
            embeddings=np.ones((len(moves), 1), np.float32),
            documents=[m.old.fact.text for m in moves],
            metadatas=[
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
