"""review: a person is asked where the policy says so. Alone in its node: an interrupt runs its node again."""

from __future__ import annotations

from typing import Any, Literal

from langgraph.types import interrupt
from pydantic import ValidationError

from ...errors import BadInput
from ...knowledge.fact import make_fact
from ...schema import Noun
from ..policy import Policy
from ..state import InspectionState, read_comparison, read_findings
from .conclude import Decision, decide


class Correction(Noun):
    """A reviewer's word.

    Attributes:
        verdict: what the part is.
        type: the defect's type where there is one, "" otherwise.
        region: the region it concerns (`R1`), "" for the whole image.
        note: one sentence that holds for this kind of object; kept as an `expert` fact. "" for none.
        reviewer: who says so.
        accepted: True where the agent's verdict was simply confirmed.
    """

    verdict: Literal["normal", "anomalous", "uncertain"]
    type: str = ""
    region: str = ""
    note: str = ""
    reviewer: str = "reviewer"
    accepted: bool = False


def needs_review(state: InspectionState, policy: Policy) -> str:
    """Why a person should look, "" where nobody needs to."""
    if not state.get("review") or state["plan"]["route"] == "knowledge":
        return ""
    decision = decide(state, policy)
    if policy.review == "always":
        return decision.doubt or "the policy asks for a review of every part"
    return decision.doubt or ("uncertain" if decision.verdict == "uncertain" else "")


def review(state: InspectionState, *, policy: Policy) -> dict[str, Any]:
    """Ask a person (LangGraph `interrupt`) and return their correction; nothing where no review is needed.

    An answer that is no `Correction` is told back and asked again: an error here would stay in the run for good,
    because LangGraph keeps what an interrupt was answered.
    """
    why = needs_review(state, policy)
    if not why:
        return {"correction": None, "review_problem": ""}
    answer = interrupt(_question(state, decide(state, policy), why))
    try:
        return {"correction": read_correction(answer).model_dump(mode="json"), "review_problem": ""}
    except BadInput as error:
        return {"correction": None, "review_problem": str(error)}


def again_or_learn(state: InspectionState) -> str:
    """The edge after `review`: ask again where the answer could not be read, else `learn`."""
    return "review" if state.get("review_problem") else "learn"


def read_correction(answer: Any) -> Correction:
    """A reviewer's answer, checked.

    Raises:
        BadInput: it is not a `Correction`, or its note cannot be a fact (one sentence of 8..300 characters).
    """
    try:
        correction = Correction.model_validate(answer)
        if correction.note:
            make_fact(correction.note, "part", "defect")  # a note is kept as a fact, so it must be able to be one
        return correction
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(
            f"review answer {'.'.join(map(str, first['loc']))}",
            first["msg"],
            'give {"verdict": "normal"} or "anomalous"',
        ) from None


def _question(state: InspectionState, decision: Decision, why: str) -> dict[str, Any]:
    comparison = read_comparison(state)
    return {
        "why": why,
        "problem": state.get("review_problem", ""),
        "verdict": decision.verdict,
        "probability": decision.probability,
        "question": state["question"],
        "object": state.get("object"),
        "regions": [r.model_dump(mode="json") for r in comparison.regions] if comparison else [],
        "claims": [f.claim.text for f in read_findings(state)],
    }
