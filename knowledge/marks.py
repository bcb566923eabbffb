"""What a store remembers about itself: that the starter pack was added, which model was asked about which object."""

from __future__ import annotations

import hashlib

from .collection import Collection, Session
from .folder import ChromaFolder

_NAME = "sage_marks"


class Marks:
    """Keys that are set once, kept in the store's own folder."""

    def __init__(self, folder: ChromaFolder) -> None:
        self._folder = folder

    def has(self, key: str) -> bool:
        """True where `key` was set, by this or any other process."""
        with self._folder.reading() as session:
            return bool(self._open(session).get(ids=[_id(key)])["ids"])

    def set(self, key: str) -> bool:
        """Set `key`; False where it was set before (of several processes exactly one sees True)."""
        with self._folder.writing() as session:
            collection = self._open(session)
            if collection.get(ids=[_id(key)])["ids"]:
                return False
            collection.put([_id(key)], [key], [{"key": key}])
            return True

    def _open(self, session: Session) -> Collection:
        return session.collection(_NAME, "none")


def _id(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]
