"""A Chroma folder that several threads and processes share without losing anything, and without waiting to read.

Chroma keeps its vector index in memory: a process that does not see another one's writes later persists an index that
lacks them (measured: 2,000 of 4,300 vectors gone). So every write takes a file lock and first leaves a new stamp beside
the database, and whoever finds a stamp that is not its own opens Chroma anew. Readers read the mirror (mirror.py),
which changes at the end of a write, all at once; they need neither lock nor Chroma. A write that was killed leaves a
mirror that is not of the last stamp: whoever next has the lock, reader or writer, makes it anew from Chroma.
"""

from __future__ import annotations

import json
import os
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout

from ..errors import BadInput, RunFailed
from .collection import Maker, Rows, Session
from .failures import DATABASE, ELSEWHERE, Busy, busy, damaged, is_panic, told
from .foreign import check_database
from .mirror import Mirror
from .mirroring import mirror_all, mirror_rows
from .pending import Pending

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from numpy.typing import NDArray

STAMP, LOCK, ABOUT = "sage-stamp", "sage-lock", "sage-store.json"
MIRROR, PENDING = "sage-mirror.sqlite3", "sage-pending"
_OURS = {STAMP, LOCK, ABOUT, PENDING, MIRROR, f"{MIRROR}-wal", f"{MIRROR}-shm"}
FORMAT = 2
"""Version of this package's own layout in the folder: 2 since facts have versions and objects have kinds. A store of
format 1 is read as it is (every fact is version 1) and says 2 from then on: format 1 would delete a fact for good."""

LOCK_SECONDS = 120.0
_open_folders: dict[tuple[int, Path], ChromaFolder] = {}
_registry = threading.Lock()


def open_folder(path: Path) -> ChromaFolder:
    """The process's one `ChromaFolder` of `path` (two clients on one folder would close each other)."""
    # The process id is part of the key: a fork must not use its parent's client.
    key = (os.getpid(), Path(path).expanduser().absolute())
    with _registry:
        return _open_folders.setdefault(key, ChromaFolder(key[1]))


class ChromaFolder:
    """One folder with Chroma's database, opened at first use; get it from `open_folder`.

    Attributes:
        mirror: what readers read.
        makers: how the vectors of a collection are made anew, by its name, where Chroma's index is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.mirror = Mirror(path / MIRROR)
        self._pending = Pending(path / PENDING)
        self.makers: dict[str, Maker] = {}
        self._client: Any = None
        self._seen = ""
        self._looked = ""
        self._writes = self._touched = False
        self._mutex = threading.RLock()
        self._file_lock = FileLock(path / LOCK, thread_local=False)

    def stamp(self) -> str:
        """Changes with every write by any process, and where the database was replaced; "" where there is none yet.

        About 60 microseconds. Of a write under way it tells nothing: what is read does not change before its end.
        """
        with told(self.path):
            stamp = self.mirror.value("stamp")
            return stamp if stamp and stamp == self._written() else self._refreshed()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """The collections as the last completed write left them; nobody is waited for.

        (At the very first use of a store, or of a copy of one, the mirror is made: that needs the lock.)

        Raises:
            BadInput: the folder cannot be used as a store.
            RunFailed: Chroma or the disk failed.
        """
        with told(self.path):
            stamp = self.mirror.value("stamp")
            if not stamp or stamp != self._written():
                self._refreshed()
            elif self._looked != stamp:
                self._check()
                self._looked = stamp
            yield Session(self)

    @contextmanager
    def writing(self, *, wait: bool = True) -> Iterator[Session]:
        """The collections for writing, with the folder locked; for readers all comes at once, at the end.

        Raises:
            BadInput: the folder cannot be used as a store.
            RunFailed: Chroma failed, or another process has held the lock for two minutes.
            Busy: `wait` is False, and somebody else writes just now.
        """
        with self._locked(LOCK_SECONDS if wait else 0.0):
            client = self._current()
            with self.mirror.writing():
                self._writes, self._touched = True, False
                try:
                    yield Session(self, client)
                    self.mirror.note("stamp", self._written())
                finally:
                    self._writes = False

    def touch(self, collection: str, ids: Sequence[str]) -> None:
        """Rows in Chroma are about to be changed (the caller holds the lock): copies in memory will be out of date.

        Said before the change: a kill in the middle of it must not leave a stamp that calls old copies fresh.
        """
        if not self._touched:
            before = self._written()
            self._write(STAMP, uuid.uuid4().hex)
            self._seen = self._written()
            self._pending.begin(before, self._seen)
            self._touched = True
        self._pending.add(collection, ids)

    def search(self, name: str, query: NDArray[np.float32], n: int, where: dict[str, Any] | None) -> list[str] | None:
        """Ids of the `n` rows nearest to a vector by Chroma's index; None where somebody writes, or it is damaged."""
        from chromadb.errors import InternalError, NotFoundError

        try:
            with self._locked(0.0):
                client = self._current()
                try:
                    chroma = client.get_collection(name, embedding_function=None)
                    found: Any = chroma.query(query_embeddings=query[None], n_results=n, where=where, include=[])
                except (InternalError, NotFoundError):
                    return None
                return list(found["ids"][0])
        except Busy:
            return None

    def made(self, name: str, rows: Rows) -> NDArray[np.float32]:
        """The vectors of rows, made anew.

        Raises:
            RunFailed: nobody here knows how.
        """
        if not rows["ids"]:
            return np.zeros((0, 0), np.float32)
        if name not in self.makers:
            raise RunFailed(str(self.path), f"the index of '{name}' is damaged", "restore a copy of it")
        return self.makers[name](rows)

    def _written(self) -> str:
        """What the last write said, finished or not, and which file it was written to; "" where there is none."""
        try:
            return f"{(self.path / STAMP).read_text()} {(self.path / DATABASE).stat().st_ino}"
        except OSError:
            return ""

    def _refreshed(self) -> str:
        """The mirror's stamp, after it was made anew where nobody writes; where it serves as it is, none is waited for.

        A mirror serves if it was made from this very database, by whichever write.
        """
        held = self.mirror.value("stamp").partition(" ")[2]
        serves = bool(held) and held == self._written().partition(" ")[2]
        try:
            with self._locked(0.0 if serves else LOCK_SECONDS):
                self._current()
        except Busy:
            pass
        return self.mirror.value("stamp")

    @contextmanager
    def _locked(self, seconds: float = LOCK_SECONDS) -> Iterator[None]:
        if not self._mutex.acquire(timeout=seconds or 0):
            raise busy(self.path, seconds)
        try:
            self._prepare()
            try:
                self._file_lock.acquire(timeout=seconds)
            except Timeout:
                raise busy(self.path, seconds) from None
            except OSError as error:
                raise BadInput(str(self.path), f"the folder cannot be written ({error.strerror})", ELSEWHERE) from None
            try:
                with told(self.path):
                    yield
            finally:
                self._file_lock.release()
        finally:
            self._mutex.release()

    def _prepare(self) -> None:
        """Make the folder, or say why it cannot be one."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            names = {p.name for p in self.path.iterdir() if not p.name.startswith(".")}
        except FileExistsError:
            raise BadInput(str(self.path), "this is a file, not a folder", ELSEWHERE) from None
        except OSError as error:
            raise BadInput(str(self.path), f"no store can be kept here ({error.strerror})", ELSEWHERE) from None
        if DATABASE not in names and names - _OURS:
            example = sorted(names - _OURS)[0]
            raise BadInput(str(self.path), f"the folder holds other files ({example}) and no store", ELSEWHERE)

    def _current(self) -> ClientAPI:
        """The client, opened anew where another process has written since, and the mirror put right (locked)."""
        stamp = self._written()
        if self._client is not None and self._seen == stamp:
            self._mirror(self._client)
            return self._client
        if self._client is not None:
            self._client.close()
            self._client = None
        self._check()
        import chromadb
        from chromadb.config import Settings
        from chromadb.errors import ChromaError

        settings = Settings(anonymized_telemetry=False, allow_reset=False)
        try:
            client = chromadb.PersistentClient(str(self.path), settings=settings)
        except (ChromaError, ValueError) as error:
            if "full" in str(error):
                raise RunFailed(str(self.path), "the disk is full", "free space, then run again") from None
            why = f"Chroma {chromadb.__version__} cannot open the store ({str(error)[:120]})"
            raise BadInput(str(self.path), why, f"use the Chroma version that wrote it, or {ELSEWHERE}") from None
        except BaseException as error:
            if not is_panic(error):
                raise
            raise damaged(self.path, error) from None
        about = json.dumps({"format": FORMAT, "chroma": chromadb.__version__})
        if not (self.path / ABOUT).exists() or (self.path / ABOUT).read_text() != about:
            self._write(ABOUT, about)
        if not stamp:
            self._write(STAMP, uuid.uuid4().hex)
        self._client, self._seen = client, self._written()
        self._mirror(client)
        return client

    def _mirror(self, client: ClientAPI) -> None:
        """Put the mirror right where it is not of the last write (in the middle of a write it cannot be)."""
        held = self.mirror.value("stamp")
        if self._writes or held == self._seen:
            return
        begun = self._pending.read(held, self._seen)
        if begun is None:
            mirror_all(client, self.mirror, self._seen)
        else:
            mirror_rows(client, self.mirror, begun, self._seen)

    def _check(self) -> None:
        """Refuse what is no Chroma database, or one from a later version, before Chroma writes its tables into it."""
        import chromadb

        about = self.path / ABOUT
        if about.exists():
            try:
                said = json.loads(about.read_text())
                form, version = int(said["format"]), _numbers(str(said["chroma"]))
            except (ValueError, KeyError, TypeError, OSError):
                raise BadInput(str(about), "it is damaged", "delete this one file; the store stays") from None
            if form > FORMAT:
                raise BadInput(str(self.path), f"format {form} is newer than {FORMAT}", "update sage-inspect")
            if version[:2] > _numbers(chromadb.__version__)[:2]:
                wrote = ".".join(map(str, version))
                why = f"written by Chroma {wrote}, newer than the installed {chromadb.__version__}"
                raise BadInput(str(self.path), why, f"pip install 'chromadb>={wrote}'")
        check_database(self.path / DATABASE, ELSEWHERE)

    def _write(self, name: str, text: str) -> None:
        part = self.path / f".{name}.{os.getpid()}"
        part.write_text(text)
        os.replace(part, self.path / name)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(p) for p in version.split(".")[:3] if p.isdigit())
