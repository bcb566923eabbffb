"""What the reading of questions alone is good for: the reason node on findings made of the truth.

No picture is judged and no model is loaded: every defect has its finding, of the right type and place, with what the
criteria permit told as no defect. What is wrong then is wrong in how the question was read, and bounds what a model of
perfect sight could reach through the graph.
"""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

from ..agents.nodes.reason import reason
from ..agents.state import InspectionState, dump
from ..finetune.preferences.views import View
from ..images import ImageStore
from ..prompts import VERDICT_QUESTION, place
from ..schema import Claim, Finding, ImageRef, RecalledFact
from .question_pairs import Pair


class TrueSight(BaseChatModel):
    """Says whether there is a defect, and reads regions only, as nano does.

    Attributes:
        terms: the words people ask for types with (`folder.SageCard`).
        reply: what it answers to the question for a verdict.
    """

    regions_only: bool = True
    terms: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    reply: str = "False."

    @property
    def _llm_type(self) -> str:
        return "true-sight"

    def _generate(self, messages: list[BaseMessage], *args: Any, **options: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=self.reply))])


def true_findings(pair: Pair, view: View, test: ImageRef) -> list[Finding]:
    """A finding for every defect, the largest first; `defect` False where a criterion permits the type."""
    found = []
    for number, box in enumerate(sorted(pair.boxes, key=lambda b: -b.box.area), 1):
        where, bad = place(box.box, test.width, test.height), box.type not in view.permitted
        facts = () if bad else tuple(f.id for f in view.facts if box.type in f.fact.allows)[:1]
        told = f"{box.type.capitalize()}{'' if bad else ', allowed'}: seen at the {where} [R{number}]."
        claim = Claim(
            id=f"C{number}",
            subject=f"R{number}",
            defect=bad,
            type=box.type,
            text=told,
            regions=(f"R{number}",),
            facts=facts,
        )
        found.append(
            Finding(region=f"R{number}", place=where, p_true=0.95, familiar=True, crop=test, answer=told, claim=claim)
        )
    return found


def read_answer(
    question: str,
    findings: list[Finding],
    facts: tuple[RecalledFact, ...],
    *,
    object: str,
    test: ImageRef,
    terms: dict[str, tuple[str, ...]],
    images: ImageStore,
) -> str:
    """The answer of the reason node to a question about a pair, "" where it gives none."""
    reply = f"{any(f.claim.defect for f in findings)}. It is so."
    state: InspectionState = {
        "question": question,
        "object": object,
        "familiar": True,
        "plan": {"route": "regions", "regions": [f.region for f in findings], "why": ""},
        "images": {"test": dump(test), "references": [], "chosen": "given"},
        "comparison": None,
        "facts": [dump(f) for f in facts],
        "findings": [dump(f) for f in findings],
    }
    told = reason(state, model=TrueSight(terms=terms, reply=reply), images=images)["reasoning"]
    claim = told.get("verdict" if question == VERDICT_QUESTION else "answer") or {}
    return str(claim.get("text", ""))
