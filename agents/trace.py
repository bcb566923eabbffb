"""The trace of a run: JSON lines, written from the graph's events while it runs; readable up to the last whole line.

Lines: one `header`, then a `step` for every node that ended, then a `verdict` (one more of each for a follow-up
question). A kill can cut the last line off; reading drops it and says `complete=False`, resuming writes on after it.
A kill can also come between a step's line and its checkpoint: the step is done again, and its later line counts.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.outputs import LLMResult

from .. import __version__
from ..errors import RunFailed
from ..eval.trace_file import Place, digest_of, place_of, read_steps, whole_lines
from ..prompts import PROMPTS_VERSION
from ..schema import TRACE_VERSION, Claim, Step, Verdict

_INPUTS = {
    "intake": ("test", "references", "question", "object"),
    "recall": ("question", "object"),
    "compare": ("images",),
    "examine": ("region", "test", "aligned", "facts"),
    "reason": ("question", "object"),
}
_SIBLINGS = ({"recall", "compare"}, {"examine"})
_VERSIONS = ("langgraph", "langchain-core", "torch", "transformers", "chromadb")


class TokenCounter(BaseCallbackHandler):
    """Counts model calls and tokens by graph task, from LangChain's callbacks."""

    def __init__(self) -> None:
        self.by_task: dict[str, dict[str, int]] = {}
        self._task_of: dict[UUID, str] = {}

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: Any,
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Remember which task this call belongs to (`langgraph_checkpoint_ns` ends with the task's id)."""
        task = str((metadata or {}).get("langgraph_checkpoint_ns", "")).rpartition(":")[2]
        self._task_of[run_id] = task

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        """Add the call's tokens to its task."""
        count = self.by_task.setdefault(self._task_of.pop(run_id, ""), {"calls": 0, "input": 0, "output": 0})
        count["calls"] += 1
        for generation in (g for batch in response.generations for g in batch):
            usage = getattr(getattr(generation, "message", None), "usage_metadata", None) or {}
            count["input"] += usage.get("input_tokens", 0)
            count["output"] += usage.get("output_tokens", 0)


class TraceRecorder:
    """Writes `trace.jsonl` from `graph.stream(..., stream_mode="tasks")` events.

    Args:
        path: the file; where it exists it is continued after its last whole line.
        run: the run's id; request: what was asked (JSON-plain).

    Attributes:
        ended: the last line is a verdict.
    """

    def __init__(self, path: Path, *, run: str, request: dict[str, Any]) -> None:
        self.path = path
        self.tokens = TokenCounter()
        self.ended = False
        self._steps: dict[Place, Step] = {}
        self._resumed = False
        self._open: dict[str, tuple[dict[str, Any], float, str]] = {}
        self._before: list[Step] = []
        self._group: list[Step] = []
        self._count = 0
        if path.exists():
            self._continue()
        else:
            versions = {"sage-inspect": __version__, "prompts": PROMPTS_VERSION, **_versions()}
            header = {"version": TRACE_VERSION, "run": run, "created": _now(), "request": request, "versions": versions}
            self._write("header", header)

    def _continue(self) -> None:
        lines, whole = whole_lines(self.path)
        self._steps = read_steps(lines)
        with self.path.open("r+b") as file:
            file.truncate(whole)
        self._count = sum(line["line"] == "step" for line in lines)
        self.ended = bool(lines) and lines[-1]["line"] == "verdict"
        self._resumed = True
        steps = list(self._steps.values())
        if steps:
            self._group = [s for s in steps if s.parents == steps[-1].parents]
            self._before = [s for s in steps if s.id in steps[-1].parents]

    @property
    def timings(self) -> dict[str, float]:
        """Milliseconds by node, branches added up."""
        total: dict[str, float] = {}
        for step in self._steps.values():
            total[step.node] = round(total.get(step.node, 0.0) + step.ms, 2)
        return total

    def on_event(self, event: dict[str, Any]) -> Step | None:
        """Take one `tasks` event; a `Step` where one ended (an interrupted node has not)."""
        if "result" not in event and "error" not in event:
            self._start(event)
            return None
        return self._end(event)

    def _start(self, event: dict[str, Any]) -> None:
        given = event.get("input") or {}
        together = any({event["name"], *(s.node for s in self._group)} <= names for names in _SIBLINGS)
        again = self._resumed and any(s.node == event["name"] for s in self._group)
        if not self._open and self._group and not together and not again:
            self._before, self._group, self._resumed = self._group, [], False
        self._open[event["id"]] = (given, time.perf_counter(), _now())

    def _end(self, event: dict[str, Any]) -> Step | None:
        given, began, started = self._open.pop(event["id"], ({}, time.perf_counter(), _now()))
        if event.get("interrupts"):
            return None
        ms = round((time.perf_counter() - began) * 1000, 2)
        node = event["name"]
        output = event.get("result") or {}
        tokens = self.tokens.by_task.pop(event["id"], {"calls": 0, "input": 0, "output": 0})
        self._count += 1
        step = Step(
            id=f"S{self._count}",
            node=node,
            subject=(given.get("region") or {}).get("id", "") if node == "examine" else "",
            parents=tuple(s.id for s in self._before),
            input={k: given[k] for k in _INPUTS.get(node, ()) if given.get(k) is not None},
            output=output,
            output_digest=digest_of(output),
            claims=_claims(output),
            calls=tokens["calls"],
            tokens={k: tokens[k] for k in ("input", "output") if tokens["calls"]},
            started=started,
            ms=ms,
            error=" ".join(str(event.get("error") or "").split()),
        )
        self._group = [s for s in self._group if (s.node, s.subject) != (step.node, step.subject)] + [step]
        self._steps.pop(place_of(step), None)
        self._steps[place_of(step)] = step
        self.ended = False
        self._write("step", {"step": step.model_dump(mode="json", exclude_defaults=True)})
        return step

    def verdict(self, verdict: Verdict) -> None:
        """The last line of a run."""
        self._write("verdict", {"verdict": verdict.model_dump(mode="json")})
        self.ended = True

    def _write(self, kind: str, content: dict[str, Any]) -> None:
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"line": kind, **content}, ensure_ascii=False) + "\n")
        except OSError as error:
            raise RunFailed(
                str(self.path), f"the trace cannot be written ({error.strerror})", "free space, then resume"
            ) from None


def _claims(output: dict[str, Any]) -> tuple[Claim, ...]:
    found = [f["claim"] for f in output.get("findings") or ()]
    reasoning = output.get("reasoning") or {}
    found += [reasoning[k] for k in ("verdict", "answer") if reasoning.get(k)]
    return tuple(Claim.model_validate(c) for c in found)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _versions() -> dict[str, str]:
    known = {}
    for name in _VERSIONS:
        try:
            known[name] = version(name)
        except PackageNotFoundError:
            known[name] = "not installed"
    return known
