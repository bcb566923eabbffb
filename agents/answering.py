"""The answer of a verdict: the model's where it knows the image; elsewhere what is known, and what is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..prompts import VERDICT_QUESTION
from ..schema import Comparison, VerdictName
from .questions_asked import ground
from .state import InspectionState, read_comparison, read_findings

UNKNOWN_IMAGE = "the model does not know this kind of image"


def knows_image(state: InspectionState) -> bool:
    """Whether the model knows anything of what it was shown."""
    findings = read_findings(state)
    return any(f.familiar for f in findings) if findings else (state.get("reasoning") or {}).get("familiar", True)


def answer_of(
    state: InspectionState, *, verdict: VerdictName, doubt: str, terms: Mapping[str, Sequence[str]] | None = None
) -> str:
    """The answer to the question, consistent with the verdict.

    Where the model does not know the image, only the comparison speaks: it can tell a part from its golden image, not a
    scratch from a stain. So whether there is any defect is answered by the verdict, and any other question is answered
    "Unknown", with what the comparison found beside it.

    Args:
        doubt: the verdict's. terms: the model's words for defects, by which questions are read (see `ground`).
    """
    reasoning = state.get("reasoning") or {}
    comparison = read_comparison(state)
    correction = state.get("correction")
    if correction:
        return f"A reviewer judged: {verdict}. {correction.get('note', '')}".strip()
    spoken = reasoning.get("answer") or reasoning.get("verdict")
    saw = comparison is not None or not reasoning.get("regions_only")
    if spoken and saw and knows_image(state):
        refused = [c["message"] for c in state.get("checks") or () if c["severity"] == "error" and c["subject"] == "CA"]
        return f"Unknown: {refused[0]}." if refused else spoken["text"]
    if comparison is None or not comparison.registration.comparable:
        return f"Unknown: {doubt}."
    unknown = "" if knows_image(state) else UNKNOWN_IMAGE
    found = _compared(comparison)
    if unknown and not _asks_for_the_verdict(state, terms or {}):
        return f"Unknown: {unknown}. By the comparison alone it is {verdict}: {found}."
    return f"{verdict.capitalize()}: {found}{f'; {unknown}' if unknown else ''}."


def _compared(comparison: Comparison) -> str:
    """What the comparison found; a high score without a region is no agreement, so none is claimed."""
    n = len(comparison.regions)
    if not n:
        return "no place was found where it differs from its golden image"
    marks = " ".join(f"[{r.id}]" for r in comparison.regions)
    return f"it differs from its golden image in {n} place{'' if n == 1 else 's'} {marks}"


def _asks_for_the_verdict(state: InspectionState, terms: Mapping[str, Sequence[str]]) -> bool:
    """Whether the question is if there is any defect at all, anywhere."""
    question = state["question"]
    if question == VERDICT_QUESTION:
        return True
    asked = ground(question, terms, state.get("object"))
    return asked is not None and asked.way in ("defect", "fine") and not asked.types and not asked.places
