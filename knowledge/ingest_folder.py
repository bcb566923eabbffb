"""Reading a document, or a folder of them, into the store: a kill loses nothing, and what is done is not done again."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import BadInput
from ..schema import Fact
from .documents import Document
from .facts import AddReport, FactStore
from .ingest import batches
from .rows import Problem
from .versions import event

READABLE = (".pdf", ".md", ".markdown", ".txt", ".text", ".csv", ".tsv", ".jsonl", ".ndjson", ".json")
TOGETHER = 100
"""Facts are stored by so many at the latest: this much is read again after a kill, and none of it is stored twice."""

Progress = Callable[[str, int, int], None]
"""Told after every page: the document's name, pages done, pages in all."""


@dataclass
class Ingested:
    """What came of it.

    Attributes:
        documents: how many were read to their end; unchanged: how many were known as they are, and not read again.
        quarantined: how many facts look like instructions to the model; facts: what the store made of the others.
        problems: what could not be read, by place, documents as a whole among it.
        others: how many files of which ending are no documents.
    """

    documents: int = 0
    unchanged: int = 0
    facts: AddReport = field(default_factory=lambda: AddReport(0, 0))
    quarantined: int = 0
    problems: list[Problem] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)

    @property
    def any(self) -> bool:
        """True where at least one fact was read, known or not."""
        return bool(self.quarantined or self.unchanged or sum(self.facts))


def ingest_into(
    store: FactStore, path: Path, *, object: str | None = None, by: str = "", progress: Progress | None = None
) -> Ingested:
    """Read a document, or all documents in a folder and below it, into `store`.

    What says the same as a fact on the same object is left out; what looks like an instruction to the model goes into
    quarantine; a document of a folder that was read to its end and has not changed is not read again. In a folder, a
    document that cannot be read is a problem, and the others are read.

    Args:
        object: what the documents are about, where they do not say themselves.
        by: who asks for it.

    Raises:
        BadInput: no such path, a folder without a document, or a single file that cannot be read.
    """
    done = Ingested()
    if not path.is_dir():
        _read(store, path, path.name, object, by, progress, done)
        return done
    known = {(d.path, d.sha256, d.object) for d in store.documents.all()}
    files = list(_documents(path, done))
    if not files:
        raise BadInput(str(path), "there is no document in it", f"give files that end in {', '.join(READABLE)}")
    for file in files:
        name = str(Path(path.absolute().name) / file.relative_to(path))
        try:
            if (str(file.absolute()), _digest(file), object or "") in known:
                done.unchanged += 1
                continue
            _read(store, file, name, object, by, progress, done)
        except BadInput as error:
            done.problems.append(Problem(error.what, f"{error.why}; {error.remedy}"))
    return done


def _documents(folder: Path, done: Ingested) -> Iterator[Path]:
    """Documents by name; links to folders and what is hidden are passed over."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(files):
            file = Path(place) / name
            if name.startswith(".") or not file.is_file():
                continue
            if file.suffix.lower() in READABLE:
                yield file
            else:
                done.others[file.suffix.lower() or "no ending"] += 1


def _read(
    store: FactStore,
    file: Path,
    name: str,
    object: str | None,
    by: str,
    progress: Progress | None,
    done: Ingested,
) -> None:
    digest = _digest(file)
    waiting: list[Fact] = []
    for batch in batches(file, name=name, object=object):
        done.problems += batch.problems
        waiting += batch.facts
        if len(waiting) >= TOGETHER or batch.done == batch.total:
            for start in range(0, len(waiting), TOGETHER):
                _store(store, waiting[start : start + TOGETHER], by, done)
            waiting = []
        if progress:
            progress(name, batch.done, batch.total)
    store.documents.note(Document(name, str(file.absolute()), digest, object or "", event("read").at, by))
    done.documents += 1


def _store(store: FactStore, facts: list[Fact], by: str, done: Ingested) -> None:
    before = len(store.withdrawn(action="quarantined"))
    added = store.add(facts, by=by, alike=False, screen=True)
    caught = len(store.withdrawn(action="quarantined")) - before
    added = added._replace(withheld=added.withheld - caught)
    done.facts = AddReport(*(a + b for a, b in zip(done.facts, added, strict=True)))
    done.quarantined += caught


def _digest(file: Path) -> str:
    if not file.is_file():
        return ""  # a pipe would be waited for; reading it says what is wrong
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""  # reading it says what is wrong
