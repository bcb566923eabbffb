"""Checkpoints in the run's own folder: LangGraph's SQLite saver with its blobs compressed."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from ..errors import RunFailed


class CompressedSerializer(JsonPlusSerializer):
    """LangGraph's msgpack serialiser (its safe types only, no pickle), zlib-compressed."""

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        """Type and bytes of `obj`; the type says that it is compressed."""
        kind, data = super().dumps_typed(obj)
        return f"{kind}+zlib", zlib.compress(data, 6)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """The object back."""
        kind, blob = data
        if kind.endswith("+zlib"):
            kind, blob = kind.removesuffix("+zlib"), zlib.decompress(blob)
        return super().loads_typed((kind, blob))


@contextmanager
def open_checkpoints(path: Path) -> Iterator[SqliteSaver]:
    """A checkpointer on `path`, closed at the end.

    Raises:
        RunFailed: the file cannot be opened, is no database, or the disk is full.
    """
    try:
        connection = sqlite3.connect(path, check_same_thread=False)
        # The run is lost with its machine at worst by one step; a kill of the process loses nothing.
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error as error:
        raise RunFailed(
            str(path), f"checkpoints cannot be kept there ({error})", "name another folder with --out"
        ) from None
    try:
        yield SqliteSaver(connection, serde=CompressedSerializer())
    except sqlite3.Error as error:
        raise RunFailed(
            str(path), f"checkpoints cannot be written ({error})", "free space, then --resume the run"
        ) from None
    finally:
        connection.close()
