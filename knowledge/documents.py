"""The documents that facts were read from: where they lie, and what they were when they were read."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from .collection import Collection, Session
from .folder import ChromaFolder

_NAME = "sage_documents"


class Document(NamedTuple):
    """A document that was read to its end.

    Attributes:
        name: how facts name it: their `origin` is `name#line`, or `name#p12.3` for page 12, paragraph 3.
        path: where it lay, absolute; sha256: of its bytes.
        object: the object given for it, "" for none.
        at, by: when it was read (UTC, ISO 8601) and who asked for it.
    """

    name: str
    path: str
    sha256: str
    object: str = ""
    at: str = ""
    by: str = ""


class Documents:
    """The register of documents in a store's folder."""

    def __init__(self, folder: ChromaFolder) -> None:
        self._folder = folder

    def note(self, document: Document) -> None:
        """Remember that a document was read; what was noted of the same path is replaced."""
        with self._folder.writing() as session:
            self._open(session).put(
                [hashlib.sha256(document.path.encode("utf-8", "replace")).hexdigest()[:32]],
                [document.path.encode("utf-8", "replace").decode()],
                [{k: v.encode("utf-8", "replace").decode() for k, v in document._asdict().items()}],
            )

    def all(self) -> tuple[Document, ...]:
        """All documents, by name."""
        with self._folder.reading() as session:
            rows = self._open(session).get()["metadatas"]
        return tuple(sorted(Document(**row) for row in rows))

    def _open(self, session: Session) -> Collection:
        return session.collection(_NAME, "none")
