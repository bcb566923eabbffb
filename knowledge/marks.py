"""What a store remembers about itself: that the starter pack was added, which model was asked about which object."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from .collection import open_collection
from .folder import ChromaFolder

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

_NAME = "sage_marks"


class Marks:
    """Keys that are set once, kept in the store's own folder."""

    def __init__(self, folder: ChromaFolder) -> None:
        self._folder = folder

    def has(self, key: str) -> bool:
        """True where `key` was set, by this or any other process."""
        with self._folder.reading() as client:
            return bool(self._open(client).get(ids=[_id(key)], include=[])["ids"])

    def set(self, key: str) -> bool:
        """Set `key`; False where it was set before (of several processes exactly one sees True)."""
        with self._folder.writing() as client:
            collection = self._open(client)
            if collection.get(ids=[_id(key)], include=[])["ids"]:
                return False
            # Chroma wants a vector for every row; nobody searches these.
            collection.add(ids=[_id(key)], embeddings=np.ones((1, 1), np.float32), documents=[key])
            return True

    def _open(self, client: ClientAPI) -> Collection:
        return open_collection(client, self._folder.path, _NAME, "none")


def _id(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]
