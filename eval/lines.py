"""The independent lines of evidence in a trace: branches that meet before its end and share no step before that."""

from __future__ import annotations

from collections.abc import Mapping

from ..schema import Step, Trace

Line = tuple[Step, ...]


def lines_of(trace: Trace) -> tuple[Line, ...]:
    """The lines that lead to the trace's last step, each in the trace's order.

    From the last step back to the first place where several steps meet: every one of these ends a line, which holds all
    that it rests on; steps that all lines rest on, and what comes after the meeting, are left out. A trace that never
    branches is one line of all its steps. Unknown parents and cycles are passed over.
    """
    if not trace.steps:
        return ()
    steps = {s.id: s for s in trace.steps}
    place = {s.id: n for n, s in enumerate(trace.steps)}
    at, seen = trace.steps[-1], set[str]()
    while True:
        seen.add(at.id)
        parents = [p for p in dict.fromkeys(at.parents) if p in steps and p not in seen]
        if len(parents) != 1:
            break
        at = steps[parents[0]]
    if not parents:
        return (trace.steps,)
    held = [_before(parent, steps) for parent in parents]
    shared = set[str].intersection(*held)
    lines = [sorted(ids - shared, key=place.__getitem__) for ids in held]
    return tuple(tuple(steps[i] for i in ids) for ids in lines if ids) or (trace.steps,)


def _before(end: str, steps: Mapping[str, Step]) -> set[str]:
    """A step and all that it rests on."""
    found, todo = set[str](), [end]
    while todo:
        identity = todo.pop()
        if identity in found or identity not in steps:
            continue
        found.add(identity)
        todo += steps[identity].parents
    return found
