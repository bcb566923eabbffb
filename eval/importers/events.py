"""A LangGraph run from its recorded events (eval/record.py), or from a list of them.

Steps are the graph's node runs; what a node said is looked for in its result (`text_of`). Three kinds of events make
steps; where a recording holds several, the first of this list that is there is used, and all events are kept:

| kind | a step is | parents |
|---|---|---|
| `astream_events` | a node's `on_chain_start` and `on_chain_end`; a tool's inside it | the superstep before |
| `tasks` (and `debug`) | a task and its result | the superstep before: what had ended when it started |
| `updates` | one node's update | the step before: updates do not tell which nodes ran side by side |

Other events (`values`, `messages`, `custom`, ...) stand in the trace's `extra["events"]`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import BadInput
from ...schema import Step, Trace
from ..claims.verdict import read_verdict
from ..trace_file import digest_of
from .event_steps import Recorded, steps_of_events, steps_of_tasks, steps_of_updates
from .plain import plain

SOURCE = "langgraph"
_FORMAT, _VERSION = "langgraph-events", 1
_MODES = frozenset(("values", "updates", "messages", "custom", "tasks", "debug", "checkpoints", "events"))


class _Header(NamedTuple):
    run: str
    request: dict[str, Any]


def read_events(source: Path | Sequence[Any]) -> Iterator[Trace]:
    """One trace a recording.

    Args:
        source: a file that `record` wrote, or the events themselves.

    Raises:
        BadInput: not a recording, a version this package does not know, or a broken line before the last.
    """
    if isinstance(source, Path):
        header, events, whole = _read(source)
    else:
        header, events, whole = _Header("events", {}), [_recorded({"event": plain(e)}) for e in source], True
    yield _trace(header, events, whole)


def _trace(header: _Header, events: list[Recorded], whole: bool) -> Trace:
    for reader in (steps_of_events, steps_of_tasks, steps_of_updates):
        steps, used = reader(events)
        if steps:
            break
    kept = [{"mode": e.mode, "namespace": list(e.namespace), "at": e.at, "data": e.data}
            for n, e in enumerate(events) if n not in used]  # fmt: skip
    said = next((t for s in reversed(steps) if (t := text_of(s.output))), "")
    verdict = read_verdict(said) if said else None
    return Trace(
        run=header.run, source=SOURCE, request=header.request, steps=tuple(_spoken(s) for s in steps), verdict=verdict,
        complete=whole and verdict is not None, extra={"events": kept},
        created=datetime.fromtimestamp(events[0].at, UTC).isoformat() if events and events[0].at else "",
    )  # fmt: skip


def text_of(result: Any) -> str:
    """The last text that a node's result holds: a message's content, or a text under a telling key."""
    if isinstance(result, dict):
        for key in ("text", "answer", "content", "output", "final", "verdict", "rationale", "reason"):
            if isinstance(result.get(key), str) and result[key].strip():
                return str(result[key])
        for value in reversed(list(result.values())):
            if isinstance(value, (dict, list)) and (found := text_of(value)):
                return found
    if isinstance(result, list):
        for value in reversed(result):
            if isinstance(value, (dict, list)) and (found := text_of(value)):
                return found
    return ""


def _spoken(step: Step) -> Step:
    """The step with what it said under `text`, where the claim extractor looks; the digest is of what was recorded."""
    said = text_of(step.output)
    if not said or "text" in step.output or "content" in step.output:
        return step
    output = {**step.output, "text": said}
    return step.model_copy(update={"output": output, "output_digest": digest_of(output)})


def _read(path: Path) -> tuple[_Header, list[Recorded], bool]:
    events: list[Recorded] = []
    header: _Header | None = None
    ended = False
    with path.open(encoding="utf-8") as file:
        for number, raw in enumerate(file, 1):
            try:
                line = json.loads(raw)
            except ValueError:
                if raw.endswith("\n"):
                    raise BadInput(f"{path}, line {number}", "this is not JSON", "record the run again") from None
                break  # cut off by a kill
            if header is None:
                header = _header(line, path)
            elif "event" in line:
                events.append(_recorded(line))
            else:
                ended = bool(line.get("ended"))
    if header is None:
        raise BadInput(str(path), "the file is empty", "name a file that sage_inspect.eval.record wrote")
    return header, events, ended


def _header(line: Any, path: Path) -> _Header:
    if not isinstance(line, dict) or line.get("recording") != _FORMAT:
        raise BadInput(str(path), "this is no recording", "name a file that sage_inspect.eval.record wrote")
    if line.get("version") != _VERSION:
        raise BadInput(str(path), f"recording version {line.get('version')!r} is not {_VERSION}", "update sage-inspect")
    return _Header(str(line.get("run") or path.stem), line.get("request") or {})


def _recorded(line: dict[str, Any]) -> Recorded:
    """One event with its mode: marked by the recorder, by the stream (`[mode, data]`), or by its shape."""
    event, at = line["event"], float(line.get("at") or 0)
    namespace: tuple[str, ...] = ()
    if isinstance(event, list) and event and isinstance(event[0], list):
        namespace, event = tuple(map(str, event[0])), event[1] if len(event) == 2 else event[1:]
    if isinstance(event, list) and len(event) == 2 and isinstance(event[0], str) and event[0] in _MODES:
        return Recorded(event[0], namespace, event[1], at)
    if isinstance(event, dict):
        if isinstance(event.get("event"), str) and "run_id" in event:
            return Recorded("events", namespace, event, at)
        if "payload" in event and event.get("type") in ("task", "task_result", "checkpoint"):
            return Recorded("debug", namespace, event, at)
        if {"id", "name"} <= event.keys() and ({"input", "triggers"} & event.keys() or "result" in event):
            return Recorded("tasks", namespace, event, at)
    return Recorded(str(line.get("mode") or ("updates" if isinstance(event, dict) else "other")), namespace, event, at)
