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
    return trace_of(lines, str(path), ended=whole == path.stat().st_size)


def trace_of(lines: list[dict[str, Any]], where: str, *, ended: bool = True) -> Trace:
    """One run's lines, header first, as a trace.

    Args:
        where: what errors name; ended: nothing was cut off after the last line.

    Raises:
        BadInput: no header, a version this package does not know, or a line that does not fit.
    """
    if not lines or lines[0].get("line") != "header":
        raise BadInput(where, "this is not a trace (its first line is no header)", "name a run's trace.jsonl")
    header = {k: v for k, v in lines[0].items() if k != "line"}
    check_version(header.get("version"), where)
    try:
        steps = tuple(read_steps(lines).values())
        verdicts = [Verdict.model_validate(line["verdict"]) for line in lines if line.get("line") == "verdict"]
        complete = lines[-1].get("line") == "verdict" and ended
        return Trace(**header, steps=steps, verdict=verdicts[-1] if verdicts else None, complete=complete)
    except (ValidationError, KeyError, TypeError) as error:
        raise unfitting(where, error) from None


def check_version(version: Any, where: str) -> None:
    """Refuse another version of the trace's schema by name.

    Raises:
        BadInput: it is not `TRACE_VERSION`.
    """
    if version != TRACE_VERSION:
        raise BadInput(where, f"trace version {version!r} is not {TRACE_VERSION}", "update sage-inspect")


def unfitting(where: str, error: Exception) -> BadInput:
    """A line that does not fit the schema, with the first field that does not."""
    why = str(error).splitlines()[0]
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        why = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return BadInput(where, f"a line does not fit the trace's schema ({why})", "see docs/schema/trace.json")


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
