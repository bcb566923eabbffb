"""langchain's agentevals as scorers of traces: every mode that needs no model, the correct trace being the reference.

`pip install agentevals` (no requirement of this package; imported when used). It is told all there is: each step is a
tool call with the step's node, subject and input as arguments, then the tool's message with the output; the last
message is the verdict. Its graph mode gets the nodes in order.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

from ..eval.reading import Case, Reading, Scorer
from ..schema import Trace

MODES = ("strict", "unordered", "superset", "subset")


def agentevals_scorers() -> dict[str, Scorer]:
    """A scorer a mode, by name; the first case of a batch is the reference of all.

    Raises:
        SystemExit: agentevals is not installed.
    """
    os.environ.setdefault("LANGSMITH_TRACING", "false")
    try:
        from agentevals.graph_trajectory.strict import graph_trajectory_strict_match
        from agentevals.trajectory.match import create_trajectory_match_evaluator
    except ImportError:
        raise SystemExit("agentevals is not installed: pip install agentevals, or leave it out (--alone)") from None
    matchers = {mode: create_trajectory_match_evaluator(trajectory_match_mode=mode) for mode in MODES}
    scorers = {f"agentevals {mode}": _scorer(match, messages) for mode, match in matchers.items()}
    return scorers | {"agentevals graph": _scorer(graph_trajectory_strict_match, nodes)}


def _scorer(match: Callable[..., Any], form: Callable[[Trace], Any]) -> Scorer:
    def read(cases: Sequence[Case]) -> list[Reading]:
        reference = form(cases[0][0])
        said = [match(outputs=form(trace), reference_outputs=reference) for trace, _ in cases]
        return [Reading({one["key"]: float(one["score"])}) for one in said]

    return read


def messages(trace: Trace) -> list[dict[str, Any]]:
    """A trace as chat messages with tool calls."""
    told: list[dict[str, Any]] = [{"role": "user", "content": json.dumps(trace.request, default=str)}]
    for step in trace.steps:
        arguments = json.dumps({"subject": step.subject, **step.input}, sort_keys=True)
        call = {"id": step.id, "type": "function", "function": {"name": step.node, "arguments": arguments}}
        told.append({"role": "assistant", "content": "", "tool_calls": [call]})
        told.append({"role": "tool", "tool_call_id": step.id, "content": json.dumps(step.output, sort_keys=True)})
    told.append({"role": "assistant", "content": trace.verdict.model_dump_json() if trace.verdict else ""})
    return told


def nodes(trace: Trace) -> dict[str, Any]:
    """A trace as agentevals' graph trajectory: the nodes in order, and what came out."""
    result = {"verdict": trace.verdict.verdict if trace.verdict else ""}
    return {"inputs": [trace.request], "results": [result], "steps": [[s.node for s in trace.steps]]}
