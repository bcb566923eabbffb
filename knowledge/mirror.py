"""What readers read: a copy of the store's rows in a SQLite file of its own, so that nobody waits for a writer.

Chroma allows one process at a time, readers included. SQLite in WAL mode gives every reader the last state that was
written completely, while a writer is at work and after it was killed. The file holds nothing that Chroma lacks: it is
made anew from Chroma wherever its stamp is not that of the last write (folder.py).
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TABLES = """
create table if not exists about (key text primary key, value text not null);
create table if not exists rows (
    place integer primary key, collection text not null, id text not null, document text not null,
    metadata text not null, vector blob, unique (collection, id)
);
"""
_INDEXED = ("object", "lineage", "fact", "open")
"""Keys of the metadata that rows are looked up by."""

BUSY_SECONDS = 10.0


class MirrorRow(NamedTuple):
    """A row of a collection; `vector` is None where it was not asked for, or could not be copied."""

    id: str
    document: str
    metadata: dict[str, Any]
    vector: NDArray[np.float32] | None = None


class Mirror:
    """The copy in `file`. Each thread has a connection of its own; one process writes at a time (it holds the lock)."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._local = threading.local()

    def value(self, key: str) -> str:
        """What was noted under `key`; "" where nothing was, and where there is no copy yet or it is damaged."""
        try:
            if not self.file.exists():
                return ""
            row = self._connection().execute("select value from about where key = ?", (key,)).fetchone()
        except sqlite3.Error:
            return ""
        return str(row[0]) if row else ""

    def rows(
        self,
        collection: str,
        *,
        ids: Sequence[str] | None = None,
        where: dict[str, Any] | None = None,
        limit: int = -1,
        vectors: bool = False,
    ) -> Iterator[MirrorRow]:
        """Rows in the order in which they were added.

        Args:
            ids: only these; where: only those whose metadata fits, in Chroma's form (equality, `$in`, `$and`).
            limit: at most so many; vectors: their vectors as well.
        """
        condition, values = _condition(collection, ids, where)
        columns = "id, document, metadata" + (", vector" if vectors else "")
        sql = f"select {columns} from rows where {condition} order by place limit ?"
        for id, document, data, *vector in self._connection().execute(sql, (*values, limit)):
            blob = vector[0] if vector else None
            yield MirrorRow(id, document, json.loads(data), None if blob is None else np.frombuffer(blob, np.float32))

    def ids(self, collection: str, where: dict[str, Any] | None = None, limit: int = -1) -> list[str]:
        """The ids of those rows."""
        condition, values = _condition(collection, None, where)
        sql = f"select id from rows where {condition} order by place limit ?"
        return [row[0] for row in self._connection().execute(sql, (*values, limit))]

    def count(self, collection: str, where: dict[str, Any] | None = None) -> int:
        """How many rows."""
        condition, values = _condition(collection, None, where)
        return int(self._connection().execute(f"select count(*) from rows where {condition}", values).fetchone()[0])

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All that is changed inside comes at once, or not at all."""
        connection = self._connection(create=True)
        connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")

    def note(self, key: str, value: str) -> None:
        """Keep `value` under `key`."""
        self._connection().execute("insert or replace into about values (?, ?)", (key, value))

    def put(self, collection: str, rows: Sequence[MirrorRow]) -> None:
        """Write rows; one without a vector keeps the vector that it has."""
        self._connection().executemany(
            "insert into rows (collection, id, document, metadata, vector) values (?, ?, ?, ?, ?) "
            "on conflict (collection, id) do update set document = excluded.document, metadata = excluded.metadata, "
            "vector = coalesce(excluded.vector, vector)",
            [
                (collection, r.id, r.document, json.dumps(r.metadata, ensure_ascii=False), _blob(r.vector))
                for r in rows
            ],
        )  # fmt: skip

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete the rows of these ids."""
        condition, values = _condition(collection, ids, None)
        self._connection().execute(f"delete from rows where {condition}", values)

    def clear(self) -> None:
        """Forget everything."""
        for table in ("rows", "about"):
            self._connection().execute(f"delete from {table}")

    def discard(self) -> None:
        """Delete the file: it is damaged."""
        for ending in ("", "-wal", "-shm"):
            Path(f"{self.file}{ending}").unlink(missing_ok=True)

    def _connection(self, *, create: bool = False) -> sqlite3.Connection:
        # Known by its inode: the folder may have been deleted, or replaced by another copy.
        there = self.file.stat().st_ino if self.file.exists() else 0
        held: tuple[int, sqlite3.Connection] | None = getattr(self._local, "held", None)
        if held is not None and held[0] == there:
            return held[1]
        if held is not None:
            held[1].close()
            self._local.held = None
        if not there and not create:
            raise sqlite3.OperationalError(f"{self.file} is gone")
        connection = sqlite3.connect(self.file, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            if not there:
                _make(connection)
        except sqlite3.Error:
            connection.close()
            raise
        self._local.held = self.file.stat().st_ino, connection
        return connection


def _make(connection: sqlite3.Connection) -> None:
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")  # what a power cut costs here is made anew from Chroma
    connection.executescript(_TABLES)
    for key in _INDEXED:
        column = f"json_extract(metadata, '$.{key}')"
        connection.execute(f"create index if not exists by_{key} on rows (collection, {column})")


def _condition(collection: str, ids: Sequence[str] | None, where: dict[str, Any] | None) -> tuple[str, tuple[Any, ...]]:
    """SQL for Chroma's `where`, as far as this package uses it; keys are our own words, values are bound."""
    parts, values = ["collection = ?"], [collection]
    if ids is not None:
        parts.append("id in (select value from json_each(?))")
        values.append(json.dumps(list(ids)))
    for clause in (where or {}).get("$and", [where] if where else []):
        for key, wanted in clause.items():
            column = f"json_extract(metadata, '$.{key}')"
            if isinstance(wanted, dict):
                parts.append(f"{column} in (select value from json_each(?))")
                values.append(json.dumps(wanted["$in"]))
            else:
                parts.append(f"{column} = ?")
                values.append(wanted)
    return " and ".join(parts), tuple(values)


def _blob(vector: NDArray[np.float32] | None) -> bytes | None:
    return None if vector is None else np.ascontiguousarray(vector, np.float32).tobytes()
