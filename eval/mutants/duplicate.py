"""Duplicate call: the agent makes a call again that it has made already, with the same input and the same result."""

from __future__ import annotations

import re

import numpy as np

from ...schema import Trace
from ..labels import Labels
from .mutant import CORRECTNESS, Edit, Variant, register

FAMILY = "duplicate call"


def repeat_call(trace: Trace, labels: Labels, rng: np.random.Generator) -> Edit | None:
    """A step that took an input and gave an output is done once more, right after itself."""
    calls = [
        i
        for i, s in enumerate(trace.steps)
        if s.parents and s.input and s.output and all(c.id != "CV" for c in s.claims)
    ]
    if not calls:
        return None
    at = calls[int(rng.integers(len(calls)))]
    step = trace.steps[at]
    again = step.model_copy(update={"id": _free_id(trace), "parents": (step.id,)})
    steps = (*trace.steps[: at + 1], again, *trace.steps[at + 1 :])
    return Edit(trace.model_copy(update={"steps": steps}), again.id, f"{again.id} repeats {step.id} ({step.node})")


def _free_id(trace: Trace) -> str:
    numbers = [int(m.group()) for s in trace.steps if (m := re.search(r"\d+$", s.id))]
    return f"S{max(numbers, default=0) + 1}"


register(Variant(FAMILY, "duplicate call", repeat_call, ("efficiency",), CORRECTNESS))
