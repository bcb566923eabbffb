"""Traces from wherever they lie, one after the other, in flat memory: run folders, trace files, long JSONL.

What can be named: a run folder; a `trace.jsonl` with one run or several written one after the other; a folder of run
folders; a JSONL with one whole `Trace` a line (docs/schema/trace.json, the form for anybody else's agents), or with one
mutant a line (eval/mutant_file.py). With a format's name, whatever its importer reads. A line that cannot be used is
told in one line, and the rest goes on.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from pydantic import ValidationError

from ..errors import BadInput
from ..schema import Trace
from .formats import importer
from .labels import Labels
from .mutant_file import is_mutant, read_mutant
from .trace_file import check_version, trace_of, unfitting

LONGEST = 256 << 20
"""Bytes of a line above which it is passed over unread."""

Complain = Callable[[str], None]
Skip = Callable[[str, int], bool]


class Read(NamedTuple):
    """A trace and where it was found: the file, and the number of its (first) line, counted from 1.

    `labels` is what the file itself tells of the image (a mutant's line does), None elsewhere.
    """

    path: str
    line: int
    trace: Trace
    labels: Labels | None = None


def to_stderr(line: str) -> None:
    """Complain on stderr."""
    print(line, file=sys.stderr)


def read_traces(
    paths: Iterable[Path | str],
    *,
    format: str = "",
    skip: Skip = lambda path, line: False,
    complain: Complain = to_stderr,
    moved: Callable[[int], None] = lambda count: None,
) -> Iterator[Read]:
    """Every trace under `paths`, in order.

    Args:
        format: name of an importer (eval/formats.py); "" reads our own forms.
        skip: (path, line) -> True where the trace that begins there is not wanted; it is not parsed.
        complain: called with one line for each trace that cannot be used.
        moved: called with the number of bytes that were read, for a progress bar.

    Raises:
        BadInput: a path that does not exist or holds no trace file, or an unknown format.
    """
    reader = importer(format) if format else None
    for path in map(Path, paths):
        if not path.exists():
            raise BadInput(str(path), "no such file or folder", "name a run folder, a trace.jsonl or another JSONL")
        if reader is not None:
            yield from _imported(path, reader, skip, complain, moved)
            continue
        found = False
        for file in trace_files(path):
            found = True
            yield from _in_file(file, skip, complain, moved)
        if not found:
            raise BadInput(str(path), "no trace.jsonl lies in this folder", "name a run folder or a folder of them")


def trace_files(path: Path) -> Iterator[Path]:
    """The trace files that a path names: itself, or every `trace.jsonl` below it, in order of their names."""
    if not path.is_dir():
        yield path
        return
    for folder, inside, files in os.walk(path):
        inside.sort()
        if "trace.jsonl" in files:
            yield Path(folder) / "trace.jsonl"


def _imported(
    path: Path, reader: Callable[[Path], Iterator[Trace]], skip: Skip, complain: Complain, moved: Callable[[int], None]
) -> Iterator[Read]:
    try:
        for number, trace in enumerate(reader(path), start=1):
            if not skip(str(path), number):
                yield Read(str(path), number, trace)
    except BadInput as error:
        complain(str(error))
    moved(path.stat().st_size)


def _in_file(path: Path, skip: Skip, complain: Complain, moved: Callable[[int], None]) -> Iterator[Read]:
    run: list[dict[str, Any]] = []
    begun, broken = 0, False

    def ended(whole: bool) -> Iterator[Read]:
        if not run:
            return
        try:
            yield Read(str(path), begun, trace_of(run, f"{path}:{begun}", ended=whole))
        except BadInput as error:
            complain(str(error))

    with path.open("rb") as file:
        for number, raw in enumerate(_lines(file), start=1):
            moved(len(raw))
            if not raw.strip():
                continue
            of_run = raw.lstrip()[:20].replace(b" ", b"").startswith(b'{"line":')
            if not of_run:
                yield from ended(not broken)
                run, broken = [], False
                if not skip(str(path), number):
                    yield from _whole(path, number, raw, complain)
                continue
            try:
                line = _parse(raw, f"{path}:{number}")
            except BadInput as error:
                complain(str(error))
                broken = True
                continue
            if line.get("line") == "header":
                yield from ended(not broken)
                run, begun, broken = [line], number, False
                if skip(str(path), number):
                    run = []
            elif run and not broken:  # after a line that is lost, what follows no longer hangs together
                run.append(line)
    yield from ended(not broken)


def _whole(path: Path, number: int, raw: bytes, complain: Complain) -> Iterator[Read]:
    """The trace that one line holds."""
    where = f"{path}:{number}"
    try:
        if b"NaN" in raw or b"Infinity" in raw:
            _parse(raw, where)
        trace, labels = _trace_in(raw, where)
    except BadInput as error:
        complain(str(error))
        return
    yield Read(str(path), number, trace, labels)


def _trace_in(raw: bytes, where: str) -> tuple[Trace, Labels | None]:
    try:
        trace = Trace.model_validate_json(raw)
    except ValidationError as error:
        line = _parse(raw, where)
        if is_mutant(line):
            return read_mutant(line, where)
        check_version(line.get("version", 1), where)
        raise unfitting(where, error) from None
    check_version(trace.version, where)
    return trace, None


def _parse(raw: bytes, where: str) -> dict[str, Any]:
    if len(raw) > LONGEST:
        raise BadInput(where, f"the line is longer than {LONGEST >> 20} MiB", "write one trace a line, without images")
    try:
        line = json.loads(raw, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        why = "it is cut off" if not raw.endswith(b"\n") else str(error).splitlines()[0]
        raise BadInput(where, f"this line is no JSON ({why})", "write it again; the other lines are used") from None
    if not isinstance(line, dict):
        raise BadInput(where, "this line is no JSON object", "write one trace a line (docs/schema/trace.json)")
    return line


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number in JSON: write null where nothing was measured")


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines of a file; of one that is too long only enough to tell so."""
    while raw := file.readline(LONGEST + 1):
        yield raw
        while len(raw) > LONGEST and not raw.endswith(b"\n"):  # pass over what is left of it
            raw = file.readline(LONGEST + 1)
