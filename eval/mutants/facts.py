"""Foreign or stale fact cited: a claim rests on what was not retrieved, speaks of something else, or has changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ...schema import Claim, Step, Trace
from ..checks.citations import speaks_of
from ..labels import Labels
from .editing import latest, map_json, recalled, replace_claim, with_output
from .mutant import Edit, Variant, register

FAMILY = "foreign or stale fact cited"
_CHANGED = "This holds no longer"


def cite_unknown(trace: Trace, labels: Labels, rng: np.random.Generator) -> Edit | None:
    """A claim cites a fact that was never retrieved in this trace."""
    found = _citing(trace, rng)
    if found is None:
        return None
    step, claim = found
    numbers = [int(n) for f in recalled(trace) if (n := re.sub(r"\D", "", f))]
    foreign = f"F{max(numbers, default=0) + int(rng.integers(1, 90))}"
    return _recited(trace, step, claim, foreign)


def cite_foreign(trace: Trace, labels: Labels, rng: np.random.Generator) -> Edit | None:
    """A claim cites a retrieved fact that does not speak of what it names, instead of the one that does."""
    facts = recalled(trace)

    def fits(claim: Claim) -> bool:
        return bool(claim.type) and any(speaks_of(facts[f], claim.type) for f in claim.facts if f in facts)

    found = _citing(trace, rng, fits)
    if found is None:
        return None
    step, claim = found
    others = sorted(f for f, fact in facts.items() if not speaks_of(fact, claim.type))
    return _recited(trace, step, claim, others[int(rng.integers(len(others)))]) if others else None


def stale_fact(trace: Trace, labels: Labels, rng: np.random.Generator) -> Edit | None:
    """A cited fact's text is no longer the one that its digest was made of; the first error is the claim citing it."""
    facts = recalled(trace)
    found = [(s, c, f) for s, c in latest(trace) for f in c.facts if f in facts and facts[f].fact.digest]
    if not found:
        return None
    stale = found[int(rng.integers(len(found)))][2]
    old = facts[stale].fact.text
    new = f"{_CHANGED}: {old}"

    def changed(value: dict[str, Any]) -> dict[str, Any]:
        return {**value, "text": new} if value.get("text") == old else value

    steps = []
    for step in trace.steps:
        output = map_json(step.output, changed)
        steps.append(with_output(step, output) if output != step.output else step)
    verdict = trace.verdict
    if verdict is not None:
        told = tuple(f.model_copy(update={"text": new}) if f.text == old else f for f in verdict.facts)
        verdict = verdict.model_copy(update={"facts": told})
    first = next(s for s, _, f in found if f == stale)
    edited = trace.model_copy(update={"steps": tuple(steps), "verdict": verdict})
    return Edit(edited, first.id, f"the text of {stale} changed after it was stored")


def _citing(
    trace: Trace, rng: np.random.Generator, fits: Callable[[Claim], bool] = lambda claim: True
) -> tuple[Step, Claim] | None:
    found = [(s, c) for s, c in latest(trace) if c.facts and c.defect is not None and fits(c)]
    return found[int(rng.integers(len(found)))] if found else None


def _recited(trace: Trace, step: Step, claim: Claim, fact: str) -> Edit:
    """The claim citing `fact` instead of all it cited."""
    text = re.sub("|".join(re.escape(f"[{f}]") for f in claim.facts), f"[{fact}]", claim.text)
    new = claim.model_copy(update={"facts": (fact,), "text": text})
    return Edit(
        replace_claim(trace, step, claim, new), step.id, f"{claim.id} cites {fact} instead of {', '.join(claim.facts)}"
    )


for _name, _make in (("unknown fact", cite_unknown), ("foreign fact", cite_foreign), ("stale fact", stale_fact)):
    register(Variant(FAMILY, _name, _make, ("grounding",), ("localization",)))
