"""Evidence step dropped: the agent concludes from something that it never did."""

from __future__ import annotations

import numpy as np

from ...schema import Step, Trace
from ..checks.view import listed
from ..labels import Labels
from .editing import latest, objects, regions_of
from .mutant import Edit, Variant, register

FAMILY = "evidence step dropped"


def drop_examination(trace: Trace, labels: Labels, rng: np.random.Generator) -> Edit | None:
    """A region that the verdict lists as a defect, or passes, was never examined; its claim stays in the verdict.

    The first error is at the step that goes on without it.
    """
    if trace.verdict is None:
        return None
    told = set(trace.verdict.claims)
    bearing = [
        s
        for s in trace.steps
        if s.claims and s.subject and set(s.claims) <= told and all(c.id != "CV" for c in s.claims)
    ]
    named = {d.region for d in trace.verdict.defects}
    bearing = [s for s in bearing if s.subject in named] or bearing
    if not bearing:
        return None
    step = bearing[int(rng.integers(len(bearing)))]
    if any(s.subject == step.subject and s.id != step.id and s.claims for s in trace.steps):
        return None  # looked at twice: the other look is the evidence
    return _without(trace, step)


def drop_comparison(trace: Trace, labels: Labels, rng: np.random.Generator) -> Edit | None:
    """The step that found the regions is gone; the first error is where a region is first taken up."""
    found = [s for s in trace.steps if regions_of(s)]
    cited = [(s, c) for s, c in latest(trace) if c.regions]
    if len(found) != 1 or not cited:
        return None
    edit = _without(trace, found[0])
    users = [s for s in trace.steps if _takes_up(s, regions_of(found[0]))]
    return Edit(edit.trace, users[0].id, edit.note) if edit and users else None


def drop_recall(trace: Trace, labels: Labels, rng: np.random.Generator) -> Edit | None:
    """The steps that recalled the cited facts are gone; the first error is the first claim that cites one."""
    cited = [(s, c) for s, c in latest(trace) if c.facts]
    sources = [s for s in trace.steps if objects(s.output, "facts")]
    if not cited or len(sources) != 1:
        return None
    edit = _without(trace, sources[0])
    return Edit(edit.trace, cited[0][0].id, edit.note) if edit else None


def _without(trace: Trace, step: Step) -> Edit | None:
    """The trace without a step: its children follow from its parents."""
    children = [s for s in trace.steps if step.id in s.parents]
    if not children:
        return None

    def through(parents: tuple[str, ...]) -> tuple[str, ...]:
        kept = tuple(p for p in parents if p != step.id)
        return kept or (step.parents if step.id in parents else ())

    steps = tuple(s.model_copy(update={"parents": through(s.parents)}) for s in trace.steps if s.id != step.id)
    where = f" of {step.subject}" if step.subject else ""
    return Edit(trace.model_copy(update={"steps": steps}), children[0].id, f"{step.id} ({step.node}{where}) dropped")


def _takes_up(step: Step, regions: set[str]) -> bool:
    plan = step.output.get("plan")
    planned = set(map(str, listed(plan.get("regions")))) if isinstance(plan, dict) else set()
    return bool(planned & regions) or any(set(c.regions) & regions for c in step.claims)


for _name, _make, _also in (
    ("examination dropped", drop_examination, ()),
    ("comparison dropped", drop_comparison, ("grounding", "order")),
    ("recall dropped", drop_recall, ("grounding", "order")),
):
    register(Variant(FAMILY, _name, _make, ("logic", "coverage", *_also), ("identification",)))
