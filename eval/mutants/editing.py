"""Editing a frozen trace: a change is made wherever the thing stands, and digests are made again.

That is what an agent's own error looks like: what it said wrongly, it also recorded and passed on. Tampering, where the
record no longer fits its digest, is one family's business (tampered.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from pydantic import ValidationError

from ...schema import Claim, RecalledFact, Step, Trace, Verdict
from ..checks.view import listed
from ..trace_file import digest_of


def with_output(step: Step, output: dict[str, Any], **changes: Any) -> Step:
    """The step with another output and the digest that fits it (none where it had none)."""
    digest = digest_of(output) if step.output_digest else ""
    return step.model_copy(update={"output": output, "output_digest": digest, **changes})


def replace_step(trace: Trace, step: Step) -> Trace:
    """The trace with the step of the same id replaced."""
    return trace.model_copy(update={"steps": tuple(step if s.id == step.id else s for s in trace.steps)})


def map_json(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """JSON-plain data with `change` applied to every object in it, innermost first; the original is left alone."""
    if isinstance(value, dict):
        return change({k: map_json(v, change) for k, v in value.items()})
    if isinstance(value, list | tuple):
        return [map_json(v, change) for v in value]
    return value


def map_strings(value: Any, change: Callable[[str], str]) -> Any:
    """JSON-plain data with `change` applied to every string that is no key."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {k: map_strings(v, change) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [map_strings(v, change) for v in value]
    return value


def plain(noun: Claim | Verdict) -> dict[str, Any]:
    """As steps record it: JSON-plain, defaults left out."""
    return noun.model_dump(mode="json", exclude_defaults=True)


def as_claim(value: dict[str, Any]) -> Claim | None:
    """The claim that a JSON object is, None where it is none."""
    if not {"id", "subject", "text"} <= value.keys():
        return None
    try:
        return Claim.model_validate(value)
    except ValidationError:
        return None


def objects(output: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The objects of a list in a step's output; none where it has no such list."""
    return [value for value in listed(output.get(key)) if isinstance(value, dict)]


def regions_of(step: Step) -> set[str]:
    """Ids of the regions that a step's comparison found."""
    comparison = step.output.get("comparison")
    found = objects(comparison, "regions") if isinstance(comparison, dict) else []
    return {r["id"] for r in found if isinstance(r.get("id"), str)}


def recalled(trace: Trace) -> dict[str, RecalledFact]:
    """What was recalled, by citation id; the later record of an id holds, and what is no fact is left out."""
    facts: dict[str, RecalledFact] = {}
    for step in trace.steps:
        for value in objects(step.output, "facts"):
            with suppress(ValidationError):
                fact = RecalledFact.model_validate(value)
                facts[fact.id] = fact
    return facts


def claims_with_steps(trace: Trace) -> Iterator[tuple[Step, Claim]]:
    """Every claim with the step that made it, in order."""
    for step in trace.steps:
        for claim in step.claims:
            yield step, claim


def latest(trace: Trace) -> list[tuple[Step, Claim]]:
    """The claims that hold at the end: of one id the last, with the step that made it, in order."""
    found = {claim.id: (step, claim) for step, claim in claims_with_steps(trace)}
    order = {step.id: i for i, step in enumerate(trace.steps)}
    return sorted(found.values(), key=lambda pair: order[pair[0].id])


def replace_claim(trace: Trace, step: Step, old: Claim, new: Claim) -> Trace:
    """The trace in which `step` claims `new` instead of `old`, and everything after it says so too."""

    def changed(value: dict[str, Any]) -> dict[str, Any]:
        return plain(new) if as_claim(value) == old else value

    def swap(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
        return tuple(new if c == old else c for c in claims)

    steps, reached = [], False
    for one in trace.steps:
        reached = reached or one.id == step.id
        output = map_json(one.output, changed) if reached else one.output
        if output != one.output or (reached and old in one.claims):
            one = with_output(one, output, claims=swap(one.claims))
        steps.append(one)
    verdict = trace.verdict
    if verdict is not None and old in verdict.claims:
        verdict = verdict.model_copy(update={"claims": swap(verdict.claims)})
    return trace.model_copy(update={"steps": tuple(steps), "verdict": verdict})


def concluding(trace: Trace) -> Step | None:
    """The step whose output holds the verdict: the last that has one; else the last step; None where there is none."""
    holding = [s for s in trace.steps if isinstance(s.output.get("verdict"), dict)]
    found = holding or list(trace.steps)
    return found[-1] if found else None


def with_verdict(trace: Trace, **changes: Any) -> Trace:
    """The trace with fields of its verdict changed, where it stands and in the output of the step that concluded it."""
    assert trace.verdict is not None, "there is a verdict to change"
    verdict = trace.verdict.model_copy(update=changes)
    trace = trace.model_copy(update={"verdict": verdict})
    step = concluding(trace)
    if step is None or not isinstance(step.output.get("verdict"), dict):
        return trace
    told = verdict.model_dump(mode="json")
    written = {**step.output["verdict"], **{k: told[k] for k in changes}}
    return replace_step(trace, with_output(step, {**step.output, "verdict": written}))
