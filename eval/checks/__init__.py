"""Deterministic checks on what an agent said. The graph's verify node and trace scoring run the same code.

A check is a function `(Evidence) -> Iterator[Check]`, or `(TraceView) -> Iterator[Check]` where it needs a finished
trace; `@register` adds one, and `run_checks` runs those that fit what it is given.
"""

from . import (  # importing registers the checks
    boxes,
    citations,
    consistency,
    coverage,
    criteria,
    efficiency,
    entailment,
    faithfulness,
    order,
    truth,
)
from ._registry import CHECKS, Evidence, fault, register, run_checks
from .view import TraceView, view_of

__all__ = ["CHECKS", "Evidence", "TraceView", "fault", "register", "run_checks", "view_of"]
