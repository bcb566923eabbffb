"""The commands `sage-inspect eval import` and `eval export`: traces of other agents in, spans and tables out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from ..errors import BadInput
from ..json_option import JSON, tell

if TYPE_CHECKING:
    from ..eval.scores import TraceScore
    from ..schema import Trace

T = TypeVar("T")
FORMATS = ("anomalyclaw", "messages", "langgraph", "trace")
"""As in eval/importers (a test holds the two together): `--help` needs no import of them."""


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "format_name", type=click.Choice(FORMATS), required=True, help="What FILE holds.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="JSON lines, one trace a line.")
@JSON
def import_command(file: Path, format_name: str, out: Path, as_json: bool) -> None:
    """Read the traces in FILE, with the claims that their text makes, and write one a line."""
    from ..eval.importers import import_traces

    count = decided = sentences = claims = 0
    part = out.with_name(out.name + ".part")
    traces = import_traces(file, format_name)
    first = next(traces, None)
    if first is None:
        raise BadInput(str(file), "there is no trace in it", "name a file that holds traces")
    out.parent.mkdir(parents=True, exist_ok=True)
    with part.open("w", encoding="utf-8") as written:
        for trace in _with(first, traces):
            written.write(trace.model_dump_json() + "\n")
            count, decided = count + 1, decided + (trace.verdict is not None)
            for step in trace.steps:
                read = step.extra.get("claims_read") or {}
                sentences += read.get("sentences", 0)
                claims += read.get("claims", 0)
    part.replace(out)
    done = {"traces": count, "with_verdict": decided, "sentences": sentences, "claims": claims, "out": str(out)}
    line = f"{count} traces, {decided} with a verdict; {claims} of {sentences} sentences make a claim: {out}"
    tell(done, as_json, line)


@click.command("export")
@click.argument("traces", type=click.Path(path_type=Path))
@click.option("--format", "format_name", type=click.Choice(["openinference", "table"]), required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A .jsonl file; a table can be a .csv too.")
@click.option("--score/--no-score", "scored", default=True, help="Score each trace and export what was found.")
@JSON
def export_command(traces: Path, format_name: str, out: Path, scored: bool, as_json: bool) -> None:
    """Write TRACES (a file of `eval import`, a run folder or its trace.jsonl) for other tools."""
    from ..eval.exporters import write_spans, write_table

    write = write_spans if format_name == "openinference" else write_table
    pairs = _scored(traces, scored)
    first = next(pairs, None)
    if first is None:
        raise BadInput(str(traces), "there is no trace in it", "name a file that sage-inspect eval import wrote")
    out.parent.mkdir(parents=True, exist_ok=True)
    count = write(_with(first, pairs), out)
    tell({"lines": count, "format": format_name, "out": str(out)}, as_json, f"{count} lines: {out}")


def _scored(path: Path, scored: bool) -> Iterator[tuple[Trace, TraceScore | None]]:
    from ..eval.score_trace import score_trace

    for trace in _traces(path):
        yield trace, score_trace(trace) if scored else None


def _traces(path: Path) -> Iterator[Trace]:
    """Our own run (its first line is a header), or one trace a line."""
    import json

    from ..eval.importers import import_traces
    from ..eval.trace_file import read_trace

    if not path.exists():
        raise BadInput(str(path), "no such file", "name traces to export")
    if path.is_dir():
        yield read_trace(path)
        return
    with path.open(encoding="utf-8") as file:
        try:
            head = json.loads(file.readline() or "null")
        except ValueError:
            head = None
    if isinstance(head, dict) and head.get("line") == "header":
        yield read_trace(path)
    else:
        yield from import_traces(path, "trace")


def _with(first: T, rest: Iterator[T]) -> Iterator[T]:
    yield first
    yield from rest
