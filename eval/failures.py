"""Signs that a trace's verdict may be wrong, found in the trace alone: a taxonomy, each sign where it lies.

Signs are warnings, not proofs: how often a verdict with a sign is wrong is for a study to tell
(benchmarks/foreign_traces.py). Each is a small function, listed in `SIGNS`; add yours with `@sign`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from ..schema import Check, Step, Trace
from .claims import read_statement
from .lines import Line, lines_of
from .process import ENDS, content, supporting, told


@dataclass(frozen=True)
class Judged:
    """A trace with a decided verdict, as signs see it."""

    trace: Trace
    anomalous: bool
    lines: tuple[Line, ...]


Sign = Callable[[Judged], Iterator[tuple[str, str]]]
"""Yields step id ("" for the trace) and one line."""

SIGNS: dict[str, Sign] = {}
NEAR = 0.1
"""A probability this close to one half is undecided."""
FAINT = re.compile(r"\b(?:small|subtle|minor|slight(?:ly)?|tiny|faint|minimal|mild(?:ly)?|barely)\b", re.IGNORECASE)
PLAIN = re.compile(
    r"\b(?:large|distinct(?:ly)?|significant(?:ly)?|prominent(?:ly)?|severe(?:ly)?|major|extensive|massive|pronounced)\b",
    re.IGNORECASE,
)
_CALLED = frozenset(("direct", "turn", "conclude", "combine", "agent", "model", "user", "assistant", "system"))
"""Nodes that are no tools, whatever their input."""


def sign(function: Sign) -> Sign:
    """Add a sign under its function's name; a second one of the same name is an error."""
    if function.__name__ in SIGNS:
        raise ValueError(f"a sign named {function.__name__!r} is registered already")
    SIGNS[function.__name__] = function
    return function


def signs_of(trace: Trace) -> tuple[Check, ...]:
    """Every sign in a trace whose claims were read; none where its verdict is missing or uncertain."""
    if trace.verdict is None or trace.verdict.verdict == "uncertain":
        return ()
    judged = Judged(trace, trace.verdict.verdict == "anomalous", lines_of(trace))
    return tuple(
        Check(name=name, scale="step" if step else "trace", severity="warning", subject=step, message=said, step=step)
        for name, find in SIGNS.items()
        for step, said in find(judged)
    )


@sign
def undecided(judged: Judged) -> Iterator[tuple[str, str]]:
    """The verdict's probability lies next to one half: what it rests on cancels out."""
    p = judged.trace.verdict.probability if judged.trace.verdict else None
    if p is not None and abs(p - 0.5) < NEAR:
        yield "", f"the verdict rests on a probability of {p:.2f}"


@sign
def lines_disagree(judged: Judged) -> Iterator[tuple[str, str]]:
    """Independent lines end on different sides."""
    ends = [(line[-1].id, p) for line in judged.lines if (p := told(line[-1], "probability")) is not None]
    against = [(i, p) for i, p in ends if (p >= 0.5) != judged.anomalous]
    if against and len(against) < len(ends):
        yield against[0][0], f"this line ends at {against[0][1]:.2f}, against the verdict"


@sign
def words_against_verdict(judged: Judged) -> Iterator[tuple[str, str]]:
    """The last words of the trace conclude the opposite of its verdict."""
    for step in reversed(judged.trace.steps):
        said = [c.defect for c in step.claims if c.defect is not None]
        if said:
            if sum(d is judged.anomalous for d in said) * 2 < len(said):
                yield step.id, "most of what was said last speaks against the verdict"
            return


@sign
def different_reasons(judged: Judged) -> Iterator[tuple[str, str]]:
    """Independent lines support the verdict with claims that have no word in common."""
    said = [(line, content(supporting(line[-ENDS:], judged.anomalous))) for line in judged.lines]
    held = [(line, words) for line, words in said if words]
    for (_, first), (line, second) in pairwise(held):
        if not first & second:
            yield line[-1].id, "this line and the one before it support the verdict with different things"


@sign
def reversal(judged: Judged) -> Iterator[tuple[str, str]]:
    """Within one line the probability crossed one half."""
    for line in judged.lines:
        told_here = [(s.id, p) for s in line if (p := told(s, "probability")) is not None]
        for (_, before), (identity, after) in pairwise(told_here):
            if (before >= 0.5) != (after >= 0.5):
                yield identity, f"changed its mind: {before:.2f} became {after:.2f}"


@sign
def defect_left_standing(judged: Judged) -> Iterator[tuple[str, str]]:
    """The verdict is normal, and a line's last word asserts a defect."""
    if judged.anomalous:
        return
    for line in judged.lines:
        last = next((s for s in reversed(line) if s.claims), None)
        asserted = next((c for c in last.claims if c.defect), None) if last else None
        if last is not None and asserted is not None:
            yield last.id, f"{asserted.id} asserts {asserted.type or 'a defect'}, and the verdict is normal"


@sign
def faint_evidence(judged: Judged) -> Iterator[tuple[str, str]]:
    """The verdict is anomalous, and its claims call what they found small or subtle at least as often as distinct."""
    claims = supporting(judged.trace.steps, True) if judged.anomalous else []
    faint = sum(len(FAINT.findall(c.text)) for c in claims)
    if faint and faint >= sum(len(PLAIN.findall(c.text)) for c in claims):
        yield "", f"what was found is called faint {faint} times"


@sign
def no_type(judged: Judged) -> Iterator[tuple[str, str]]:
    """The verdict is anomalous, and a line that supports it names no type of defect."""
    for line in judged.lines if judged.anomalous else ():
        claims = supporting(line, True)
        if claims and not any(c.type for c in claims):
            yield line[-1].id, "asserts a defect and never says which"


@sign
def no_place(judged: Judged) -> Iterator[tuple[str, str]]:
    """The verdict is anomalous, and none of its claims says where, in words or by a box."""
    if not judged.anomalous:
        return
    read = [read_statement(c.text) for c in supporting(judged.trace.steps, True)]
    placed = any(s.place or s.box for s in read) or any(s.output.get("box") for s in judged.trace.steps)
    if read and not placed:
        yield "", "asserts a defect and never says where"


@sign
def hedged(judged: Judged) -> Iterator[tuple[str, str]]:
    """At least half of the claims that support the verdict are said with doubt."""
    read = [read_statement(c.text) for c in supporting(judged.trace.steps, judged.anomalous)]
    doubted = sum(s.hedged for s in read)
    if read and 2 * doubted >= len(read):
        yield "", f"{doubted} of {len(read)} claims that support the verdict are hedged"


@sign
def failed_call(judged: Judged) -> Iterator[tuple[str, str]]:
    """A step failed."""
    for step in judged.trace.steps:
        if step.error:
            yield step.id, f"{step.node} failed"


@sign
def repeated_call(judged: Judged) -> Iterator[tuple[str, str]]:
    """A tool was called again with the same arguments, though the first call had not failed."""
    seen: set[str] = set()
    for step in filter(_is_call, judged.trace.steps):
        call = f"{step.node} {json.dumps(step.input, sort_keys=True, default=str)}"
        if call in seen:
            yield step.id, f"{step.node} was called with these arguments before"
        if not step.error:
            seen.add(call)


@sign
def nothing_checked(judged: Judged) -> Iterator[tuple[str, str]]:
    """No tool was called, or every call failed."""
    calls = [s for s in judged.trace.steps if _is_call(s)]
    if not any(not s.error for s in calls):
        yield "", "no tool was called with success"


def _is_call(step: Step) -> bool:
    return bool(step.parents) and step.node not in _CALLED and not step.claims
