"""The tools as an agent meets them: through LangGraph's ToolNode, with a checkpointer, and with hostile arguments."""

import asyncio
import json
import re

import pytest
from langchain_core.messages import AIMessage
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode

from sage_inspect.errors import BadInput
from sage_inspect.finetune.world.boards.pair import draw_pair
from sage_inspect.images import ImageStore
from sage_inspect.knowledge.facts import FactStore
from sage_inspect.knowledge.golden import GoldenLibrary
from sage_inspect.settings import get_settings
from sage_inspect.tools.registry import GUIDES, NAMES, tools


@pytest.fixture
def folder(tmp_path):
    """A folder with a faulty board `t.png`, its golden image `g.png` and a truncated file; a secret beside it."""
    made = tmp_path / "data"
    made.mkdir()
    test, golden, _ = draw_pair(35, size=400, defects=3)
    test.save(made / "t.png")
    golden.save(made / "g.png")
    (made / "cut.png").write_bytes((made / "t.png").read_bytes()[:900])
    (tmp_path / "secret.png").write_bytes((made / "t.png").read_bytes())
    return made


@pytest.fixture
def stores(images, home):
    return images, FactStore(home / "chroma"), GoldenLibrary(home / "chroma", images)


@pytest.fixture
def call(stores, folder):
    """Calls of tools in one turn of a graph; the messages they came to."""
    graph = StateGraph(MessagesState)
    graph.add_node("tools", ToolNode(tools(*stores, roots=[folder])))
    graph.add_edge(START, "tools")
    graph.add_edge("tools", END)
    saver = InMemorySaver()
    app = graph.compile(checkpointer=saver)

    def run(*calls):
        asked = [{"name": n, "args": a, "id": str(i), "type": "tool_call"} for i, (n, a) in enumerate(calls)]
        config = {"configurable": {"thread_id": str(len(saver.storage))}}
        app.invoke({"messages": [AIMessage("", tool_calls=asked)]}, config)
        # Read back from the checkpoint: what it cannot hold would be missing here.
        return app.get_state(config).values["messages"][1:]

    return run


def test_an_inspection_by_tools_alone(call, stores, folder):
    images, _, golden = stores
    golden.add("pcb", [folder / "g.png"])
    test = str(folder / "t.png")
    (found,) = call(("find_golden", {"image": test}))
    pair = {"image": found.artifact["test"]["sha256"][:12], "golden": found.artifact["matches"][0]["image"]["sha256"]}
    (compared,) = call(("compare_images", pair))
    ids = re.findall(r"^\[(R\d+)\]", compared.content, re.MULTILINE)
    assert len(ids) == len(compared.artifact["regions"]) >= 2
    measured, described, zoomed = call(
        ("measure", {**pair, "region": ids[0], "mm_per_pixel": 0.02}),
        ("describe_region", {**pair, "region": ids[1]}),
        ("zoom", {**pair, "region": ids[0]}),
    )
    assert {m.status for m in (measured, described, zoomed)} == {"success"}
    assert "mm" in measured.content and measured.artifact["length"]["mm"] > 0
    assert described.content.startswith(f"[{ids[1]}] ")
    assert images.array(zoomed.artifact["test"]["sha256"]).size > 0


def test_messages_hold_digests_and_never_pictures(call, folder):
    pair = {"image": str(folder / "t.png"), "golden": str(folder / "g.png")}
    for message in call(("compare_images", pair), ("zoom", {**pair, "region": "R1"})):
        plain = json.dumps(message.artifact)
        assert len(plain) + len(message.content) < 6000
        assert "sha256" in plain and "base64" not in plain


def test_empty_stores_are_told_and_are_no_error(call, folder):
    for message in call(
        ("recall_facts", {"question": "Is a spur acceptable?", "object": "pcb"}),
        ("find_golden", {"image": str(folder / "t.png")}),
    ):
        assert message.status == "success" and "is empty" in message.content


def hostile(folder):
    t, g = str(folder / "t.png"), str(folder / "g.png")
    pair = {"image": t, "golden": g}
    return [
        ("compare_images", {**pair, "image": str(folder.parent / "secret.png")}, "outside the allowed folders"),
        ("compare_images", {**pair, "image": f"{folder}/../secret.png"}, "outside the allowed folders"),
        ("find_golden", {"image": "/etc/passwd"}, "outside the allowed folders"),
        ("zoom", {"image": "/dev/zero", "box": [0, 0, 9, 9]}, "outside the allowed folders"),
        ("compare_images", {**pair, "golden": [g, "/etc/passwd"]}, "outside the allowed folders"),
        ("compare_images", {**pair, "image": str(folder / "cut.png")}, "cut off or damaged"),
        ("compare_images", {**pair, "image": str(folder)}, "folder, not an image"),
        ("compare_images", {**pair, "image": "e" * 64}, "no such image is stored"),
        ("compare_images", {**pair, "image": "e" * 12}, "no stored image begins with it"),
        ("compare_images", {**pair, "image": "a\0b"}, "no file name"),
        ("compare_images", {**pair, "image": "x" * 5000}, "compare_images: "),
        ("compare_images", {"image": t, "golden": []}, "golden: "),
        ("measure", {**pair, "region": "R99"}, "the comparison found R1"),
        ("measure", {"image": t, "region": "R1"}, "compare first"),
        ("measure", {**pair, "region": "R1", "mm_per_pixel": 0}, "mm_per_pixel 0"),
        ("measure", {**pair, "region": "R1", "mm_per_pixel": float("nan")}, "mm_per_pixel nan"),
        ("measure", {**pair, "region": "R1", "mm_per_pixel": -1}, "mm_per_pixel -1"),
        ("measure", {"image": t, "box": [900, 900, 950, 950]}, "outside the 400 x 400 image"),
        ("zoom", {"image": t, "box": [9, 9, 9, 9]}, "it is empty"),
        ("zoom", {"image": t}, "neither is given"),
        ("describe_region", {**pair, "region": "R1", "box": [0, 0, 9, 9]}, "both are given"),
        ("describe_region", {**pair, "regoin": "R1"}, "regoin: "),
        ("recall_facts", {}, "neither a question nor an object"),
        ("recall_facts", {"question": "x", "k": 1_000_000}, "k: "),
    ]  # fmt: skip


def test_hostile_arguments_become_one_line_that_helps(call, folder, stores):
    cases = hostile(folder)
    for message, (name, args, words) in zip(call(*((n, a) for n, a, _ in cases)), cases, strict=True):
        assert message.status == "error", (name, args)
        assert message.content.startswith(f"{name}: ") and words in message.content, message.content
        assert "\n" not in message.content and "Traceback" not in message.content
        assert len(message.content) < 600 and str(stores[0].root) not in message.content


@pytest.mark.parametrize("name", NAMES)
def test_every_description_says_when_and_when_not_and_names_only_tools_there_are(name, stores):
    (tool,) = tools(*stores, only=[name])
    assert tool.name == name
    assert "\nUse it " in tool.description and "\nDo not use it " in tool.description
    assert set(re.findall(r"\b[a-z]+_[a-z]+\b", tool.description)) <= set(NAMES)
    assert len(tool.description) < 700
    schema = convert_to_openai_tool(tool)["function"]
    assert schema["name"] == name and schema["parameters"]["properties"]


def test_agents_are_sent_on_to_other_tools():
    sent_to = {n for guide, _ in GUIDES.values() for n in NAMES if n in guide.not_when}
    assert sent_to == set(NAMES) - {"find_golden"}, "nobody is sent back to where an inspection begins"


def test_what_the_stores_do_not_allow_is_left_out(stores):
    assert [t.name for t in tools(stores[0])] == ["compare_images", "describe_region", "measure", "zoom"]
    assert [t.name for t in tools(*stores)] == list(NAMES)
    with pytest.raises(BadInput, match="its store was not given"):
        tools(stores[0], only=["recall_facts"])
    with pytest.raises(BadInput, match="there is no such tool"):
        tools(*stores, only=["rcall"])
    with pytest.raises(BadInput, match="mm_per_pixel"):
        tools(*stores, mm_per_pixel=0)


def test_a_library_on_another_store_is_refused(stores, tmp_path):
    other = GoldenLibrary(tmp_path / "chroma", ImageStore(tmp_path / "elsewhere"))
    with pytest.raises(BadInput, match="another image store"):
        tools(stores[0], None, other)


def test_files_are_read_only_where_somebody_allowed_it(stores, folder, monkeypatch):
    args = {"image": str(folder / "t.png"), "box": [10, 10, 40, 40]}
    asked = {"name": "zoom", "args": args, "id": "1", "type": "tool_call"}

    def status(listed):
        return next(t for t in listed if t.name == "zoom").invoke(asked).status

    assert status(tools(*stores)) == "error", "an unconfined store does not open the disk to a model"
    assert status(tools(*stores, roots=[folder])) == "success"
    assert status(tools(ImageStore(stores[0].root, roots=[folder]))) == "success"
    monkeypatch.setenv("SAGE_INSPECT_ALLOWED_ROOTS", json.dumps([str(folder)]))
    get_settings.cache_clear()
    assert status(tools(*stores)) == "success"


def test_many_calls_at_once_agree(call, folder):
    pair = {"image": str(folder / "t.png"), "golden": str(folder / "g.png"), "region": "R1"}
    contents = {m.content for m in call(*[("measure", pair)] * 6)}
    assert len(contents) == 1


def test_asynchronously_too(stores, folder):
    (tool,) = tools(*stores, roots=[folder], only=["measure"])
    args = {"image": str(folder / "t.png"), "box": [9, 9, 60, 60]}
    asked = {"name": "measure", "args": args, "id": "1", "type": "tool_call"}
    assert asyncio.run(tool.ainvoke(asked)).status == "success"
