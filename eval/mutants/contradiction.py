"""Contradiction inserted: a later step claims the opposite of what an earlier one claimed, or another type there."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...schema import Claim, Step, Trace
from ..labels import Labels
from .editing import claims_with_steps, latest, map_json, plain, replace_step, with_output, with_verdict
from .mutant import Edit, Variant, register

FAMILY = "contradiction inserted"
_OTHER_TYPES = ("scratch", "stain", "open", "short")


def contradict_polarity(trace: Trace, labels: Labels, rng: np.random.Generator) -> Edit | None:
    """A defect is asserted and denied of one region."""
    found = _drawn(trace, rng, lambda claim: True)
    if found is None:
        return None
    claim = found
    text = f"No defect [{claim.subject}]." if claim.defect else f"A defect [{claim.subject}]."
    return _insert(trace, claim, defect=not claim.defect, type=None, text=text)


def contradict_type(trace: Trace, labels: Labels, rng: np.random.Generator) -> Edit | None:
    """Two types are named at one region."""
    claim = _drawn(trace, rng, lambda claim: bool(claim.defect and claim.type))
    if claim is None:
        return None
    others = [t for t in _OTHER_TYPES if t != claim.type]
    other = others[int(rng.integers(len(others)))]
    return _insert(trace, claim, defect=True, type=other, text=f"{other.capitalize()} [{claim.subject}].")


def _drawn(trace: Trace, rng: np.random.Generator, fits: Any) -> Claim | None:
    """A claim about a region that a later step can contradict."""
    speaking = [s for s in trace.steps if s.claims]
    if not speaking:
        return None
    last = speaking[-1].id
    found = [c for s, c in latest(trace) if s.id != last and c.subject != "image" and c.defect is not None and fits(c)]
    return found[int(rng.integers(len(found)))] if found else None


def _insert(trace: Trace, claim: Claim, **said: Any) -> Edit:
    """The last step that claims anything says one thing more, in its claims, its output and the verdict's claims."""
    step = [s for s in trace.steps if s.claims][-1]
    taken = {c.id for _, c in claims_with_steps(trace)}
    number = next(n for n in range(1, len(taken) + 2) if f"C{90 + n}" not in taken)
    more = claim.model_copy(update={"id": f"C{90 + number}", "facts": (), "regions": (claim.subject,), **said})
    edited = replace_step(trace, with_output(step, _said(step, more), claims=(*step.claims, more)))
    if edited.verdict is not None and edited.verdict.claims:
        edited = with_verdict(edited, claims=(*edited.verdict.claims, more))
    return Edit(edited, step.id, f"{step.id} claims of {claim.subject}: {more.text} ({claim.id}: {claim.text})")


def _said(step: Step, more: Claim) -> dict[str, Any]:
    """The output with the claim beside those that stand there."""
    last = plain(step.claims[-1])
    done = False

    def changed(value: dict[str, Any]) -> dict[str, Any]:
        nonlocal done
        holds = [k for k, v in value.items() if isinstance(v, dict) and v == last]
        if holds and not done:
            done = True
            return {**value, "remark": plain(more)}
        return value

    output: dict[str, Any] = map_json(step.output, changed)
    return output if done else {**output, "remark": plain(more)}


for _name, _make in (("polarity contradicted", contradict_polarity), ("type contradicted", contradict_type)):
    register(Variant(FAMILY, _name, _make, ("consistency",), ("localization",)))
