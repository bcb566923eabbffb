"""Was everything examined that the comparison found, planned or that the verdict names; is the evidence all there?"""

from __future__ import annotations

from collections.abc import Iterator

from ...schema import Check
from ._registry import fault, register
from .view import TraceView


@register(metric=("coverage", "order"), on=TraceView)
def missing_step(view: TraceView) -> Iterator[Check]:
    """A step follows from one that the trace does not hold."""
    for step in view.trace.steps:
        for parent in step.parents:
            if parent not in view.at:
                message = f"{step.id} follows from {parent}, which is missing"
                yield fault("missing_step", step.id, message, scale="step", step=step.id)


@register(metric="coverage", on=TraceView)
def unexamined_region(view: TraceView) -> Iterator[Check]:
    """A region that was planned, cited or named as a defect was never examined; one that was merely left out warns."""
    told: set[str] = set()
    for region, step, why in _relied_on(view):
        if region not in view.examined and region not in told:
            told.add(region)
            message = f"{region} was never examined, but {why}"
            yield fault("unexamined_region", region, message, scale="step", step=step)
    if view.comparable and view.final is not None and view.final.verdict != "uncertain":
        for region in view.regions:
            if region not in view.examined and region not in told:
                message = f"{region} was found and never examined"
                yield fault("unexamined_region", region, message, severity="warning", scale="trace", step=view.last)


def _relied_on(view: TraceView) -> Iterator[tuple[str, str, str]]:
    """Regions that must have been examined, with the step that relies on it: the earliest first."""
    uses: list[tuple[int, str, str, str]] = []
    reasoned = next((i for i, s in enumerate(view.trace.steps) if s.output.get("reasoning")), None)
    judged = bool(view.findings) or any(s.role == "claim" for s in view.said)
    if reasoned is not None:
        for plan in view.planned:
            after = max(reasoned, plan.at)
            uses.append((after, plan.noun, view.trace.steps[after].id, f"{plan.step.id} planned it"))
    for said in view.live:
        if said.role != "claim" and judged:
            uses += [(said.at, r, said.step.id, f"{said.claim.id} cites it") for r in said.claim.regions]
    end = len(view.trace.steps)
    for defect in view.final.defects if view.final and not view.corrected else ():
        uses.append((end, defect.region, view.last, "the verdict names it as a defect"))
    for _, region, step, why in sorted(uses, key=lambda u: u[0]):
        if region:
            yield region, step, why


@register(metric="coverage", on=TraceView)
def region_not_found(view: TraceView) -> Iterator[Check]:
    """A plan or the verdict names a region that no step found."""
    places = [(t.noun, t.step.id) for t in view.planned]
    places += [(d.region, view.last) for d in (view.final.defects if view.final else ())]
    told: set[str] = set()
    for region, step in places:
        if region and region not in view.told_regions and region not in told:
            told.add(region)
            message = f"{step} names {region}, which no step found"
            yield fault("region_not_found", region, message, scale="step", step=step)


@register(metric="coverage", on=TraceView)
def claim_of_no_step(view: TraceView) -> Iterator[Check]:
    """The verdict rests on a claim that no step made, or lists a fact that no step recalled."""
    if view.final is None or not view.trace.steps:
        return
    made = {s.claim.id for s in view.said}
    lost = [c.id for c in view.final.claims if made and c.id not in made]
    lost += [f.id for f in view.final.facts if f.id not in view.told_facts]
    for id in lost:
        message = f"the verdict rests on {id}, which no step of the trace gives"
        yield fault("claim_of_no_step", id, message, scale="trace", step=view.last)
