"""Steps from LangGraph's events: of `astream_events`, of tasks, of updates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ...schema import Step
from ..trace_file import digest_of


class Recorded(NamedTuple):
    """One event: its stream mode, the subgraph it came from, what it held, and when it came (seconds, 0: unknown)."""

    mode: str
    namespace: tuple[str, ...]
    data: Any
    at: float


Found = tuple[list[Step], set[int]]
"""Steps, and the places of the events that they hold in whole."""


def steps_of_tasks(events: Sequence[Recorded]) -> Found:
    """A step a task; what a task held beside its name, input and result stands in `extra`."""
    steps: list[Step] = []
    used: set[int] = set()
    number: dict[str, int] = {}
    front: dict[
        tuple[str, ...], tuple[list[str], list[str]]
    ] = {}  # a namespace's superstep before, and the running one
    ended: set[str] = set()
    for place, event in enumerate(events):
        data = event.data
        if event.mode == "debug" and isinstance(data, dict):
            data = data.get("payload")
        if event.mode not in ("tasks", "debug") or not isinstance(data, dict) or not {"id", "name"} <= data.keys():
            continue
        key = str(data["id"])
        if event.mode == "tasks":
            used.add(place)
        if "result" not in data and "error" not in data:
            before, running = front.setdefault(event.namespace, ([], []))
            if running and all(r in ended for r in running):
                before, running = running, []
                front[event.namespace] = (before, running)
            identity = f"S{len(steps) + 1}"
            number[key] = len(steps)
            running.append(identity)
            rest = {k: v for k, v in data.items() if k not in ("id", "name", "input")}
            steps.append(
                Step(
                    id=identity, node=str(data["name"]), parents=tuple(before or _outer(event.namespace, steps)),
                    input=_mapping(data.get("input")), started=_time(event.at),
                    extra={"task": key, "namespace": list(event.namespace), "started": rest, "at": event.at},
                )
            )  # fmt: skip
        elif key in number:
            step = steps[number[key]]
            output = _mapping(data.get("result"))
            rest = {k: v for k, v in data.items() if k not in ("id", "name", "result", "error")}
            ended.add(step.id)
            steps[number[key]] = step.model_copy(
                update={
                    "output": output, "output_digest": digest_of(output), "error": _one_line(data.get("error")),
                    "ms": max(0.0, event.at - step.extra["at"]) * 1000 if event.at else 0.0,
                    "extra": {**step.extra, "ended": rest, "ended_at": event.at, "error": data.get("error")},
                }
            )  # fmt: skip
        else:
            used.discard(place)  # its beginning was not recorded
    return steps, used


def steps_of_updates(events: Sequence[Recorded]) -> Found:
    """A step a node's update, one after the other."""
    steps: list[Step] = []
    used: set[int] = set()
    for place, event in enumerate(events):
        if event.mode != "updates" or not isinstance(event.data, dict):
            continue
        used.add(place)
        for node, update in event.data.items():
            output = _mapping(update)
            steps.append(
                Step(
                    id=f"S{len(steps) + 1}", node=str(node), parents=(steps[-1].id,) if steps else (), output=output,
                    output_digest=digest_of(output), started=_time(event.at),
                    extra={"namespace": list(event.namespace), "at": event.at},
                )
            )  # fmt: skip
    return steps, used


def steps_of_events(events: Sequence[Recorded]) -> Found:
    """A step a node and a tool of `astream_events` (v2); a node's model calls and tokens are counted on it.

    The events that begin and end a step are kept whole in its `extra`; the rest stay among the trace's events.
    """
    steps: list[Step] = []
    used: set[int] = set()
    number: dict[str, int] = {}
    by_superstep: dict[int, list[str]] = {}
    for place, event in enumerate(events):
        data = event.data
        if event.mode != "events" or not isinstance(data, dict):
            continue
        kind, key = str(data.get("event")), str(data.get("run_id"))
        metadata = data.get("metadata") or {}
        held = data.get("data") or {}
        is_node = kind.startswith("on_chain") and metadata.get("langgraph_node") == data.get("name") is not None
        if kind in ("on_chain_start", "on_tool_start") and (is_node or kind == "on_tool_start"):
            identity = f"S{len(steps) + 1}"
            superstep = int(metadata.get("langgraph_step") or 0)
            owner = next((number[str(p)] for p in reversed(data.get("parent_ids") or ()) if str(p) in number), None)
            earlier = [s for s in by_superstep if s < superstep]
            parents = (steps[owner].id,) if owner is not None else tuple(by_superstep[max(earlier)]) if earlier else ()
            if owner is None:
                by_superstep.setdefault(superstep, []).append(identity)
            number[key] = len(steps)
            used.add(place)
            steps.append(
                Step(
                    id=identity, node=str(data.get("name")), parents=parents, input=_mapping(held.get("input")),
                    started=_time(event.at), extra={"started": {k: v for k, v in data.items() if k != "data"},
                                                    "at": event.at},
                )
            )  # fmt: skip
        elif kind in ("on_chain_end", "on_tool_end", "on_tool_error") and key in number:
            step = steps[number[key]]
            output = _mapping(held.get("output"))
            used.add(place)
            rest = {**{k: v for k, v in data.items() if k != "data"},
                    "data": {k: v for k, v in held.items() if k != "output"}}  # fmt: skip
            steps[number[key]] = step.model_copy(
                update={
                    "output": output, "output_digest": digest_of(output), "error": _one_line(held.get("error")),
                    "ms": max(0.0, event.at - step.extra["at"]) * 1000 if event.at else 0.0,
                    "extra": {**step.extra, "ended": rest, "ended_at": event.at},
                }
            )  # fmt: skip
        elif kind == "on_chat_model_end":
            owner = next((number[str(p)] for p in reversed(data.get("parent_ids") or ()) if str(p) in number), None)
            if owner is not None:
                steps[owner] = _with_call(steps[owner], held.get("output"))
    return steps, used


def _with_call(step: Step, message: Any) -> Step:
    usage = (message.get("usage_metadata") if isinstance(message, dict) else None) or {}
    tokens = {k: step.tokens.get(k, 0) + int(usage.get(f"{k}_tokens") or 0) for k in ("input", "output")}
    return step.model_copy(update={"calls": step.calls + 1, "tokens": tokens})


def _outer(namespace: tuple[str, ...], steps: Sequence[Step]) -> list[str]:
    """The step of the node that a subgraph runs in: its namespace ends with `node:task`."""
    if not namespace:
        return []
    task = namespace[-1].rpartition(":")[2]
    return [s.id for s in steps if s.extra.get("task") == task]


def _mapping(value: Any) -> dict[str, Any]:
    """A result as a step holds it: a mapping as it is, `[[channel, value], ...]` as one, else under `value`."""
    if isinstance(value, dict):
        return value
    if value is None:
        return {}
    pairs = isinstance(value, list) and value and all(isinstance(p, list) and len(p) == 2 for p in value)
    if pairs and all(isinstance(p[0], str) for p in value) and len({p[0] for p in value}) == len(value):
        return {p[0]: p[1] for p in value}
    return {"value": value}


def _one_line(error: Any) -> str:
    return " ".join(str(error).split()) if error else ""


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat() if at else ""
