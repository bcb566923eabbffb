"""Steps from single events, as a stream's modes tell them; recorded graphs are read in test_events.py."""

from sage_inspect.eval.importers.event_steps import Recorded, steps_of_events, steps_of_tasks, steps_of_updates


def task(at, id, name, namespace=(), **more):
    return Recorded("tasks", namespace, {"id": id, "name": name, **more}, at)


def test_tasks_know_parents_time_and_error():
    steps, used = steps_of_tasks([
        task(10.0, "a", "look", input={"x": 1}, triggers=["start"]),
        task(10.5, "a", "look", result=[["text", "fine"]], interrupts=[]),
        task(11.0, "b", "left", input={}),
        task(11.0, "c", "right", input={}),
        task(11.2, "c", "right", error="it\n  broke"),
        task(11.4, "b", "left", result=None),
        task(12.0, "d", "decide", input={}),
    ])  # fmt: skip
    assert [(s.id, s.node, s.parents) for s in steps] == [
        ("S1", "look", ()), ("S2", "left", ("S1",)), ("S3", "right", ("S1",)), ("S4", "decide", ("S2", "S3")),
    ]  # fmt: skip
    assert steps[0].output == {"text": "fine"} and round(steps[0].ms) == 500
    assert steps[0].started == "1970-01-01T00:00:10+00:00"
    assert steps[2].error == "it broke" and steps[2].extra["error"] == "it\n  broke"
    assert steps[0].extra["started"] == {"triggers": ["start"]} and steps[0].extra["ended"] == {"interrupts": []}
    assert used == set(range(7))


def test_a_subgraph_follows_the_node_it_runs_in():
    steps, _ = steps_of_tasks([
        task(0, "a", "outer", input={}),
        task(0, "b", "inner", ("outer:a",), input={}),
        task(0, "b", "inner", ("outer:a",), result={}),
        task(0, "c", "next", ("outer:a",), input={}),
    ])  # fmt: skip
    assert [(s.node, s.parents) for s in steps] == [("outer", ()), ("inner", ("S1",)), ("next", ("S2",))]
    assert steps[0].started == "" and steps[0].ms == 0.0, "no time was told"


def test_the_end_of_what_never_began_is_no_step_and_stays_among_the_events():
    steps, used = steps_of_tasks([task(1.0, "z", "late", result={"x": 1}), Recorded("values", (), {"x": 1}, 1.0)])
    assert (steps, used) == ([], set())


def test_updates_are_one_after_the_other_whatever_they_hold():
    steps, used = steps_of_updates([
        Recorded("updates", (), {"look": {"text": "a"}, "see": ["b", "c"]}, 1.0),
        Recorded("updates", (), {"end": None}, 2.0),
    ])  # fmt: skip
    assert [(s.id, s.node, s.parents, s.output) for s in steps] == [
        ("S1", "look", (), {"text": "a"}), ("S2", "see", ("S1",), {"value": ["b", "c"]}), ("S3", "end", ("S2",), {}),
    ]  # fmt: skip
    assert used == {0, 1}


def event(kind, run, name, parents=(), step=None, **data):
    metadata = {} if step is None else {"langgraph_node": name, "langgraph_step": step}
    told = {"event": kind, "run_id": run, "name": name, "parent_ids": list(parents), "metadata": metadata, "data": data}
    return Recorded("events", (), told, 0.0)


def test_tools_and_model_calls_belong_to_their_node():
    usage = {"usage_metadata": {"input_tokens": 9, "output_tokens": 3}}
    steps, used = steps_of_events([
        event("on_chain_start", "g", "graph"),
        event("on_chain_start", "n", "look", ["g"], step=1, input={"x": 1}),
        event("on_tool_start", "t", "zoom", ["g", "n"], input={"side": 2}),
        event("on_tool_end", "t", "zoom", ["g", "n"], output="a crop"),
        event("on_chat_model_end", "m1", "chat", ["g", "n"], output=usage),
        event("on_chat_model_end", "m2", "chat", ["g", "n"], output=None),
        event("on_chain_end", "n", "look", ["g"], step=1, output={"text": "fine"}),
        event("on_chain_start", "o", "decide", ["g"], step=2),
    ])  # fmt: skip
    assert [(s.node, s.parents) for s in steps] == [("look", ()), ("zoom", ("S1",)), ("decide", ("S1",))]
    assert (steps[0].calls, steps[0].tokens) == (2, {"input": 9, "output": 3})
    assert steps[0].output == {"text": "fine"} and steps[1].output == {"value": "a crop"}
    assert used == {1, 2, 3, 6, 7}, "the graph's own event and the model's calls stay among the events"
