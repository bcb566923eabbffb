"""Traces of a folder, and which case each is about: two agents' runs over the same images meet by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import BadInput
from ..schema import Trace
from .trace_file import read_trace


def case_of(trace: Trace) -> str:
    """What a trace is about, the same for every agent: a case named by its agent, else image and question, else its id.

    A name is looked for under `case` and `item_id` in what the agent was asked and in `extra`.
    """
    for told in (trace.request, trace.extra):
        for key in ("case", "item_id"):
            if isinstance(told.get(key), str | int) and str(told[key]):
                return str(told[key])
    image = _digest(trace.request.get("test")) or (
        trace.verdict.test.sha256 if trace.verdict and trace.verdict.test else ""
    )
    question = str(trace.request.get("question") or (trace.verdict.question if trace.verdict else ""))
    return f"{image[:16]} {question}".strip() if image else trace.run


def image_of(trace: Trace) -> str:
    """The digest of its test image, which clusters several questions about one image; "" where it has none."""
    return _digest(trace.request.get("test")) or (
        trace.verdict.test.sha256 if trace.verdict and trace.verdict.test else ""
    )


def holds_traces(path: Path) -> bool:
    """Whether a path is a trace, a run folder, or a folder of run folders."""
    return path.name == "trace.jsonl" or (path.is_dir() and next(_files(path), None) is not None)


def read_runs(path: Path) -> Iterator[Trace]:
    """The traces of a run folder, or of all run folders inside one, by name.

    Raises:
        BadInput: there is none, or one cannot be read.
    """
    files = [path] if path.is_file() else sorted(_files(path))
    if not files:
        raise BadInput(str(path), "it holds no trace", "name run folders")
    yield from map(read_trace, files)


def _files(path: Path) -> Iterator[Path]:
    own = path / "trace.jsonl"
    if own.exists():
        yield own
    elif path.is_dir():
        yield from path.glob("*/trace.jsonl")
