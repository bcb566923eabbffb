"""Our own traces as they lie on disk: JSON lines, readable up to the last whole line (agents/trace.py writes them).

Lines: one `header`, then a `step` for every node that ended, then a `verdict` (one more of each for a follow-up
question). A kill can cut the last line off; reading drops it and says `complete=False`. A kill can also come between a
step's line and its checkpoint: the step is done again, and its later line counts.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import BadInput
from ..schema import TRACE_VERSION, Step, Trace, Verdict

Place = tuple[tuple[str, ...], str, str]
"""Parents, node, subject: done once in a run, but for kills."""


def digest_of(output: dict[str, Any]) -> str:
    """sha256 of the canonical JSON (sorted keys, no spaces) of a step's output."""
    return hashlib.sha256(json.dumps(output, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def read_trace(path: Path) -> Trace:
    """Read a trace, or as much of it as was written before a kill.

    Args:
        path: a `trace.jsonl` or the run folder that holds one.

    Raises:
        BadInput: no such file, not a trace, or a version this package does not know.
    """
    path = Path(path)
    path = path / "trace.jsonl" if path.is_dir() else path
    if not path.exists():
        raise BadInput(str(path), "no trace there", "name a run folder or its trace.jsonl")
    lines, whole = whole_lines(path)
    if not lines or lines[0].get("line") != "header":
        raise BadInput(str(path), "this is not a trace (its first line is no header)", "name a run's trace.jsonl")
    header = {k: v for k, v in lines[0].items() if k != "line"}
    if header.get("version") != TRACE_VERSION:
        raise BadInput(
            str(path), f"trace version {header.get('version')!r} is not {TRACE_VERSION}", "update sage-inspect"
        )
    try:
        steps = tuple(read_steps(lines).values())
        verdicts = [Verdict.model_validate(line["verdict"]) for line in lines if line.get("line") == "verdict"]
        ended = lines[-1].get("line") == "verdict" and whole == path.stat().st_size
        return Trace(**header, steps=steps, verdict=verdicts[-1] if verdicts else None, complete=ended)
    except (ValidationError, KeyError, TypeError) as error:
        raise BadInput(
            str(path), f"a line does not fit the trace's schema ({str(error).splitlines()[0]})", "see docs/schema"
        ) from None


def place_of(step: Step) -> Place:
    """Where a step stands in its run."""
    return step.parents, step.node, step.subject


def read_steps(lines: list[dict[str, Any]]) -> dict[Place, Step]:
    """The steps in order by their place; one that was done again after a kill stands where the later one does."""
    steps: dict[Place, Step] = {}
    later: dict[str, str] = {}
    for line in lines:
        if line.get("line") != "step":
            continue
        step = Step.model_validate(line["step"])
        step = step.model_copy(update={"parents": tuple(dict.fromkeys(later.get(p, p) for p in step.parents))})
        replaced = steps.pop(place_of(step), None)
        if replaced is not None:
            later = {old: step.id if new == replaced.id else new for old, new in later.items()} | {replaced.id: step.id}
        steps[place_of(step)] = step
    return steps


def whole_lines(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Every line that is complete JSON, up to the first that is not, and the bytes they take."""
    lines, size = [], 0
    with path.open("rb") as file:
        for raw in file:
            try:
                line = json.loads(raw) if raw.endswith(b"\n") else None
            except ValueError:
                line = None
            if not isinstance(line, dict):
                break
            lines.append(line)
            size += len(raw)
    return lines, size
