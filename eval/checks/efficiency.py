"""Was anything done twice for nothing?"""

from __future__ import annotations

import json
from collections.abc import Iterator

from ...schema import Check, Step
from ._registry import fault, register
from .view import TraceView


@register(metric="efficiency", on=TraceView)
def repeated_call(view: TraceView) -> Iterator[Check]:
    """A step does again what an earlier one did, with the same input, and gets the same.

    Work that a repair, a review or a new question asked for again is none; neither is a step that gave nothing.
    """
    boundaries = set(view.boundaries)
    done: dict[tuple[str, str, str], Step] = {}
    for i, step in enumerate(view.trace.steps):
        if i in boundaries and i:
            done.clear()
        if not step.output and not step.input:
            continue
        key = (step.node, step.subject, json.dumps([step.input, _result(step)], sort_keys=True, default=str))
        first = done.setdefault(key, step)
        if first is not step:
            message = f"{step.id} repeats {first.id} ({step.node} {step.subject}".rstrip() + ")"
            yield fault("repeated_call", step.id, message, scale="step", step=step.id)


def _result(step: Step) -> object:
    """What a step gave: by digest where one was recorded (outputs are large)."""
    return step.output_digest or step.output
