"""Verdict swapped: the agent concludes the opposite of what it found."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...schema import Claim, Trace
from ..labels import Labels
from .editing import concluding, latest, replace_claim, with_verdict
from .mutant import Edit, Variant, register

_OPPOSITE = {"normal": "anomalous", "anomalous": "normal"}
FAMILY = "verdict swapped"
FALLS, HOLDS = ("identification", "entailment"), ("localization",)


def swap_verdict(trace: Trace, labels: Labels, rng: np.random.Generator) -> Edit | None:
    """The last word is the opposite; every claim and the list of defects stay."""
    step = concluding(trace)
    if step is None or trace.verdict is None or trace.verdict.verdict not in _OPPOSITE:
        return None
    opposite = _OPPOSITE[trace.verdict.verdict]
    return Edit(with_verdict(trace, **_turned(trace)), step.id, f"{trace.verdict.verdict} -> {opposite}")


def swap_conclusion(trace: Trace, labels: Labels, rng: np.random.Generator) -> Edit | None:
    """The step that draws the conclusion claims the opposite already, and the verdict follows it."""
    found = [(s, c) for s, c in latest(trace) if c.id == "CV" and c.defect is not None]
    if not found or trace.verdict is None or trace.verdict.verdict not in _OPPOSITE:
        return None
    step, claim = found[-1]
    if claim.defect != (trace.verdict.verdict == "anomalous"):
        return None
    turned = _turned_claim(claim)
    changes = _turned(trace)
    if trace.verdict.answer == claim.text:
        changes["answer"] = turned.text
    return Edit(
        with_verdict(replace_claim(trace, step, claim, turned), **changes), step.id, f"{claim.id} claims the opposite"
    )


def _turned(trace: Trace) -> dict[str, Any]:
    verdict = trace.verdict
    assert verdict is not None, "the caller looked"
    p = verdict.probability
    return {"verdict": _OPPOSITE[verdict.verdict], "probability": None if p is None else round(1 - p, 4)}


def _turned_claim(claim: Claim) -> Claim:
    if claim.defect:
        return claim.model_copy(
            update={"defect": False, "type": None, "text": f"False. No defect is seen at [{claim.subject}]."}
        )
    return claim.model_copy(update={"defect": True, "text": "True. The test image shows a defect."})


for _name, _make in (("verdict swapped", swap_verdict), ("conclusion swapped", swap_conclusion)):
    register(Variant(FAMILY, _name, _make, FALLS, HOLDS))
