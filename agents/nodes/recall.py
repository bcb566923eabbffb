"""recall: the facts for this object and question; where the store knows too little, the model is asked once."""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import BaseChatModel

from ...knowledge.facts import FactStore
from ...knowledge.self_guided import ensure_facts
from ...models.loading import model_name
from ...schema import RecalledFact
from ..policy import Policy
from ..speak import ask
from ..state import InspectionState, dump, read_facts

MOST_RULING = 12
"""Criteria beyond so many come only where the question recalls them."""


def recall(
    state: InspectionState, *, model: BaseChatModel, facts: FactStore, images: Any, policy: Policy
) -> dict[str, Any]:
    """Recall facts, most relevant first, as `F1`, `F2`, ... (method.md section 1, retrieve and self-guide)."""
    name = state.get("object")
    if policy.facts == 0:
        return {"facts": []}
    if name:
        ensure_facts(facts, name, lambda text: ask(model, images, [], text).words, model=model_name(model))
    found = [*facts.recall(state["question"], object=name, k=policy.facts), *_ruling(facts, name)]
    # On a follow-up question, what was cited as F1 stays F1: earlier findings rest on it.
    known = list(read_facts(state))
    there = {k.fact.id for k in known}
    new: dict[str, RecalledFact] = {}
    for fact in found:
        if fact.fact.id not in there:
            new.setdefault(fact.fact.id, fact)
    known += [f.model_copy(update={"id": f"F{len(known) + i}"}) for i, f in enumerate(new.values(), start=1)]
    return {"facts": [dump(f) for f in known]}


def _ruling(facts: FactStore, name: str | None) -> list[RecalledFact]:
    """The criteria that decide by rule, whatever the question was about: a limit that nobody recalled would be lost."""
    ruling = [f for f in facts.criteria(name) if f.allows or f.criterion] if name else []
    return [RecalledFact(id="", fact=f, score=0.0) for f in ruling[:MOST_RULING]]
