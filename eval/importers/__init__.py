"""Traces of other agents, read into the trace's schema: one file a format, each `(path or object) -> Iterator[Trace]`.

What an importer puts where, so that one scorer reads all: a step's `output` holds what it said (`text`, `evidence`,
...), and where the agent told them `probability` (of anomalous) and `confidence`, both 0..1, and `box`. What has no
place stands in `extra` as it was: nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ...errors import BadInput
from ...schema import Trace
from ..claims import with_claims
from ..claims.steps import Reader
from ..formats import register_importer
from .anomalyclaw import read_anomalyclaw
from .events import read_events
from .messages import read_messages
from .traces import read_schema

__all__ = ["FORMATS", "import_traces", "read_anomalyclaw", "read_events", "read_messages", "read_schema"]

Importer = Callable[[Any], Iterator[Trace]]

FORMATS: dict[str, Importer] = {
    "anomalyclaw": read_anomalyclaw,
    "messages": read_messages,
    "langgraph": read_events,
    "trace": read_schema,
}
"""Name -> importer. They are registered in eval/formats.py too, where a person adds theirs; there claims are read."""


def _reading_claims(read: Importer) -> Importer:
    def importer(source: Any) -> Iterator[Trace]:
        return map(with_claims, read(source))

    return importer


for _name, _read in FORMATS.items():
    register_importer(_name)(_reading_claims(_read))


def import_traces(source: Any, format: str, *, reader: Reader | None = None) -> Iterator[Trace]:
    """The traces of a file or object, with the claims that their free text makes.

    Args:
        source: a path, or what the format's importer takes.
        format: a name in `FORMATS`.
        reader: reads a sentence; default: by rule (eval/claims). Steps that have claims keep them.

    Raises:
        BadInput: an unknown format, no such file, or a file that does not fit it.
    """
    if format not in FORMATS:
        raise BadInput(f"format {format!r}", "there is no such importer", f"use one of {', '.join(FORMATS)}")
    if isinstance(source, str):
        source = Path(source)
    if isinstance(source, Path) and not source.exists():
        raise BadInput(str(source), "no such file", "name the file to import")
    for trace in FORMATS[format](source):
        yield with_claims(trace) if reader is None else with_claims(trace, reader)
