"""Which case a trace is about: two agents' runs over the same images meet by it."""

from __future__ import annotations

import json
from pathlib import Path

from ..schema import Trace
from .mutant_file import is_mutant
from .read_traces import trace_files


def case_of(trace: Trace) -> str:
    """What a trace is about, the same for every agent: a case named by its agent, else image and question, else its id.

    A name is looked for under `case` and `item_id` in what the agent was asked and in `extra`.
    """
    for told in (trace.request, trace.extra):
        for key in ("case", "item_id"):
            if isinstance(told.get(key), str | int) and str(told[key]):
                return str(told[key])
    image = image_of(trace)
    question = str(trace.request.get("question") or (trace.verdict.question if trace.verdict else ""))
    return f"{image} {question}".strip() if image else trace.run


def image_of(trace: Trace) -> str:
    """The digest of its test image, which clusters several questions about one image; "" where it has none."""
    told = trace.request.get("test")
    if isinstance(told, dict) and told.get("sha256"):
        return str(told["sha256"])
    return trace.verdict.test.sha256 if trace.verdict and trace.verdict.test else ""


def holds_traces(path: Path) -> bool:
    """Whether `read_traces` would find traces of our own forms here, rather than scores."""
    if path.is_dir():
        return next(trace_files(path), None) is not None
    try:
        with path.open(encoding="utf-8") as file:
            first = json.loads(file.readline(1 << 20))
    except (OSError, ValueError):
        return False
    return isinstance(first, dict) and (
        first.get("line") == "header" or {"run", "steps"} <= set(first) or is_mutant(first)
    )
