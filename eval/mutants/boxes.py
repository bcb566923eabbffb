"""Box moved: what is claimed lies beside where it is. A series from IoU .9 with the right box to 0, and a nudge of 3 %.

In the answer: the verdict lists another box than the region has that it names. In the comparison: the region itself
lies elsewhere, wherever it stands in the trace, and only labels can tell.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from ...prompts import place
from ...schema import Box, Trace
from ..labels import Labels
from .editing import claims_with_steps, concluding, map_json, with_output, with_verdict
from .mutant import EVERYTHING, Edit, Mutator, Variant, register

FAMILY, NEUTRAL = "box moved", "neutral"
STRENGTHS = (0.9, 0.7, 0.5, 0.3, 0.1, 0.0)
"""IoU that is left to a moved box, with where it was and with the true box (where that is known): at most this."""
DETECTABLE = 0.3
"""At this IoU or below a moved box has to be detected; above, it may pass."""
NUDGE = 0.03
"""Share of its side by which a box may move without being another one."""


def move_in_answer(trace: Trace, labels: Labels, rng: np.random.Generator, *, strength: float | None) -> Edit | None:
    """One defect of the verdict gets another box; the first error is at the step that concludes."""
    line, step = _drawn(trace, labels, rng), concluding(trace)
    if line is None or step is None or trace.verdict is None:
        return None
    old = trace.verdict.defects[line.which].box
    new = _moved(old, line, strength)
    defects = tuple(
        d.model_copy(update={"box": new}) if i == line.which else d for i, d in enumerate(trace.verdict.defects)
    )
    return Edit(with_verdict(trace, defects=defects), step.id, _note(old, new))


def move_in_comparison(
    trace: Trace, labels: Labels, rng: np.random.Generator, *, strength: float | None
) -> Edit | None:
    """One region lies elsewhere, wherever it stands; the first error is where a defect is claimed there."""
    line = _drawn(trace, labels, rng)
    if line is None or trace.verdict is None:
        return None
    defect = trace.verdict.defects[line.which]
    claiming = [s for s, c in claims_with_steps(trace) if c.subject == defect.region and c.defect]
    if not claiming:
        return None
    new, size = _moved(defect.box, line, strength), _size(trace)

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
    defects = tuple(
        d.model_copy(update={"box": new}) if i == line.which else d for i, d in enumerate(trace.verdict.defects)
    )
    return Edit(with_verdict(edited, defects=defects), claiming[0].id, _note(defect.box, new))


class _Line(NamedTuple):
    """What is moved: the verdict's defect at position `which`, in a direction; `true` is the labelled box it is of."""

    which: int
    direction: tuple[int, int]
    true: Box | None


def _drawn(trace: Trace, labels: Labels, rng: np.random.Generator) -> _Line | None:
    """A line on which a box stays in the image and comes to no other defect, however far the series goes."""
    size = _size(trace)
    if trace.verdict is None or not all(size):
        return None
    free = []
    for index, defect in enumerate(trace.verdict.defects):
        true = max((d.box for d in labels.defects), key=defect.box.iou, default=None)
        true = true if true is not None and defect.box.iou(true) > 0 else None
        others = [d.box for d in labels.defects if d.box != true]
        others += [d.box for i, d in enumerate(trace.verdict.defects) if i != index]
        for direction in _away(defect.box, true):
            far = _moved(defect.box, _Line(index, direction, true), 0.0)
            swept = Box(*map(min, defect.box[:2], far[:2]), *map(max, defect.box[2:], far[2:]))
            inside = far.x1 >= 0 and far.y1 >= 0 and far.x2 <= size[0] and far.y2 <= size[1]
            if inside and defect.box.area and not any(swept.iou(b) > 0 for b in others):
                free.append(_Line(index, direction, true))
    return free[int(rng.integers(len(free)))] if free else None


def _away(box: Box, true: Box | None) -> list[tuple[int, int]]:
    """Directions along the sides that lead no nearer to the middle of the true box."""
    (x, y), (u, v) = box.center, (true or box).center
    return [(dx, dy) for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)) if dx * (x - u) + dy * (y - v) >= 0]


def _moved(box: Box, line: _Line, strength: float | None) -> Box:
    """The box moved along the line until its IoU with where it was, and with the true box, is `strength` or less; None
    nudges it."""
    dx, dy = line.direction
    side = box.x2 - box.x1 if dx else box.y2 - box.y1

    def at(d: int) -> Box:
        return Box(box.x1 + d * dx, box.y1 + d * dy, box.x2 + d * dx, box.y2 + d * dy)

    if strength is None:
        return at(max(1, int(NUDGE * side)))
    targets = [box] if line.true is None else [box, line.true]
    return next(at(d) for d in count(1) if all(at(d).iou(t) <= strength for t in targets))


def _size(trace: Trace) -> tuple[int, int]:
    test = trace.verdict.test if trace.verdict else None
    return (test.width, test.height) if test else (0, 0)


def _note(old: Box, new: Box) -> str:
    return f"{list(old)} -> {list(new)} (IoU {old.iou(new):.2f})"


def _register(where: str, make: Callable[..., Edit | None]) -> None:
    series = f"box moved in the {where}"
    for strength in STRENGTHS:
        mutator: Mutator = partial(make, strength=strength)
        name = f"{series}, IoU {strength:g}"
        register(Variant(FAMILY, name, mutator, ("localization",), ("identification",), strength, series))
    register(Variant(NEUTRAL, f"box nudged in the {where}", partial(make, strength=None), (), EVERYTHING, None, series))


_register("answer", move_in_answer)
_register("comparison", move_in_comparison)
