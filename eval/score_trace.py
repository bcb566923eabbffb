"""MLE for a whole trace: `score_trace` at claim, step and trace scale (method.md, section 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal

from ..images import ImageStore
from ..schema import Check, Trace
from .anchors import axes
from .checks import CHECKS, TraceView, run_checks, view_of
from .labelled import right_verdict
from .labels import Labels
from .metrics import faults_by_metric, metric_scores, ungrounded
from .scores import Score, TraceScore, Usage
from .trace_file import read_trace

Judge = Callable[[Trace, TraceScore], Iterable[Score]]
"""Adds what deterministic checks cannot see (eval/judge); what it cannot judge it leaves unscored."""


def score_trace(
    trace: Trace | Path | str,
    *,
    labels: Labels | None = None,
    judge: Judge | None = None,
    images: ImageStore | None = None,
) -> TraceScore:
    """Score one trace.

    Args:
        trace: a `Trace`, or a run folder or `trace.jsonl`.
        labels: the truth about its image; without them identification, localization and detection are unscored.
        judge: called with the trace and its score so far; its scores are added, marked `model`.
        images: where given, claimed boxes are held against the stored heat map too (score `heat_map`).

    Returns:
        The score vector, what was found wrong and where, the axes and the cost.

    Raises:
        BadInput: the file is no trace, or a mask cannot be read.
    """
    known = trace if isinstance(trace, Trace) else read_trace(Path(trace))
    view = view_of(known, labels)
    checks = _in_order(view, run_checks(view))
    faults = faults_by_metric(checks)
    scores = metric_scores(view, faults, images)
    values = {s.name: s.value for s in scores}
    lowered = {name for name, found in faults.items() if any(f.severity == "error" for f in found)}
    anchored = axes(values, lowered, ungrounded=ungrounded(view, faults["grounding"]))
    outcome = _outcome(view)
    score = TraceScore(
        trace=known.run,
        source=known.source,
        outcome=outcome,
        right_for_wrong_reason=None if outcome is None else outcome == "right" and any(map(_in_process, checks)),
        identification=anchored.identification,
        localization=anchored.localization,
        logic=anchored.logic,
        scores=scores,
        checks=checks,
        first_error=next((c.step for c in checks if c.severity == "error" and c.step), None),
        usage=usage_of(known),
    )
    if judge is None:
        return score
    judged = tuple(s.model_copy(update={"annotator": "model"}) for s in judge(known, score))
    return score.model_copy(update={"scores": (*score.scores, *judged)})


def usage_of(trace: Trace) -> Usage:
    """What a trace cost; wall time from the first start to the last end where steps tell when they started."""
    return Usage(
        steps=len(trace.steps),
        calls=sum(s.calls for s in trace.steps),
        input_tokens=sum(s.tokens.get("input", 0) for s in trace.steps),
        output_tokens=sum(s.tokens.get("output", 0) for s in trace.steps),
        seconds=round(_seconds(trace), 3),
        abstained=trace.verdict is None or trace.verdict.verdict == "uncertain",
    )


def _seconds(trace: Trace) -> float:
    try:
        starts = [datetime.fromisoformat(s.started).timestamp() for s in trace.steps]
    except ValueError:
        return sum(s.ms for s in trace.steps) / 1000
    ends = [start + step.ms / 1000 for start, step in zip(starts, trace.steps, strict=True)]
    return max(ends) - min(starts) if starts else 0.0


def _outcome(view: TraceView) -> Literal["right", "wrong", "abstained"] | None:
    right = right_verdict(view.labels)
    if right is None or view.final is None:
        return None
    if view.final.verdict == "uncertain":
        return "abstained"
    return "right" if view.final.verdict == right else "wrong"


def _in_process(check: Check) -> bool:
    """Whether a fault makes a right outcome right for the wrong reason; a call too many does not."""
    registered = CHECKS.get(check.name)
    return check.severity == "error" and (registered is None or registered.metrics != ("efficiency",))


def _in_order(view: TraceView, checks: Iterable[Check]) -> tuple[Check, ...]:
    """Faults by the step where they lie; those that lie in none come last."""
    end = len(view.trace.steps)
    return tuple(sorted(checks, key=lambda c: view.at.get(c.step, end)))
