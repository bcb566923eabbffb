"""The example runs offline, decides rightly, and its parts can be replaced as it says."""

from __future__ import annotations

import json

import numpy as np
import pytest
from langchain_core.messages import AIMessage, ToolMessage

from sage_inspect.examples.custom_workflow import BOARD, RULES, build_workflow, decide, main
from sage_inspect.finetune.world.boards.pair import draw_pair
from sage_inspect.knowledge.fact import make_fact
from sage_inspect.knowledge.limits import read_criterion
from sage_inspect.schema import Box, Comparison, ImageRef, RecalledFact, Region, Registration
from sage_inspect.tools.registry import tools

REF = ImageRef(sha256="0" * 64, width=300, height=300)


def test_it_accepts_rejects_and_asks_and_shows_how_it_came_to_it(capsys, home):
    assert main() == ["reject", "accept", "ask a person", "ask a person"]
    told = capsys.readouterr().out
    for name in ("find_golden", "compare_images", "measure", "zoom", "recall_facts"):
        assert f"   {name}" in told
    lines = [line for line in told.splitlines() if line.startswith("   -> R")]
    assert len(lines) == 3
    assert all("the model: defect with P" in line for line in lines)
    assert any("pin-hole" in line and "accept: limit 0.40 mm" in line for line in lines)
    assert any("open" in line and "never accepted" in line for line in lines)
    assert "ToolMessage" not in told and "Traceback" not in told


def state(mm, off=0.04, hint="pin-hole", seen=None, comparable=True):
    """The state before `decide`, with one region of this length."""
    comparison = Comparison(
        test=REF,
        references=(REF,),
        score=0.9,
        regions=(Region(id="R1", box=Box(10, 10, 30, 30), score=0.9, hint=hint),),
        registration=Registration(method="shift", confidence=0.9, comparable=comparable, note="another layout"),
    )
    size = {"region": "R1", "length": {"mm": mm, "mm_uncertainty": off}}
    rules = [make_fact(rule, BOARD, "criterion", criterion=read_criterion(rule)) for rule in RULES]
    facts = [RecalledFact(id=f"F{i}", fact=f, score=1).model_dump(mode="json") for i, f in enumerate(rules)]
    artifacts = {
        "compare_images": comparison.model_dump(mode="json"), "measure": size, "recall_facts": {"facts": facts},
    }  # fmt: skip
    messages = [ToolMessage("", name=n, artifact=a, tool_call_id=n) for n, a in artifacts.items()]
    return {"messages": messages, "seen": seen or {}}


@pytest.mark.parametrize(
    ("given", "decision"),
    [
        (state(0.30), "accept"),
        (state(0.50), "reject"),
        (state(0.38), "ask a person"),
        (state(0.42), "ask a person"),
        (state(0.38, off=0.01), "accept"),
        (state(0.05, hint="open"), "reject"),
        (state(0.05, hint=""), "ask a person"),
        (state(0.05, seen={"R1": {"type": "spurious copper", "p": 0.9}}), "ask a person"),
        (state(None), "ask a person"),
        (state(0.05, comparable=False), "ask a person"),
        ({"messages": [], "seen": {}}, "ask a person"),
    ],
)
def test_a_limit_decides_only_where_the_measurement_allows_it(given, decision):
    assert decide(given)["decision"] == decision


def test_another_plan_takes_the_place_of_the_rule(images, tmp_path):
    picture = np.full((120, 120), 200, np.uint8)
    picture[40:60, 40:80] = 30
    ref = images.put(picture)
    script = [
        AIMessage("", tool_calls=[{"name": "measure", "args": {"image": ref.sha256, "region": "R1"}, "id": "1"}]),
        AIMessage(
            "", tool_calls=[{"name": "measure", "args": {"image": ref.sha256[:12], "box": [30, 30, 90, 70]}, "id": "2"}]
        ),
        AIMessage("It is 40 pixels long."),
    ]
    app = build_workflow(tools(images, roots=[]), images, plan=lambda state: script.pop(0))
    done = app.invoke({"image": ref.sha256, "messages": []})
    told = [m for m in done["messages"] if isinstance(m, ToolMessage)]
    assert [m.status for m in told] == ["error", "success"], "a plan reads what went wrong and calls again"
    assert told[1].artifact["length"]["value"] == pytest.approx(40, abs=1)
    assert done["decision"] == "ask a person"


def test_the_state_holds_no_picture(images, tmp_path):
    pair = {}
    for name, picture in zip(("image", "golden"), draw_pair(35, size=320, defects=2)[:2], strict=True):
        pair[name] = str(tmp_path / f"{name}.png")
        picture.save(pair[name])
    calls = [{"name": "compare_images", "args": pair, "id": "1"}]
    script = [AIMessage("", tool_calls=calls), AIMessage("done")]
    listed = tools(images, roots=[tmp_path], only=["compare_images"])
    done = build_workflow(listed, images, plan=lambda state: script.pop(0)).invoke({"image": "x", "messages": []})
    assert done["messages"][1].status == "success"
    assert len(json.dumps([m.model_dump(mode="json") for m in done["messages"]])) < 8000
