"""Record any LangGraph run from its event stream: `for event in record(graph.stream(...), path): ...`.

Works with `stream` in any mode or list of modes (`["tasks", "messages"]` tells most: inputs, results, tokens), with
`astream` and with `astream_events`. Events pass through unchanged; each is written as a JSON line the moment it comes,
so a killed run is readable up to its last whole line. Images and bytes are written by digest (eval/importers/plain.py).
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

from .importers.plain import plain

FORMAT = "langgraph-events"
"""First line of a recording: `{"recording": FORMAT, "version": 1, "run": ..., "request": ...}`."""
VERSION = 1

Event = TypeVar("Event")


def record(
    events: Iterable[Event], path: Path | str, *, run: str = "", request: dict[str, Any] | None = None, mode: str = ""
) -> Iterator[Event]:
    """Pass `events` on and write each to `path` (a `.jsonl` file, written anew).

    Args:
        events: what `graph.stream(...)` gives.
        run: the run's id; default: the file's name.
        request: what was asked, for the reader.
        mode: the `stream_mode`, where it is one word (a list of modes marks its events itself); default: found out.

    Raises:
        OSError: the file cannot be written.
    """
    with _opened(path, run, request) as file:
        ended = False
        try:
            for event in events:
                _write(file, event, mode)
                yield event
            ended = True
        finally:
            _end(file, ended)


async def arecord(
    events: AsyncIterable[Event],
    path: Path | str,
    *,
    run: str = "",
    request: dict[str, Any] | None = None,
    mode: str = "",
) -> AsyncIterator[Event]:
    """As `record`, for `graph.astream(...)` and `graph.astream_events(...)`."""
    with _opened(path, run, request) as file:
        ended = False
        try:
            async for event in events:
                _write(file, event, mode)
                yield event
            ended = True
        finally:
            _end(file, ended)


def _opened(path: Path | str, run: str, request: dict[str, Any] | None) -> IO[str]:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("w", encoding="utf-8")
    _line(file, {"recording": FORMAT, "version": VERSION, "run": run or path.stem, "request": plain(request or {})})
    return file


def _write(file: IO[str], event: Any, mode: str) -> None:
    _line(file, {"at": time.time(), **({"mode": mode} if mode else {}), "event": plain(event)})


def _end(file: IO[str], whole: bool) -> None:
    _line(file, {"at": time.time(), "ended": whole})


def _line(file: IO[str], told: dict[str, Any]) -> None:
    file.write(json.dumps(told, ensure_ascii=False, allow_nan=False) + "\n")
    file.flush()
