"""Your own workflow from this project's tools: boards are accepted or rejected by a customer's limits, in millimetres.

    python -m sage_inspect.examples.custom_workflow

A LangGraph with a tool-calling loop. `plan` decides what to call next; here it is a rule, so that the example runs
offline; a model that calls tools takes its place without another line being changed:

    listed = tools(images, facts, golden)
    model = init_chat_model("...").bind_tools(listed)
    build_workflow(listed, images, plan=lambda state: model.invoke(state["messages"]))

`look` shows the crops to the embedded vision-language model; `decide` holds what was measured against
the limits in the recalled facts. The state holds texts and digests, never a picture.
"""

from __future__ import annotations

import operator
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypedDict

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.prebuilt import ToolNode, tools_condition
from PIL import Image

from ..agents.speak import ask
from ..criterion import holds
from ..finetune.world.boards.pair import draw_pair
from ..images import ImageStore
from ..knowledge.fact import make_fact
from ..knowledge.facts import FactStore
from ..knowledge.golden import GoldenLibrary
from ..knowledge.limits import read_criterion
from ..models.loading import load_model
from ..prompts import examine_prompt, place
from ..schema import Comparison, Criterion, ImageRef, Measured, RecalledFact, Region
from ..tools.registry import tools

BOARD = "printed circuit board"
MM_PER_PIXEL = 0.02
RULES = (
    "A pin-hole of up to 0.40 mm is accepted by this customer.",
    "A spurious copper of up to 0.50 mm is accepted by this customer.",
)
"""What this customer accepts; every other type is rejected whatever its size."""


class State(TypedDict, total=False):
    """What the graph carries: the conversation with the tools, what the model saw, and the result."""

    image: str
    messages: Annotated[list[AnyMessage], add_messages]
    seen: dict[str, dict[str, Any]]
    lines: Annotated[list[str], operator.add]
    decision: str


Plan = Callable[[State], AIMessage]


def build_workflow(listed: list[BaseTool], images: ImageStore, *, plan: Plan | None = None, model: Any = None) -> Any:
    """The compiled graph: START -> plan <-> tools, then look -> decide -> END.

    Args:
        listed: the tools of `tools.registry.tools`.
        images: their image store, from which `look` reads the crops.
        plan: what to call next; None is the rule below.
        model: a chat model that reads images; None leaves `look` out of it.
    """
    graph = StateGraph(State)
    chosen = plan or plan_by_rule
    graph.add_node("plan", lambda state: {"messages": [chosen(state)]})
    graph.add_node("tools", ToolNode(listed))
    graph.add_node("look", lambda state: look(state, images, model))
    graph.add_node("decide", decide)
    graph.add_edge(START, "plan")
    graph.add_conditional_edges("plan", tools_condition, {"tools": "tools", END: "look"})
    graph.add_edge("tools", "plan")
    graph.add_edge("look", "decide")
    graph.add_edge("decide", END)
    return graph.compile()


def plan_by_rule(state: State) -> AIMessage:
    """Golden image, comparison, then each region measured and cut out and the criteria recalled; then no call."""
    done = results(state)
    if "find_golden" not in done:
        return _calls(("find_golden", {"image": state["image"], "k": 1}))
    golden = [m["image"]["sha256"] for m in done["find_golden"][0]["matches"]]
    if not golden:
        return AIMessage("There is nothing to compare with.")
    pair = {"image": state["image"], "golden": golden}
    if "compare_images" not in done:
        return _calls(("compare_images", pair))
    regions = done["compare_images"][0]["regions"]
    if not regions or "measure" in done:
        return AIMessage("Everything that is needed is known.")
    hints = sorted({r["hint"] for r in regions if r["hint"]})
    return _calls(
        (
            "recall_facts",
            {"question": f"Is {' or '.join(hints) or 'this'} acceptable?", "object": BOARD, "kinds": ["criterion"]},
        ),
        *(("measure", {**pair, "region": r["id"]}) for r in regions),
        *(("zoom", {**pair, "region": r["id"]}) for r in regions),
    )


def _calls(*calls: tuple[str, dict[str, Any]]) -> AIMessage:
    listed = [{"name": n, "args": a, "id": f"{n} {i}", "type": "tool_call"} for i, (n, a) in enumerate(calls)]
    return AIMessage("", tool_calls=listed)


def results(state: State) -> dict[str, list[dict[str, Any]]]:
    """The artifacts of the calls that went well, by tool, in the order of the calls."""
    found: dict[str, list[dict[str, Any]]] = {}
    for message in state.get("messages", []):
        if isinstance(message, ToolMessage) and message.status == "success" and message.artifact:
            found.setdefault(message.name or "", []).append(message.artifact)
    return found


def look(state: State, images: ImageStore, model: BaseChatModel | None) -> dict[str, Any]:
    """Show each region's crops to the model: P(defect) and its words, by region; {} without a model."""
    done = results(state)
    if model is None or "zoom" not in done:
        return {"seen": {}}
    comparison = Comparison.model_validate(done["compare_images"][0])
    recalled = [RecalledFact.model_validate(f) for r in done.get("recall_facts", []) for f in r["facts"]]
    # The model is asked what it sees; what is accepted is not its decision but `decide`'s.
    facts = [f for f in recalled if f.fact.kind != "criterion"]
    size = (comparison.test.width, comparison.test.height)
    regions = {r.id: r for r in comparison.regions}
    seen = {}
    for crops in done["zoom"]:
        region = regions.get(crops["region"])
        if region is None:
            continue
        pair = [ImageRef.model_validate(crops[name]) for name in ("test", "golden") if crops[name]]
        spoken = ask(model, images, pair, examine_prompt(region, place(region.box, *size), facts))
        if spoken.familiar:
            seen[region.id] = {"p": spoken.p_true, "type": spoken.answer.type, "words": spoken.words}
    return {"seen": seen}


class Judged(NamedTuple):
    """One region against the customer's limits."""

    decision: str
    line: str


def decide(state: State) -> dict[str, Any]:
    """Accept, reject, or leave it to a person: where nothing could be compared, or a limit lies within what a
    measurement may be off."""
    done = results(state)
    if "compare_images" not in done:
        return {"decision": "ask a person", "lines": ["no golden image of such a part"]}
    comparison = Comparison.model_validate(done["compare_images"][0])
    if not comparison.registration.comparable:
        return {"decision": "ask a person", "lines": [comparison.registration.note]}
    sizes = {m["region"]: m for m in done.get("measure", [])}
    width, height, seen = comparison.test.width, comparison.test.height, state["seen"]
    recalled = [RecalledFact.model_validate(f).fact for r in done.get("recall_facts", []) for f in r["facts"]]
    limits = {f.criterion.of: f.criterion for f in recalled if f.criterion and f.criterion.permits}
    judged = [
        _judge(r, place(r.box, width, height), sizes.get(r.id), seen.get(r.id, {}), limits) for r in comparison.regions
    ]
    found = {j.decision for j in judged}
    worst = next((d for d in ("reject", "ask a person") if d in found), "accept")
    return {"decision": worst, "lines": [j.line for j in judged] or ["no difference from the golden image"]}


def _judge(
    region: Region, where: str, size: dict[str, Any] | None, said: dict[str, Any], limits: dict[str, Criterion]
) -> Judged:
    kinds = sorted({kind for kind in (region.hint, said.get("type")) if kind})
    told = f"{region.id} {where:<13} {' or '.join(kinds) or 'unnamed':<16}"
    if size is None or size["length"]["mm"] is None:
        return Judged("ask a person", f"{told} could not be measured")
    length = Measured("length", size["length"]["mm"], "mm", size["length"]["mm_uncertainty"])
    told += f" {length.value:.2f} +- {length.uncertainty:.2f} mm"
    named = {limits.get(kind) for kind in kinds}
    limit = next(iter(named), None)
    if len(named) != 1:
        # The outline's evidence and the model disagree, or neither names it: no limit can be read.
        decision, why = "ask a person", "its type would decide, and that is open"
    elif limit is None:
        decision, why = "reject", "never accepted"
    else:
        within = holds(limit, [length])  # None: the limit lies within what the measurement may be off
        decision = {True: "accept", False: "reject", None: "ask a person"}[within]
        why = f"{'too close to the limit of' if within is None else 'limit'} {limit.limit:.2f} {limit.unit}"
    chance = "" if said.get("p") is None else f"; the model: defect with P {said['p']:.2f}"
    return Judged(decision, f"{told}  {decision}: {why}{chance}")


def draw_parts(folder: Path) -> tuple[list[Path], list[tuple[str, Path]]]:
    """Golden images of three board layouts, and four test images: name and file."""
    golden, tests = [], []

    def save(name: str, picture: Image.Image) -> Path:
        path = folder / f"{name}.png"
        picture.save(path)
        return path

    for seed in (35, 36, 37):
        golden.append(save(f"golden-{seed}", draw_pair(seed, defects=0)[1]))
    for name, seed, defects in (("faulty", 35, 3), ("flawless", 36, 0), ("layout nobody has seen", 99, 1)):
        tests.append((name, save(f"test-{seed}", draw_pair(seed, defects=defects)[0])))
    ramp = Image.linear_gradient("L").resize((320, 240))
    tests.append(("no board at all", save("test-ramp", ramp)))
    return golden, tests


def main(model: str | None = "nano") -> list[str]:
    """Draw boards, run the workflow on each and print what it did; the decisions are returned.

    Args:
        model: what `--model` takes; None does without a model.
    """
    folder = Path(tempfile.mkdtemp(prefix="sage-inspect-workflow-"))
    images = ImageStore(folder / "images")
    facts, golden = FactStore(folder / "chroma"), GoldenLibrary(folder / "chroma", images)
    kept, parts = draw_parts(folder)
    golden.add(BOARD, kept)
    facts.seed_starter()
    facts.add(
        make_fact(rule, BOARD, "criterion", criterion=read_criterion(rule), origin="the customer's drawing")
        for rule in RULES
    )
    listed = tools(images, facts, golden, roots=[folder], mm_per_pixel=MM_PER_PIXEL)
    app = build_workflow(listed, images, model=load_model(model) if model else None)
    decisions = []
    for name, path in parts:
        print(f"\n== {name}: {path.name}")
        state = app.invoke({"image": str(path), "messages": [HumanMessage(f"Inspect {path.name}.")]})
        for message in state["messages"]:
            if isinstance(message, ToolMessage):
                print(f"   {message.name:<15} {str(message.content).splitlines()[0][:110]}")
        print("\n".join(f"   -> {line}" for line in state["lines"]))
        print(f"   {state['decision'].upper()}")
        decisions.append(state["decision"])
    return decisions


if __name__ == "__main__":
    main()
