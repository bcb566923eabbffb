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
    alone: dict[tuple[str, str], Step] = {}
    done: dict[tuple[str, str, str], Step] = {}
    for i, step in enumerate(view.trace.steps):
        if i in boundaries and i:
            alone.clear()
            done.clear()
        if not step.output and not step.input:
            continue
        place = (step.node, step.subject)
        other = alone.setdefault(place, step)
        if other is step:  # only where a node works again is it worth while to look at what it was given
            continue
        done.setdefault((*place, _work(other)), other)
        first = done.setdefault((*place, _work(step)), step)
        if first is not step:
            message = f"{step.id} repeats {first.id} ({' '.join(filter(None, place))})"
            yield fault("repeated_call", step.id, message, scale="step", step=step.id)


def _work(step: Step) -> str:
    """What a step was given and what it gave, by digest where one was recorded (outputs are large)."""
    return json.dumps([step.input, step.output_digest or step.output], sort_keys=True, default=str)
