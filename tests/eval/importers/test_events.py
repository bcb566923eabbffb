"""A recorded LangGraph run becomes steps with parents, whatever the stream's mode; a killed one is readable."""

import asyncio
import operator
from typing import Annotated, TypedDict

import pytest
from langgraph.graph import END, START, StateGraph

from sage_inspect.errors import BadInput
from sage_inspect.eval.importers import import_traces
from sage_inspect.eval.record import arecord, record


class State(TypedDict):
    notes: Annotated[list, operator.add]
    text: str


@pytest.fixture(scope="module")
def graph():
    built = StateGraph(State)
    built.add_node("look", lambda s: {"notes": ["a"], "text": "A crack runs along the rim."})
    built.add_node("left", lambda s: {"notes": ["l"]})
    built.add_node("right", lambda s: {"notes": ["r"]})
    built.add_node("decide", lambda s: {"text": "The part is defective."})
    for first, then in ((START, "look"), ("look", "left"), ("look", "right"), ("left", "decide"), ("right", "decide"),
                        ("decide", END)):  # fmt: skip
        built.add_edge(first, then)
    return built.compile()


SHAPE = [("look", ()), ("left", ("S1",)), ("right", ("S1",)), ("decide", ("S2", "S3"))]


@pytest.mark.parametrize("mode", ["tasks", "debug", ["tasks", "values", "updates"]])
def test_tasks(graph, tmp_path, mode):
    path = tmp_path / "run.jsonl"
    plain = list(graph.stream({"notes": []}, stream_mode=mode))
    assert len(list(record(graph.stream({"notes": []}, stream_mode=mode), path, request={"part": 7}))) == len(plain)
    trace = next(import_traces(path, "langgraph"))
    steps = {s.node: (s.node, s.parents) for s in trace.steps}
    assert sorted(steps) == ["decide", "left", "look", "right"]
    assert [(s.node, s.parents) for s in trace.steps] == SHAPE
    assert trace.steps[0].claims[0].type == "crack" and trace.request == {"part": 7}
    assert trace.verdict.verdict == "anomalous" and trace.complete


def test_updates_and_events(graph, tmp_path):
    list(record(graph.stream({"notes": []}, stream_mode="updates"), tmp_path / "u.jsonl"))
    assert sorted(s.node for s in next(import_traces(tmp_path / "u.jsonl", "langgraph")).steps) == [
        "decide", "left", "look", "right",
    ]  # fmt: skip

    async def run():
        async for _ in arecord(graph.astream_events({"notes": []}, version="v2"), tmp_path / "e.jsonl"):
            pass

    asyncio.run(run())
    trace = next(import_traces(tmp_path / "e.jsonl", "langgraph"))
    assert sorted(s.node for s in trace.steps) == ["decide", "left", "look", "right"]
    assert len(next(s for s in trace.steps if s.node == "decide").parents) == 2


def test_a_cut_recording_is_incomplete_and_another_file_refused(graph, tmp_path):
    path = tmp_path / "run.jsonl"
    list(record(graph.stream({"notes": []}, stream_mode="tasks"), path))
    whole = path.read_text()
    path.write_text(whole[:-60])
    cut = next(import_traces(path, "langgraph"))
    assert not cut.complete and cut.steps[0].node == "look"
    for text in ("", "{}\n", '{"recording": "langgraph-events", "version": 9}\n', whole.replace('{"at"', "{at", 1)):
        path.write_text(text)
        with pytest.raises(BadInput):
            next(import_traces(path, "langgraph"))


def test_a_run_that_fails_keeps_what_came_before(graph, tmp_path):
    def events():
        yield from list(graph.stream({"notes": []}, stream_mode="tasks"))[:2]
        raise RuntimeError("down")

    with pytest.raises(RuntimeError):
        list(record(events(), tmp_path / "f.jsonl"))
    assert [s.node for s in next(import_traces(tmp_path / "f.jsonl", "langgraph")).steps] == ["look"]
