"""Dependent steps shuffled (a step comes before what it rests on), and independent ones commuted (nothing changes)."""

from __future__ import annotations

import numpy as np

from ...schema import Step, Trace
from ..labels import Labels
from .editing import regions_of
from .mutant import EVERYTHING, Edit, Variant, register

FAMILY, NEUTRAL = "dependent steps shuffled", "neutral"


def swap_dependent(trace: Trace, labels: Labels, rng: np.random.Generator) -> Edit | None:
    """Two steps change places, one of which follows from the other; the first error is the one that came too early."""
    at = {s.id: i for i, s in enumerate(trace.steps)}
    pairs = [(at[p], i) for i, s in enumerate(trace.steps) for p in s.parents if p in at and at[p] < i]
    if not pairs:
        return None
    first, second = pairs[int(rng.integers(len(pairs)))]
    early = trace.steps[second]
    return Edit(
        _swapped(trace, first, second), early.id, f"{early.id} ({early.node}) comes before {trace.steps[first].id}"
    )


def examine_unseen(trace: Trace, labels: Labels, rng: np.random.Generator) -> Edit | None:
    """A region is examined before the comparison found it, and the parents are rewired so that they do not tell."""
    compared = [i for i, s in enumerate(trace.steps) if isinstance(s.output.get("comparison"), dict)]
    if len(compared) != 1:
        return None
    place = compared[0]
    found = regions_of(trace.steps[place])
    later = [s for s in trace.steps[place + 1 :] if s.subject in found and s.claims]
    if not later:
        return None
    early = later[int(rng.integers(len(later)))]
    comparison = trace.steps[place]
    steps = []
    for s in trace.steps:
        if s.id == early.id:
            continue
        if s.id == comparison.id:
            steps.append(_started(early.model_copy(update={"parents": s.parents}), s))
            parents: tuple[str, ...] = (early.id,)
        else:
            # What followed from the examination still does; it stands earlier now.
            parents = s.parents
        steps.append(s.model_copy(update={"parents": parents}))
    edited = trace.model_copy(update={"steps": tuple(steps)})
    return Edit(edited, early.id, f"{early.id} examines {early.subject} before {comparison.id} finds it")


def commute_independent(trace: Trace, labels: Labels, rng: np.random.Generator) -> Edit | None:
    """Two neighbouring steps change places that both follow from the same ones: neither rests on the other."""
    pairs = [
        i
        for i, (a, b) in enumerate(zip(trace.steps, trace.steps[1:], strict=False))
        if a.parents == b.parents and a.parents and (a.node, a.subject) != (b.node, b.subject)
    ]
    if not pairs:
        return None
    first = pairs[int(rng.integers(len(pairs)))]
    a, b = trace.steps[first], trace.steps[first + 1]
    return Edit(_swapped(trace, first, first + 1), None, f"{a.id} ({a.node}) and {b.id} ({b.node}) change places")


def _swapped(trace: Trace, first: int, second: int) -> Trace:
    """Two steps change places; each gets the other's time of day, as if it had been so."""
    steps = list(trace.steps)
    a, b = steps[first], steps[second]
    steps[first], steps[second] = _started(b, a), _started(a, b)
    return trace.model_copy(update={"steps": tuple(steps)})


def _started(step: Step, as_was: Step) -> Step:
    return step.model_copy(update={"started": as_was.started})


for _name, _make in (("steps swapped", swap_dependent), ("examined before found", examine_unseen)):
    _also = ("grounding",) if _make is examine_unseen else ()
    register(Variant(FAMILY, _name, _make, ("order", *_also), ("identification",)))
register(Variant(NEUTRAL, "independent steps commuted", commute_independent, (), EVERYTHING))
