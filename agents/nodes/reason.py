"""reason: the model reads facts, comparison and findings, gives the verdict and answers the user's question."""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import BaseChatModel

from ...images import ImageStore
from ...prompts import VERDICT_QUESTION, reason_prompt
from ...schema import Claim
from ..binding import bind_verdict, ruled_verdict
from ..grounding import answer_from_facts, answer_from_findings, ground
from ..speak import Spoken, ask
from ..state import InspectionState, dump, read_comparison, read_facts, read_findings, read_test
from ..view import reads_regions_only, show

MOST_FINDINGS = 6
"""Findings that a small model is shown at once, the surest first: as many as it was trained on. With ten it began three
of 27 verdicts with neither True nor False; its verdict is bound to all findings all the same."""


def reason(state: InspectionState, *, model: BaseChatModel, images: ImageStore) -> dict[str, Any]:
    """Ask for the verdict, and for the user's question where it is another one; read claims from the answers.

    Returns:
        `reasoning` with `verdict` (a claim; not for a question about the kind of object) and its `p_true`, `answer` (a
        claim; only for another question than the verdict's) and its `answer_p_true`, `familiar` and `regions_only`.
    """
    question = state["question"]
    complaint = "; ".join(c["message"] for c in state.get("checks") or () if c["severity"] == "error")
    if state["plan"]["route"] == "knowledge" and reads_regions_only(model):
        return {"reasoning": {"answer": dump(answer_from_facts(read_facts(state))), "familiar": True}}
    if state["plan"]["route"] == "knowledge":
        answered = _ask(state, question, model, images, complaint)
        return {
            "reasoning": {"answer": dump(_claim("CA", answered)), "answer_p_true": answered.p_true, "familiar": True}
        }
    comparison = read_comparison(state)
    if comparison is not None and not comparison.registration.comparable:
        return {"reasoning": {"familiar": state.get("familiar", True)}}  # there is nothing to reason about
    if not state.get("familiar", True):
        return {"reasoning": {"familiar": False}}  # its words would mean nothing; the comparison speaks
    small, findings = reads_regions_only(model), read_findings(state)
    if small and any(f.measured for f in findings):
        # Limits were held against measurements: what follows is arithmetic, which a small model's words get wrong.
        verdict, p_true = bind_verdict(ruled_verdict(findings), findings), None
    else:
        judged = _ask(state, VERDICT_QUESTION, model, images, complaint)
        verdict, p_true = _claim("CV", judged), judged.p_true
        verdict = bind_verdict(verdict, findings) if small else verdict
    reasoning: dict[str, Any] = {
        "verdict": dump(verdict),
        "p_true": p_true,
        "familiar": True,
        # A small model reads region crops, not whole images: without findings it has seen nothing.
        "regions_only": small,
    }
    if question != VERDICT_QUESTION and small:
        asked = ground(question, getattr(model, "terms", {}), state.get("object"))
        reasoning["answer"] = dump(answer_from_findings(question, asked, findings, read_facts(state)))
    elif question != VERDICT_QUESTION:
        answered = _ask(state, question, model, images, complaint)
        reasoning |= {"answer": dump(_claim("CA", answered)), "answer_p_true": answered.p_true}
    return {"reasoning": reasoning}


def _ask(state: InspectionState, question: str, model: BaseChatModel, images: ImageStore, complaint: str) -> Spoken:
    comparison = read_comparison(state)
    golden = comparison.aligned or comparison.references[0] if comparison is not None else None
    strongest = comparison.regions[0].box if comparison is not None and comparison.regions else None
    refs = show(model, images, read_test(state), golden, strongest)
    findings = read_findings(state)
    if reads_regions_only(model):
        findings = tuple(sorted(findings, key=lambda f: -(f.p_true or 0))[:MOST_FINDINGS])
    # The findings have what the criteria permit or limit in them already (see examine).
    facts = [f for f in read_facts(state) if not (findings and (f.fact.allows or f.fact.criterion))]
    text = reason_prompt(
        question,
        object=state.get("object"),
        facts=facts,
        comparison=comparison,
        findings=findings,
        complaint=complaint,
    )
    return ask(model, images, refs, text)


def _claim(id: str, spoken: Spoken) -> Claim:
    answer = spoken.answer
    return Claim(
        id=id,
        subject=answer.regions[0] if len(answer.regions) == 1 else "image",
        defect=answer.value if id == "CV" else None,
        type=answer.type,
        text=spoken.words.strip() or "No answer.",
        regions=answer.regions,
        facts=answer.facts,
    )
