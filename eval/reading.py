"""What a scorer says of a trace, and every way of asking one: a Python callable, a command, or ours.

A scorer gives a mapping of metric -> number (higher is better) or None where it does not judge. Two names mean more:
`first_error`, the id of the step with the first error (None: it sees none), and `errors`, how many it tells.
"""

from __future__ import annotations

import importlib
import inspect
import json
import math
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import BadInput, RunFailed
from ..schema import Trace
from .labels import Labels
from .score_trace import score_trace


@dataclass(frozen=True)
class Reading:
    """What a scorer said of one trace.

    Attributes:
        metrics: by name; None is unscored.
        errors: how many errors it tells; 0 for a scorer that tells none.
        first_error: id of the step where the first lies; "" where it names none.
    """

    metrics: Mapping[str, float | None] = field(default_factory=dict)
    errors: int = 0
    first_error: str = ""


Case = tuple[Trace, Labels | None]
Scorer = Callable[[Sequence[Case]], list[Reading]]
"""Reads a batch; one reading a case, in order."""


def ours(cases: Sequence[Case]) -> list[Reading]:
    """`score_trace`: its metrics, the axis logic brought to 0..1, its errors, and the first step it complains of."""
    return [_ours(trace, labels) for trace, labels in cases]


def _ours(trace: Trace, labels: Labels | None) -> Reading:
    score = score_trace(trace, labels=labels)
    metrics = {s.name: s.value for s in score.scores if not s.subject}
    metrics["logic"] = None if score.logic is None else (score.logic - 1) / 4
    # A scorer that only warns points somewhere as well: the earliest complaint, where there is no error.
    first = score.first_error or next((c.step for c in score.checks if c.step), "")
    return Reading(metrics, sum(c.severity == "error" for c in score.checks), first)


def to_reading(said: Any, who: str) -> Reading:
    """A scorer's mapping as a reading.

    Raises:
        BadInput: it is no mapping, or a value is neither a finite number nor None.
    """
    if not isinstance(said, Mapping):
        raise BadInput(who, f"it gave a {type(said).__name__}", "give a mapping of metric -> number or None")
    metrics: dict[str, float | None] = {}
    for name, value in said.items():
        if name in ("first_error", "errors", "trace"):
            continue
        if value is not None and (not isinstance(value, int | float) or not math.isfinite(value)):
            raise BadInput(who, f"{name} is {value!r}", "a metric is a finite number, or None where it is not judged")
        metrics[str(name)] = None if value is None else float(value)
    first = said.get("first_error")
    return Reading(metrics, int(said.get("errors") or 0), str(first or ""))


def of_function(function: Callable[..., Any], who: str) -> Scorer:
    """A scorer from a callable `trace -> mapping`; one that takes `labels` is given them."""
    wants_labels = "labels" in inspect.signature(function).parameters

    def read(cases: Sequence[Case]) -> list[Reading]:
        return [to_reading(function(t, labels=known) if wants_labels else function(t), who) for t, known in cases]

    return read


def of_command(command: str) -> Scorer:
    """A scorer from a command: one JSON line a case on stdin (`trace`, `labels`), one mapping a line on stdout."""
    words = shlex.split(command)

    def read(cases: Sequence[Case]) -> list[Reading]:
        lines = [
            {"trace": t.model_dump(mode="json"), "labels": known.model_dump(mode="json") if known else None}
            for t, known in cases
        ]
        given = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        try:
            done = subprocess.run(words, input=given, capture_output=True, text=True, check=False)
        except OSError as error:
            raise BadInput(command, f"it cannot be run ({error.strerror})", "name a command on the PATH") from None
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise RunFailed(command, f"exit code {done.returncode}: {last}", "mend it and run the same again")
        try:
            said = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
        except ValueError as error:
            raise BadInput(command, f"a line is no JSON ({error})", "print one JSON object a trace") from None
        if len(said) != len(cases):
            raise BadInput(command, f"{len(said)} lines for {len(cases)} traces", "print one JSON object a trace")
        return [to_reading(one, command) for one in said]

    return read


def find_scorer(name: str) -> Scorer:
    """`sage-inspect` (ours), `python:module.function`, or a command.

    Raises:
        BadInput: there is no such function.
    """
    if name == "sage-inspect":
        return ours
    if not name.startswith("python:"):
        return of_command(name)
    module, _, attribute = name.removeprefix("python:").rpartition(".")
    sys.path.insert(0, os.getcwd())  # as `python -m` has it: one's own file is what is usually named
    try:
        function = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise BadInput(name, f"there is no such function ({error})", "write python:module.function") from None
    finally:
        sys.path.pop(0)
    return of_function(function, name)
