"""Box moved: what is claimed lies beside where it is. A series from IoU .9 with the right box to 0, and a nudge of 3 %.

In the answer: the verdict lists another box than the region has that it names. In the comparison: the region itself
lies elsewhere, wherever it stands in the trace, and only labels can tell.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ...prompts import place
from ...schema import Box, Trace
from ..labels import Labels
from .editing import claims_with_steps, concluding, map_json, with_output, with_verdict
from .mutant import EVERYTHING, Edit, Mutator, Variant, register

FAMILY, NEUTRAL = "box moved", "neutral"
STRENGTHS = (0.9, 0.7, 0.5, 0.3, 0.1, 0.0)
"""IoU of the moved box with the one it was."""
DETECTABLE = 0.3
"""At this IoU or below a moved box has to be detected; above, it may pass."""
NUDGE = 0.03
"""Share of its side by which a box may move without being another one."""

Shift = Callable[[int], int]
"""Pixels by which a box is moved along a side of that many pixels."""


def to_iou(iou: float) -> Shift:
    """The shift along one side that leaves a box at `iou` with itself: (s - d) / (s + d) = iou."""
    return lambda side: int(np.ceil(side * (1 - iou) / (1 + iou)))


def nudge(side: int) -> int:
    """3 % of a side, and at least one pixel."""
    return max(1, int(NUDGE * side))


def move_in_answer(trace: Trace, labels: Labels, rng: np.random.Generator, *, shift: Shift) -> Edit | None:
    """One defect of the verdict gets another box; the first error is at the step that concludes."""
    drawn, step = _drawn(trace, labels, rng), concluding(trace)
    if drawn is None or step is None or trace.verdict is None:
        return None
    index, direction = drawn
    old = trace.verdict.defects[index].box
    new = _moved(old, direction, shift)
    defects = tuple(d.model_copy(update={"box": new}) if i == index else d for i, d in enumerate(trace.verdict.defects))
    return Edit(with_verdict(trace, defects=defects), step.id, _note(old, new))


def move_in_comparison(trace: Trace, labels: Labels, rng: np.random.Generator, *, shift: Shift) -> Edit | None:
    """One region lies elsewhere, wherever it stands; the first error is where a defect is claimed there."""
    drawn = _drawn(trace, labels, rng)
    if drawn is None or trace.verdict is None:
        return None
    index, direction = drawn
    defect = trace.verdict.defects[index]
    claiming = [s for s, c in claims_with_steps(trace) if c.subject == defect.region and c.defect]
    if not claiming:
        return None
    new, size = _moved(defect.box, direction, shift), _size(trace)

    def changed(value: dict[str, Any]) -> dict[str, Any]:
        if value.get("id") == defect.region and value.get("box") == list(defect.box):
            return {**value, "box": list(new)}
        if value.get("region") == defect.region and "place" in value:
            return {**value, "place": place(new, *size)}
        if value.get("region") == defect.region and value.get("box") == list(defect.box):
            return {**value, "box": list(new)}
        return value

    steps = []
    for step in trace.steps:
        output, given = map_json(step.output, changed), map_json(step.input, changed)
        if (output, given) != (step.output, step.input):
            step = with_output(step, output, input=given)
        steps.append(step)
    edited = trace.model_copy(update={"steps": tuple(steps)})
    defects = tuple(d.model_copy(update={"box": new}) if i == index else d for i, d in enumerate(trace.verdict.defects))
    return Edit(with_verdict(edited, defects=defects), claiming[0].id, _note(defect.box, new))


def _drawn(trace: Trace, labels: Labels, rng: np.random.Generator) -> tuple[int, tuple[int, int]] | None:
    """Which of the verdict's defects is moved, and in which direction: one that stays in the image and hits no other
    defect however far the series goes."""
    size = _size(trace)
    if trace.verdict is None or not trace.verdict.defects or not all(size):
        return None
    others = [d.box for d in labels.defects] + [d.box for d in trace.verdict.defects]
    free = []
    for index, defect in enumerate(trace.verdict.defects):
        for direction in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            far = _moved(defect.box, direction, to_iou(0.0))
            inside = far.x1 >= 0 and far.y1 >= 0 and far.x2 <= size[0] and far.y2 <= size[1]
            hits = any(far.iou(b) > 0 for b in others if b.iou(defect.box) == 0)
            if inside and not hits and defect.box.area > 0:
                free.append((index, direction))
    return free[int(rng.integers(len(free)))] if free else None


def _moved(box: Box, direction: tuple[int, int], shift: Shift) -> Box:
    dx, dy = direction[0] * shift(box.x2 - box.x1), direction[1] * shift(box.y2 - box.y1)
    return Box(box.x1 + dx, box.y1 + dy, box.x2 + dx, box.y2 + dy)


def _size(trace: Trace) -> tuple[int, int]:
    test = trace.verdict.test if trace.verdict else None
    return (test.width, test.height) if test else (0, 0)


def _note(old: Box, new: Box) -> str:
    return f"{list(old)} -> {list(new)} (IoU {old.iou(new):.2f})"


def _register(where: str, make: Callable[..., Edit | None]) -> None:
    series = f"box moved in the {where}"
    for strength in STRENGTHS:
        mutator: Mutator = partial(make, shift=to_iou(strength))
        name = f"{series}, IoU {strength:g}"
        register(Variant(FAMILY, name, mutator, ("localization",), ("identification",), strength, series))
    register(Variant(NEUTRAL, f"box nudged in the {where}", partial(make, shift=nudge), (), EVERYTHING, None, series))


_register("answer", move_in_answer)
_register("comparison", move_in_comparison)
