"""What one check finds in a changed trace."""

from __future__ import annotations

from collections.abc import Callable

from sage_inspect.eval.checks import CHECKS, view_of

from ..traces import raw, sealed, trace


def found(name: str, change: Callable[[dict], object] = lambda data: None) -> list[tuple[str, str, str]]:
    """(severity, subject, step) of what the check `name` finds after `change`; digests are made anew."""
    data = raw()
    change(data)
    return [(c.severity, c.subject, c.step) for c in CHECKS[name].function(view_of(trace(sealed(data))))]


def step(data: dict, id: str) -> dict:
    return next(s for s in data["steps"] if s["id"] == id)


def verdicts(data: dict) -> tuple[dict, dict]:
    """The trace's verdict, and the one in the result of its last step."""
    return data["verdict"], data["steps"][-1]["output"]["verdict"]
