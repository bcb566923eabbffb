"""A trace as OpenInference spans: JSON lines, one span a line, in the shape of the OpenInference specification.

The trace is the root span (`AGENT`), a step a child of it: `LLM` where it called a model, `TOOL` where it did not and
was given something, `RETRIEVER` where it recalled facts, else `CHAIN`. OpenInference spans form a tree and steps a
graph: a step's parents stand in its `metadata`. Scores become `annotations` of the span that they concern
(`trace.annotations` of the root), as the specification writes them; unscored ones are left out. Images are named by
digest (`input.images.0.image.url` = `sha256:...`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ...schema import Step, Trace
from ..importers.plain import plain
from ..scores import Score, TraceScore

_KIND = {"code": "CODE", "model": "LLM", "human": "HUMAN"}
_START = datetime(1970, 1, 1, tzinfo=UTC)


def spans_of(trace: Trace, score: TraceScore | None = None) -> Iterator[dict[str, Any]]:
    """The spans of a trace, the root first; the same ids every time.

    A trace that tells no time gets the epoch: order is kept, durations are those of the steps.
    """
    trace_id = hashlib.sha256(f"{trace.source}/{trace.run}".encode()).hexdigest()[:32]
    at = _when(trace.created) or next((w for s in trace.steps if (w := _when(s.started))), None) or _START
    root, begun, children = _span_id(trace_id, ""), at, []
    for step in trace.steps:
        at = _when(step.started) or at
        end = at + timedelta(milliseconds=step.ms)
        name, held = f"{step.node} {step.subject}".strip(), _step_attributes(step, score)
        children.append(_span(trace_id, _span_id(trace_id, step.id), root, name, at, end, held, step.error))
        at = end
    last = max([begun, *(datetime.fromisoformat(c["end_time"]) for c in children)])
    yield _span(trace_id, root, None, trace.source, begun, last, _root_attributes(trace, score), "")
    yield from children


def write_spans(traces: Iterable[tuple[Trace, TraceScore | None]], path: Path) -> int:
    """Write the spans of traces to a JSON-lines file, one trace at a time; tells how many spans."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for trace, score in traces:
            for span in spans_of(trace, score):
                file.write(json.dumps(span, ensure_ascii=False) + "\n")
                count += 1
    return count


def _span(
    trace_id: str, span_id: str, parent: str | None, name: str, begin: datetime, end: datetime,
    attributes: Mapping[str, Any], error: str,
) -> dict[str, Any]:  # fmt: skip
    return {
        "name": name, "context": {"trace_id": trace_id, "span_id": span_id}, "parent_id": parent,
        "span_kind": attributes["openinference.span.kind"],
        "start_time": begin.isoformat(), "end_time": end.isoformat(),
        "status_code": "ERROR" if error else "OK", "status_message": error, "attributes": attributes, "events": [],
    }  # fmt: skip


def _step_attributes(step: Step, score: TraceScore | None) -> dict[str, Any]:
    kind = "LLM" if step.calls else "RETRIEVER" if "facts" in step.output else "TOOL" if step.input else "CHAIN"
    held = {"openinference.span.kind": kind, **_values(step.input, step.output), **_images(step.input)}
    if kind == "TOOL":
        held |= {"tool.name": step.node, "tool.parameters": _json(step.input)}
    for key, name in (("input", "prompt"), ("output", "completion")):
        if key in step.tokens:
            held[f"llm.token_count.{name}"] = step.tokens[key]
    if step.tokens:
        held["llm.token_count.total"] = sum(step.tokens.values())
    for n, fact in enumerate(f for f in _listed(step.output.get("facts")) if isinstance(f.get("fact"), dict)):
        prefix = f"retrieval.documents.{n}.document"
        told = {"id": fact.get("id"), "content": fact["fact"].get("text"), "score": fact.get("score")}
        held |= {f"{prefix}.{k}": v for k, v in told.items() if v is not None}
    claims = [c.model_dump(mode="json") for c in step.claims]
    held["metadata"] = _json({"step": step.id, "parents": list(step.parents), "claims": claims})
    return held | _annotations("annotations", _of_step(step, score))


def _root_attributes(trace: Trace, score: TraceScore | None) -> dict[str, Any]:
    verdict = (
        trace.verdict.model_dump(mode="json", include={"verdict", "probability", "answer"}) if trace.verdict else {}
    )
    held = {"openinference.span.kind": "AGENT", "agent.name": trace.source, **_values(trace.request, verdict),
            "session.id": trace.run, "metadata": _json({"run": trace.run, "versions": trace.versions})}  # fmt: skip
    whole = [s for s in score.scores if not s.subject] if score else []
    return held | _annotations("trace.annotations", whole)


def _of_step(step: Step, score: TraceScore | None) -> list[Score]:
    """A step's scores, and what checks found wrong at it (as a score of 0)."""
    if score is None:
        return []
    known = {step.id, *(c.id for c in step.claims)}
    found = [Score(name=c.name, scale=c.scale, value=0.0, reason=c.message) for c in score.checks if c.step == step.id]
    return [*(s for s in score.scores if s.subject in known), *found]


def _annotations(prefix: str, scores: Iterable[Score]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for n, score in enumerate(s for s in scores if s.value is not None):
        at = f"{prefix}.{n}.annotation"
        told |= {f"{at}.name": score.name, f"{at}.score": score.value, f"{at}.annotator_kind": _KIND[score.annotator]}
        if score.reason:
            told[f"{at}.explanation"] = score.reason
    return told


def _values(given: Any, gave: Any) -> dict[str, Any]:
    return {"input.value": _json(given), "input.mime_type": "application/json",
            "output.value": _json(gave), "output.mime_type": "application/json"}  # fmt: skip


def _images(held: Any) -> dict[str, str]:
    """Images anywhere in a step's input, by digest."""
    digests: dict[str, None] = {}
    todo = [held]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            if isinstance(value.get("sha256"), str):
                digests[value["sha256"]] = None
            todo += value.values()
        elif isinstance(value, (list, tuple)):
            todo += value
    return {f"input.images.{n}.image.url": f"sha256:{digest}" for n, digest in enumerate(digests)}


def _listed(value: Any) -> list[dict[str, Any]]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, (list, tuple)) else []


def _json(value: Any) -> str:
    return json.dumps(plain(value), ensure_ascii=False)


def _span_id(trace_id: str, step: str) -> str:
    return hashlib.sha256(f"{trace_id}/{step}".encode()).hexdigest()[:16]


def _when(said: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(said)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
