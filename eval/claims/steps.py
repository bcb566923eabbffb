"""Claims for the steps of a foreign trace, read from what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...schema import Claim, Step, Trace
from .rules import read_statement
from .sentences import sentences
from .statement import Statement

Reader = Callable[[str], Statement]
"""Reads one sentence. Rules by default; `model.reader` makes one of a chat model."""

TEXTS = ("text", "evidence", "thought", "rationale", "reason", "answer", "content")
"""Where a step's output holds what it says: a text, or a list of them."""

READ = "claims_read"
"""Key in `Step.extra`: `{"sentences": n, "claims": m}`, so that coverage can be told; the rest are unscored."""


def texts_of(output: Mapping[str, Any]) -> Iterator[str]:
    """Every text of a step's output, in the order of `TEXTS`."""
    for key in TEXTS:
        said = output.get(key)
        for text in said if isinstance(said, (list, tuple)) else [said]:
            if isinstance(text, str) and text.strip():
                yield text


def claims_of(step: Step, reader: Reader = read_statement) -> Step:
    """The step with the claims that its texts make; as it was where it has claims already, or says nothing.

    A sentence that asserts or denies nothing gives no claim: it is unscored. A denial names no type, since "no dents"
    found none: `type` with `defect` False would mean a dent that was found and is permitted. `Claim.subject` is
    `image`; where its place matters the claim is read again from its text (`read_statement(claim.text).place`).
    """
    if step.claims:
        return step
    said = [s for text in texts_of(step.output) for s in sentences(text)]
    if not said:
        return step
    read = [s for s in map(reader, said) if s.defect is not None]
    claims = tuple(
        Claim(id=f"{step.id}.{n}", subject=s.subject, defect=s.defect, type=s.type if s.defect else None, text=s.text)
        for n, s in enumerate(read, 1)
    )
    told = {"sentences": len(said), "claims": len(claims)}
    return step.model_copy(update={"claims": claims, "extra": {**step.extra, READ: told}})


def with_claims(trace: Trace, reader: Reader = read_statement) -> Trace:
    """The trace with claims read for every step that has none."""
    return trace.model_copy(update={"steps": tuple(claims_of(step, reader) for step in trace.steps)})
