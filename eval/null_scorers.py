"""Scorers that know nothing of reasoning, as controls: what they detect, a scorer gets no credit for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..schema import Trace
from .labelled import right_verdict
from .labels import Labels
from .mutants import EVERYTHING


def constant(trace: Trace) -> dict[str, float]:
    """Every trace is perfect."""
    return dict.fromkeys(EVERYTHING, 1.0)


def length(trace: Trace) -> dict[str, float]:
    """The longer the better: characters of all that was claimed."""
    return {"length": float(sum(len(c.text) for s in trace.steps for c in s.claims))}


def verdict_only(trace: Trace, labels: Labels | None = None) -> dict[str, float | None]:
    """Whether the verdict is the label, and nothing else."""
    right = right_verdict(labels)
    if right is None or trace.verdict is None:
        return {"identification": None}
    return {"identification": float(trace.verdict.verdict == right)}


NULL_SCORERS: dict[str, Callable[..., Any]] = {
    "constant": constant,
    "length": length,
    "verdict-only": verdict_only,
}
