"""A Chroma folder that several threads and processes share without losing anything.

Chroma keeps its vector index in memory: a process that does not see another one's writes later persists an index that
lacks them (measured: 2,000 of 4,300 vectors gone). So every access takes a file lock, every write first leaves a new
stamp beside the database, and whoever finds a stamp that is not its own opens the folder anew. Readers that keep copies
in memory compare `stamp()` and need neither lock nor Chroma.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from ..errors import BadInput, RunFailed

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

DATABASE, STAMP, LOCK, ABOUT = "chroma.sqlite3", "sage-stamp", "sage-lock", "sage-store.json"
FORMAT = 2
"""Version of this package's own layout in the folder: 2 since facts have versions and objects have kinds. A store of
format 1 is read as it is (every fact is version 1) and says 2 from then on: format 1 would delete a fact for good."""

LOCK_SECONDS = 120.0
_ELSEWHERE = "name another folder (SAGE_INSPECT_HOME)"
_COLUMNS = {"migrations": {"dir", "version", "filename", "sql", "hash"}, "collections": {"id", "name"}}
"""What every version of Chroma's database has, and its Rust core panics without."""

_open_folders: dict[tuple[int, Path], ChromaFolder] = {}
_registry = threading.Lock()


def open_folder(path: Path) -> ChromaFolder:
    """The process's one `ChromaFolder` of `path` (two clients on one folder would close each other)."""
    # The process id is part of the key: a fork must not use its parent's client.
    key = (os.getpid(), Path(path).expanduser().absolute())
    with _registry:
        return _open_folders.setdefault(key, ChromaFolder(key[1]))


class ChromaFolder:
    """One folder with Chroma's database, opened at first use; get it from `open_folder`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._client: Any = None
        self._seen: tuple[str, int] | None = None
        self._mutex = threading.RLock()
        self._file_lock = FileLock(path / LOCK, thread_local=False)

    def stamp(self) -> tuple[str, int]:
        """Changes with every write by any process, and where the database was replaced; about 30 microseconds."""
        try:
            return (self.path / STAMP).read_text(), (self.path / DATABASE).stat().st_ino
        except OSError:
            return "", 0

    @contextmanager
    def reading(self) -> Iterator[ClientAPI]:
        """Chroma's client with the folder locked; not for the caller to keep.

        Raises:
            BadInput: the folder cannot be used as a store.
            RunFailed: Chroma failed, or another process has held the lock for two minutes.
        """
        with self._locked():
            yield self._current()

    @contextmanager
    def writing(self) -> Iterator[ClientAPI]:
        """As `reading`, and tells every other reader that what it holds is out of date."""
        with self._locked():
            client = self._current()
            # Before the write: a kill in the middle of it must not leave a stamp that calls old copies fresh.
            self._write(STAMP, uuid.uuid4().hex)
            self._seen = self.stamp()
            yield client

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._mutex:
            self._prepare()
            try:
                self._file_lock.acquire(timeout=LOCK_SECONDS)
            except Timeout:
                why = f"another process has held it for {LOCK_SECONDS:.0f} s"
                raise RunFailed(str(self.path), why, "wait for it or end it") from None
            except OSError as error:
                raise BadInput(str(self.path), f"the folder cannot be written ({error.strerror})", _ELSEWHERE) from None
            try:
                with self._told():
                    yield
            finally:
                self._file_lock.release()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Chroma's errors as one line each."""
        from chromadb.errors import ChromaError, InvalidDimensionException

        try:
            yield
        except InvalidDimensionException as error:
            raise BadInput(str(self.path), f"written with another embedding ({error})", _ELSEWHERE) from None
        except (ChromaError, sqlite3.Error) as error:
            raise RunFailed(
                str(self.path), f"the store failed ({str(error)[:160]})", "free space, or restore it"
            ) from None
        except OSError as error:
            raise RunFailed(
                str(self.path), f"the store failed ({error.strerror})", "free space, or restore it"
            ) from None
        except BaseException as error:
            if not _is_panic(error):
                raise
            raise self._damaged(error) from None

    def _damaged(self, panic: BaseException) -> BadInput:
        why = f"Chroma's core gave up on the database ({str(panic)[:120]})"
        return BadInput(str(self.path / DATABASE), why, f"restore it from a copy, or {_ELSEWHERE}")

    def _prepare(self) -> None:
        """Make the folder, or say why it cannot be one."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            names = {p.name for p in self.path.iterdir() if not p.name.startswith(".")}
        except FileExistsError:
            raise BadInput(str(self.path), "this is a file, not a folder", _ELSEWHERE) from None
        except OSError as error:
            raise BadInput(str(self.path), f"no store can be kept here ({error.strerror})", _ELSEWHERE) from None
        if DATABASE not in names and names - {STAMP, LOCK, ABOUT}:
            example = sorted(names - {STAMP, LOCK, ABOUT})[0]
            raise BadInput(str(self.path), f"the folder holds other files ({example}) and no store", _ELSEWHERE)

    def _current(self) -> ClientAPI:
        """The client, opened anew where another process has written since."""
        stamp = self.stamp()
        if self._client is not None and self._seen == stamp:
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
            raise BadInput(str(self.path), why, f"use the Chroma version that wrote it, or {_ELSEWHERE}") from None
        except BaseException as error:
            if not _is_panic(error):
                raise
            raise self._damaged(error) from None
        about = json.dumps({"format": FORMAT, "chroma": chromadb.__version__})
        if not (self.path / ABOUT).exists() or (self.path / ABOUT).read_text() != about:
            self._write(ABOUT, about)
        if not stamp[0]:
            self._write(STAMP, uuid.uuid4().hex)
        self._client, self._seen = client, self.stamp()
        return client

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
        database = self.path / DATABASE
        if not database.exists() or database.stat().st_size == 0:
            return
        try:
            # Not mode=ro: after a kill SQLite first rolls the unfinished write back, and for that it has to write.
            connection = sqlite3.connect(f"{database.as_uri()}?mode=rw", uri=True)
            try:
                # A table that is not there has no columns.
                sound = all(
                    columns <= {r[0] for r in connection.execute("select name from pragma_table_info(?)", (table,))}
                    for table, columns in _COLUMNS.items()
                )
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise BadInput(str(database), f"this is not a Chroma store ({error})", _ELSEWHERE) from None
        if not sound:
            raise BadInput(str(database), "this database is not a Chroma store", _ELSEWHERE)

    def _write(self, name: str, text: str) -> None:
        part = self.path / f".{name}.{os.getpid()}"
        part.write_text(text)
        os.replace(part, self.path / name)


def _is_panic(error: BaseException) -> bool:
    """True for a panic in Chroma's Rust core; its type cannot be imported, and it is no `Exception`."""
    return type(error).__name__ == "PanicException"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(p) for p in version.split(".")[:3] if p.isdigit())
