"""Does every step come after what it uses?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from ...schema import Check
from ._registry import fault, register
from .view import Told, TraceView

_STAGES = ("comparison", "findings", "reasoning", "verdict")
"""What an inspection's steps give, in the order that evidence has; independent steps may stand in any order."""


@register(metric="order", on=TraceView)
def parent_not_before(view: TraceView) -> Iterator[Check]:
    """A step names a parent that comes later, or itself (parents in a cycle always do)."""
    for i, step in enumerate(view.trace.steps):
        for parent in step.parents:
            if view.at.get(parent, -1) >= i:
                what = "itself" if parent == step.id else f"{parent}, which comes later"
                yield fault("parent_not_before", step.id, f"{step.id} follows from {what}", scale="step", step=step.id)


@register(metric="order", on=TraceView)
def used_before_made(view: TraceView) -> Iterator[Check]:
    """A step cites a fact, or looks at a region, that only a later step recalls or finds."""
    for said in view.said:
        for cited, told in (
            *((f, view.told_facts) for f in said.claim.facts),
            *((r, view.told_regions) for r in (said.claim.subject, *said.claim.regions)),
        ):
            yield from _late(said.step.id, said.at, cited, told)
    for used in view.planned:
        yield from _late(used.step.id, used.at, used.noun, view.told_regions)


@register(metric="order", on=TraceView)
def stage_skipped(view: TraceView) -> Iterator[Check]:
    """A step concludes before the evidence of the stage below was there, although it comes later."""
    first: dict[str, int] = {}
    for i, step in enumerate(view.trace.steps):
        for key in _STAGES:
            if step.output.get(key):
                first.setdefault(key, i)
    stages = [(key, first[key]) for key in _STAGES if key in first]
    for (earlier, before), (later, after) in pairwise(stages):
        if after < before:
            step = view.trace.steps[after]
            message = f"{step.id} gives the {later} before there is any {earlier}"
            yield fault("stage_skipped", step.id, message, scale="step", step=step.id)


@register(metric="order", on=TraceView)
def ambiguous_id(view: TraceView) -> Iterator[Check]:
    """Two different steps have one id (a step repeated as it was is a repetition)."""
    for i, step in enumerate(view.trace.steps):
        first = view.trace.steps[view.at[step.id]]
        if view.at[step.id] != i and (first.node, first.output) != (step.node, step.output):
            message = f"{step.id} is the id of two different steps"
            yield fault("ambiguous_id", step.id, message, scale="step", step=step.id)


def _late(step: str, at: int, used: str, told: Mapping[str, list[Told]]) -> Iterator[Check]:
    made = told.get(used)
    if made and made[0].at > at:
        message = f"{step} uses [{used}] before {made[0].step.id} gives it"
        yield fault("used_before_made", step, message, scale="step", step=step)
