"""Routing by evidence, and which facts a region gets."""

from __future__ import annotations

import pytest

from sage_inspect.agents.nodes.plan import facts_for, plan, route
from sage_inspect.agents.policy import Policy
from sage_inspect.schema import Box, Fact, RecalledFact, Region

REF = {"sha256": "a" * 64, "width": 100, "height": 100}


def recalled(id, text, kind="defect"):
    return RecalledFact(id=id, fact=Fact(id=f"key-{id}", text=text, object="printed circuit board", kind=kind), score=1)


FACTS = (
    recalled("F1", "A short joins two conductors."),
    recalled("F2", "An open breaks a conductor."),
    recalled("F3", "Every spur is rejected.", kind="criterion"),
)


def state(regions=2, question="Is any conductor broken?", hint="", findings=(), **registration):
    compared = {
        "test": REF,
        "references": [REF],
        "score": 0.9,
        "regions": [
            {"id": f"R{i + 1}", "box": [0, 0, 9, 9], "score": 0.9 - i / 100, "hint": hint} for i in range(regions)
        ],
        "registration": {"method": "identity", "confidence": 1, **registration},
    }
    return {"question": question, "object": "pcb", "images": {"test": REF}, "comparison": compared, "findings": list(findings),
            "facts": [f.model_dump(mode="json") for f in FACTS]}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (state(), ("regions", ["R1", "R2"])),
        (state(0), ("reason", [])),
        (state(question="Which defects can occur on this part?"), ("knowledge", [])),
        (state(comparable=False, note="another view"), ("reason", [])),
        (state(findings=[{"region": "R1"}, {"region": "R2"}]), ("reason", [])),
        (state(findings=[{"region": "R1"}]), ("regions", ["R2"])),
        ({**state(), "comparison": None}, ("reason", [])),
    ],
)
def test_routes(stores, given, expected):
    planned = plan(given, facts=stores.facts, policy=Policy())["plan"]
    assert (planned["route"], planned["regions"]) == expected
    assert planned["why"]


def test_facts_on_what_the_comparison_saw_are_recalled_once_more(stores):
    update = plan(state(hint="mousebite"), facts=stores.facts, policy=Policy())
    added = update["facts"][len(FACTS) :]
    assert [f["id"] for f in added] == ["F4"]
    assert "mousebite" in added[0]["fact"]["text"].lower()
    known = plan(state(hint="short"), facts=stores.facts, policy=Policy())
    assert "facts" not in known


def test_a_branch_names_its_region_and_its_facts_by_id():
    given = {**state(hint="short"), "plan": {"route": "regions", "regions": ["R2"], "why": ""}}
    (send,) = route(given)
    assert send.node == "examine"
    assert send.arg["region"]["id"] == "R2"
    assert send.arg["facts"] == [("F1", "key-F1"), ("F3", "key-F3")]


def test_without_regions_the_edge_goes_to_reason():
    assert route({**state(0), "plan": {"route": "reason", "regions": [], "why": ""}}) == "reason"


def test_facts_for_a_region():
    def ids(hint):
        region = Region(id="R1", box=Box(0, 0, 9, 9), score=0.5, hint=hint)
        return [f.id for f in facts_for(region, FACTS)]

    assert ids("") == ["F1", "F2", "F3"]
    assert ids("open") == ["F2", "F3"]
    assert ids("mousebite") == ["F1", "F2", "F3"], "nothing speaks of it: all may bear on it"
