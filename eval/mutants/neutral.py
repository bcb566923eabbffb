"""Neutral edits of words and names: the trace says the same in other words, or under other ids."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ...schema import Step, Trace
from ..labels import Labels
from .editing import map_json, map_strings, recalled, regions_of, with_output
from .mutant import EVERYTHING, Edit, Variant, register

NEUTRAL = "neutral"
_SAID = ("text", "answer", "claim")
"""Fields that hold what an agent said."""
_WORDS = (
    (re.compile(r"\bNo defect\b"), "No flaw"),
    (re.compile(r"\bdefect\b"), "flaw"),
    (re.compile(r"\bthe test image shows\b", re.IGNORECASE), "the image under test displays"),
    (re.compile(r"\bis seen\b"), "is visible"),
    (re.compile(r"\bis more than\b"), "is above"),
    (re.compile(r"\bis not more than\b"), "is no more than"),
    (re.compile(r"\bbecause\b"), "since"),
    (re.compile(r"\ballowed\b"), "permitted"),
    (re.compile(r"\bat the (?=upper|lower|cent)"), "in the region at the "),
)
_REST = re.compile(r"^(True|False|Yes|No|Unknown)([.:,]\s+)(?=\S)")
_ID = re.compile(r"\b[A-Z]\d+\b")
_FIRST = 40
"""Renamed ids count on from here."""


def paraphrase(trace: Trace, labels: Labels, rng: np.random.Generator) -> Edit | None:
    """What the agent said, in other words: types, places, numbers, citations, True and False stay; facts are quoted."""

    def changed(value: dict[str, Any]) -> dict[str, Any]:
        if "digest" in value or "source" in value or "kind" in value:
            return value  # a fact: its words are not the agent's
        return {k: reworded(v) if k in _SAID and isinstance(v, str) and v else v for k, v in value.items()}

    steps = []
    for step in trace.steps:
        claims = tuple(c.model_copy(update={"text": reworded(c.text)}) for c in step.claims)
        output = map_json(step.output, changed)
        steps.append(
            with_output(step, output, claims=claims) if (output, claims) != (step.output, step.claims) else step
        )
    verdict = trace.verdict
    if verdict is not None:
        verdict = verdict.model_validate(map_json(verdict.model_dump(mode="json"), changed))
    edited = trace.model_copy(update={"steps": tuple(steps), "verdict": verdict})
    return None if edited == trace else Edit(edited, None, "other words")


def reworded(text: str) -> str:
    """A sentence in other words; `True. ` and the like stay in front."""
    for pattern, other in _WORDS:
        text = pattern.sub(other, text)
    head = _REST.match(text)
    if head:
        rest = text[head.end() :]
        return f"{head.group()}By what is seen: {rest[:1].lower()}{rest[1:]}"
    return f"By what is seen: {text[:1].lower()}{text[1:]}"


def rename_ids(trace: Trace, labels: Labels, rng: np.random.Generator) -> Edit | None:
    """Steps, claims about regions, regions and facts get other numbers, wherever they are named."""
    names = {s.id for s in trace.steps} | {c.id for s in trace.steps for c in s.claims}
    names |= {c.subject for s in trace.steps for c in s.claims}
    names |= {r for s in trace.steps for c in s.claims for r in (*c.regions, *c.facts)}
    for step in trace.steps:
        names |= regions_of(step)
    names |= set(recalled(trace))
    offset = _FIRST + int(rng.integers(1, 50))
    new = {n: f"{n[0]}{int(n[1:]) + offset}" for n in names if _ID.fullmatch(n)}
    if not new:
        return None

    def said(text: str) -> str:
        return _ID.sub(lambda m: new.get(m.group(), m.group()), text)

    def whole(value: Any) -> Any:
        if isinstance(value, dict) and "digest" in value and "text" in value:
            return value  # a fact keeps its words, whatever stands in them
        if isinstance(value, dict):
            return {k: v if k == "sha256" else whole(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [whole(v) for v in value]
        return map_strings(value, said)

    def renamed(step: Step) -> Step:
        data = whole(step.model_dump(mode="json", exclude={"output_digest", "started"}))
        fresh = Step.model_validate({**data, "output_digest": step.output_digest, "started": step.started})
        return with_output(fresh, fresh.output)

    verdict = trace.verdict
    if verdict is not None:
        data = verdict.model_dump(mode="json")
        kept = {"facts": [{**f, "id": new.get(f["id"], f["id"])} for f in data["facts"]], "run": data["run"]}
        verdict = verdict.model_validate({**whole(data), **kept})
    edited = trace.model_copy(update={"steps": tuple(renamed(s) for s in trace.steps), "verdict": verdict})
    return Edit(edited, None, f"ids count on from {offset}")


for _name, _make in (("paraphrase", paraphrase), ("ids renamed", rename_ids)):
    register(Variant(NEUTRAL, _name, _make, (), EVERYTHING))
