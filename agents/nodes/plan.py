"""plan: route by evidence. The model is spent on regions that differ; a clean comparison needs no region branch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langgraph.types import Send

from ...eval.checks.citations import speaks_of
from ...knowledge.facts import FactStore
from ...prompts import is_knowledge
from ...schema import RecalledFact, Region
from ..policy import Policy
from ..state import InspectionState, RegionBranch, dump, read_comparison, read_facts


def plan(state: InspectionState, *, facts: FactStore, policy: Policy) -> dict[str, Any]:
    """Decide which regions the model examines, say why, and recall what bears on what the comparison saw there.

    Returns:
        `plan` with `route` (`regions`, `reason` or `knowledge`), `regions` (ids) and `why` (one line), and `facts`
        where some were added.
    """
    planned = _plan(state, policy)
    if planned["route"] != "regions" or policy.facts == 0:
        return {"plan": planned}
    hints = {r.hint: None for r in read_comparison(state).regions if r.id in planned["regions"]}  # type: ignore[union-attr]
    recalled = read_facts(state)
    known = list(recalled)
    for hint in filter(None, hints):
        if not any(_tells_of(f, hint) for f in known):
            more = [
                f for f in facts.recall(f"What is a {hint}?", object=state.get("object"), k=3) if _tells_of(f, hint)
            ]
            known += [f.model_copy(update={"id": f"F{len(known) + i}"}) for i, f in enumerate(more[:1], start=1)]
    return {"plan": planned, "facts": [dump(f) for f in known]} if len(known) > len(recalled) else {"plan": planned}


def _tells_of(fact: RecalledFact, hint: str) -> bool:
    return fact.fact.kind != "criterion" and speaks_of(fact, hint)


def _plan(state: InspectionState, policy: Policy) -> dict[str, Any]:
    comparison = read_comparison(state)
    examined = {f["region"] for f in state.get("findings") or ()}
    if is_knowledge(state["question"]):
        return _planned("knowledge", (), "the question asks about the kind of object: answered from facts")
    if comparison is None:
        return _planned("reason", (), "no golden image: the model judges the image alone (zero-shot)")
    if not comparison.registration.comparable:
        return _planned("reason", (), f"not comparable: {comparison.registration.note}")
    if not comparison.regions:
        return _planned("reason", (), "the comparison found no difference")
    new = [r.id for r in comparison.regions[: policy.max_regions] if r.id not in examined]
    if not new:
        return _planned("reason", (), "every region is examined already")
    left = len(comparison.regions) - len(new) - len(examined)
    return _planned(
        "regions", new, f"{len(new)} differing regions" + (f", {left} weaker ones left out" if left else "")
    )


def _planned(route: str, regions: Sequence[str], why: str) -> dict[str, Any]:
    return {"route": route, "regions": list(regions), "why": why}


def route(state: InspectionState) -> list[Send] | str:
    """The edge after `plan`: one branch a region, or straight to `reason`."""
    chosen = set(state["plan"]["regions"])
    comparison = read_comparison(state)
    if not chosen or comparison is None:
        return "reason"
    facts = read_facts(state)
    return [
        Send("examine", branch(state, region.id, facts_for(region, facts)))
        for region in comparison.regions
        if region.id in chosen
    ]


def branch(state: InspectionState, region: str, facts: Sequence[RecalledFact]) -> RegionBranch:
    """What `examine` needs to judge one region of the comparison."""
    comparison = read_comparison(state)
    assert comparison is not None, "a region comes from a comparison"
    return RegionBranch(
        region=dump(next(r for r in comparison.regions if r.id == region)),
        test=state["images"]["test"],
        aligned=dump(comparison.aligned) if comparison.aligned else None,
        familiar=state.get("familiar", True),
        recognised=state.get("recognised", True),
        facts=[(f.id, f.fact.id) for f in facts],
    )


def facts_for(region: Region, facts: Sequence[RecalledFact]) -> tuple[RecalledFact, ...]:
    """The facts that can bear on a region: all criteria, and, where evidence hints at a type, the facts naming it."""
    if not region.hint:
        return tuple(facts)
    named = [f for f in facts if f.fact.kind == "criterion" or speaks_of(f, region.hint)]
    return tuple(named) if any(f.fact.kind != "criterion" for f in named) else tuple(facts)
