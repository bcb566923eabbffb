"""Deterministic checks on what an agent said. The graph's verify node and trace scoring run the same code.

A check is a function `(Evidence) -> Iterator[Check]`; `@register` adds one, and `run_checks` runs them all.
"""

from . import citations, consistency, criteria, limits  # importing registers the checks
from ._registry import CHECKS, Evidence, register, run_checks

__all__ = ["CHECKS", "Evidence", "register", "run_checks"]
