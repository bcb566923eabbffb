"""Traces of AnomalyClaw: a list of items, each judged by a direct branch and by an agent with tools, then averaged.

| step | node | parents | from |
|---|---|---|---|
| S1 | `direct` | - | `direct_score`, `direct_rationale` (JSON in a string) |
| S2 ... | `turn` | the step before in this branch | one of `history` |
| ... | the tool's name | its turn | `tool`, `args`, `obs_error` (its result was not recorded, only the keys) |
| ... | `conclude` | the last of the branch | `v9_score`, `rationale` |
| last | `combine` | `direct`, `conclude` | `anomaly_score` |

The verdict is `anomalous` where `anomaly_score` >= .5. What is not in the steps' output stands in `extra` as it was;
`restore` builds the item again. Labels (`label_gt`) stay in `extra`: no score reads them there.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import BadInput
from ...schema import Step, Trace, Verdict
from ..trace_file import digest_of

SOURCE = "anomalyclaw"
LIMIT = 0.5
_NEEDED = ("item_id", "anomaly_score", "history")
_TURN = ("thought", "visual_evidence", "anomaly_score")
_TOOL = ("tool", "args", "obs_keys", "obs_error")


def read_anomalyclaw(source: Path | list[dict[str, Any]]) -> Iterator[Trace]:
    """The traces of a file (or of its parsed list), in order.

    Raises:
        BadInput: not JSON, not a list of items, or an item without `item_id`, `anomaly_score` or `history`.
    """
    name, items = str(source) if isinstance(source, Path) else "items", source
    if isinstance(source, Path):
        try:
            items = json.loads(source.read_text(encoding="utf-8"))
        except ValueError as error:
            raise BadInput(name, f"this is not JSON ({error})", "name an AnomalyClaw result file") from None
    if not isinstance(items, list):
        raise BadInput(name, "this is not a list of items", "name an AnomalyClaw result file (D1.json ...)")
    for number, item in enumerate(items):
        lacks = [k for k in _NEEDED if not isinstance(item, dict) or k not in item]
        if lacks:
            raise BadInput(f"{name}, item {number}", f"it has no {', '.join(lacks)}", "name an AnomalyClaw result file")
        yield _trace(item)


def restore(trace: Trace) -> dict[str, Any]:
    """The item that a trace was read from."""
    item = dict(trace.extra)
    order = item.pop("_order")
    by_node = {s.node: s for s in trace.steps}
    history = []
    for step in trace.steps:
        if step.node != "turn":
            continue
        turn = dict(step.extra["turn"])
        output = {"thought": "text", "visual_evidence": "evidence", "anomaly_score": "probability"}
        turn |= {key: step.output[name] for key, name in output.items() if key in step.extra["_order"]}
        tool = next((t for t in trace.steps if t.parents == (step.id,) and "called" in t.extra), None)
        if tool is not None:
            turn |= tool.extra["called"]
        history.append({key: turn[key] for key in step.extra["_order"]})
    item |= {
        "item_id": trace.run, "history": history, "rationale": by_node["conclude"].output.get("text"),
        "v9_score": by_node["conclude"].output.get("probability"),
        "anomaly_score": by_node["combine"].output["probability"],
    }  # fmt: skip
    if "direct" in by_node:
        item["direct_score"] = by_node["direct"].output.get("probability")
    return {key: item[key] for key in order}


def _trace(item: dict[str, Any]) -> Trace:
    steps: list[Step] = []

    def add(node: str, parents: tuple[str, ...], output: dict[str, Any], **more: Any) -> str:
        identity = f"S{len(steps) + 1}"
        steps.append(
            Step(id=identity, node=node, parents=parents, output=output, output_digest=digest_of(output), **more)
        )
        return identity

    ends: tuple[str, ...] = ()
    if item.get("direct_score") is not None or item.get("direct_rationale"):
        ends = (add("direct", (), _direct(item), calls=1, error=str(item.get("direct_error") or "")),)
    last: tuple[str, ...] = ()
    for turn in item["history"]:
        last = (add("turn", last, _turn(turn), calls=1, extra={"turn": _left(turn), "_order": list(turn)}),)
        if turn.get("tool"):
            called = {k: turn[k] for k in _TOOL if k in turn}
            last = (
                add(
                    str(turn["tool"]), last, {}, input=_arguments(turn.get("args")),
                    error=str(turn.get("obs_error") or ""), extra={"called": called},
                ),
            )  # fmt: skip
    concluded = {"text": item.get("rationale"), "probability": item.get("v9_score")}
    confidence = item.get("confidence")
    if isinstance(confidence, (int, float)):
        concluded["confidence"] = confidence / 100
    ends = (*ends, add("conclude", last, concluded))
    score = item["anomaly_score"]
    add("combine", ends, {"probability": score})
    verdict = None
    if isinstance(score, (int, float)):
        verdict = Verdict(
            verdict="anomalous" if score >= LIMIT else "normal", probability=float(score), probability_source=None,
            answer=str(item.get("rationale") or ""), model=SOURCE,
        )  # fmt: skip
    placed = ("item_id", "anomaly_score", "direct_score", "v9_score", "rationale", "history")
    return Trace(
        run=str(item["item_id"]), source=SOURCE, steps=tuple(steps), verdict=verdict, complete=verdict is not None,
        request={"mode": item.get("mode"), "domain": item.get("domain_code")},
        extra={**{k: v for k, v in item.items() if k not in placed or (k == "direct_score" and len(ends) < 2)},
               "_order": list(item)},
    )  # fmt: skip


def _left(turn: dict[str, Any]) -> dict[str, Any]:
    """What of a turn is neither in its step's output nor in its tool's."""
    placed = (*_TURN, *(_TOOL if turn.get("tool") else ()))
    return {k: v for k, v in turn.items() if k not in placed}


def _turn(turn: dict[str, Any]) -> dict[str, Any]:
    names = {"thought": "text", "visual_evidence": "evidence", "anomaly_score": "probability"}
    output = {names[k]: turn[k] for k in _TURN if k in turn}
    if isinstance(turn.get("confidence"), (int, float)):
        output["confidence"] = turn["confidence"] / 100
    return output


_FIELD = r'"{}"\s*:\s*"((?:[^"\\]|\\.)*)'


def _direct(item: dict[str, Any]) -> dict[str, Any]:
    """The direct branch's output: its JSON where it is whole, else what can be read of it."""
    said = str(item.get("direct_rationale") or "")
    output: dict[str, Any] = {"probability": item.get("direct_score")}
    try:
        told = json.loads(said)
    except ValueError:
        told = {k: m.group(1) for k in ("evidence", "anomaly_type") if (m := re.search(_FIELD.format(k), said))}
    if isinstance(told, dict):
        output |= {"text": told.get("evidence"), "type": told.get("anomaly_type"), "box": told.get("bbox"),
                   "confidence": told.get("confidence")}  # fmt: skip
    return {k: v for k, v in output.items() if v is not None or k == "probability"}


def _arguments(said: Any) -> dict[str, Any]:
    """A call's arguments, written as Python by the agent; empty where they can't be read (the words stay in extra)."""
    try:
        told = ast.literal_eval(said) if isinstance(said, str) else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return {}
    return told if isinstance(told, dict) and all(isinstance(k, str) for k in told) else {}
