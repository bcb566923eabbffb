"""Trace: recorded from events, readable up to the last whole line."""

from __future__ import annotations

import json

import pytest

from sage_inspect.agents.trace import TraceRecorder
from sage_inspect.eval.trace_file import digest_of, read_trace


def start(id, name, **given):
    return {"id": id, "name": name, "input": given, "triggers": []}


def end(id, name, result=None, error=None, interrupts=()):
    return {"id": id, "name": name, "error": error, "result": result or {}, "interrupts": list(interrupts)}


def record(path, *events):
    recorder = TraceRecorder(path, run="r", request={"question": None})
    for event in events:
        recorder.on_event(event)
    return recorder


UNTIL_PLAN = (
    start("a", "intake", test="t"), end("a", "intake", {"object": "pcb"}),
    start("b", "recall"), start("c", "compare"), end("c", "compare"), end("b", "recall"),
    start("d", "plan"), end("d", "plan"),
)  # fmt: skip


def branch(id, region):
    return start(id, "examine", region={"id": region})


def test_parents_are_the_superstep_before(tmp_path):
    record(tmp_path / "trace.jsonl", *UNTIL_PLAN, branch("e", "R1"), branch("f", "R2"), end("f", "examine"), end("e", "examine"),
           start("g", "reason"), end("g", "reason"))  # fmt: skip
    steps = read_trace(tmp_path).steps
    assert [(s.id, s.node, s.subject, s.parents) for s in steps] == [
        ("S1", "intake", "", ()),
        ("S2", "compare", "", ("S1",)),
        ("S3", "recall", "", ("S1",)),
        ("S4", "plan", "", ("S2", "S3")),
        ("S5", "examine", "R2", ("S4",)),
        ("S6", "examine", "R1", ("S4",)),
        ("S7", "reason", "", ("S5", "S6")),
    ]
    assert steps[0].output_digest == digest_of({"object": "pcb"})


def test_a_line_cut_by_a_kill_is_dropped_and_writing_goes_on(tmp_path):
    path = tmp_path / "trace.jsonl"
    record(path, *UNTIL_PLAN, branch("e", "R1"), branch("f", "R2"), end("f", "examine"))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"line": "step", "step": {"id": "S6", "no')
    cut = read_trace(path)
    assert len(cut.steps) == 5
    assert not cut.complete
    record(path, branch("e", "R1"), end("e", "examine"), start("g", "reason"), end("g", "reason"))
    steps = read_trace(path).steps
    assert [(s.id, s.parents) for s in steps[4:]] == [("S5", ("S4",)), ("S6", ("S4",)), ("S7", ("S5", "S6"))]


def test_a_resumed_superstep_of_its_own_follows_the_one_before(tmp_path):
    path = tmp_path / "trace.jsonl"
    record(path, *UNTIL_PLAN[:2])
    record(path, *UNTIL_PLAN[2:])
    assert [s.parents for s in read_trace(path).steps] == [(), ("S1",), ("S1",), ("S2", "S3")]


def test_an_interrupted_node_is_no_step_yet(tmp_path):
    recorder = record(tmp_path / "trace.jsonl", *UNTIL_PLAN)
    assert recorder.on_event(start("h", "review")) is None
    assert recorder.on_event(end("h", "review", interrupts=[{"value": {}}])) is None
    assert len(read_trace(tmp_path).steps) == 4


def test_an_error_is_kept_in_one_line(tmp_path):
    recorder = record(tmp_path / "trace.jsonl", start("a", "intake"))
    assert recorder.on_event(end("a", "intake", error="bad\n  thing")).error == "bad thing"


def test_lines_are_json_with_a_kind(tmp_path):
    record(tmp_path / "trace.jsonl", *UNTIL_PLAN)
    kinds = [json.loads(line)["line"] for line in (tmp_path / "trace.jsonl").read_text().splitlines()]
    assert kinds == ["header", "step", "step", "step", "step"]


def test_a_step_done_again_after_a_kill_replaces_the_one_before(tmp_path):
    path = tmp_path / "trace.jsonl"
    record(path, *UNTIL_PLAN, branch("e", "R1"), branch("f", "R2"), end("f", "examine"))
    # The kill came between the line of R2 and its checkpoint.
    recorder = record(path, branch("e", "R1"), branch("f", "R2"), end("f", "examine", {"findings": []}), end("e", "examine"),
                      start("g", "reason"), end("g", "reason"))  # fmt: skip
    steps = read_trace(path).steps
    assert [(s.id, s.subject, s.parents) for s in steps[4:]] == [
        ("S6", "R2", ("S4",)), ("S7", "R1", ("S4",)), ("S8", "", ("S6", "S7")),
    ]  # fmt: skip
    assert steps[4].output == {"findings": []}
    assert recorder.timings["examine"] == pytest.approx(sum(s.ms for s in steps if s.node == "examine"), abs=0.01)
    assert record(path).timings == recorder.timings


def test_a_lone_step_done_again_keeps_its_parents(tmp_path):
    path = tmp_path / "trace.jsonl"
    record(path, *UNTIL_PLAN)
    record(path, *UNTIL_PLAN[-2:], start("g", "reason"), end("g", "reason"))
    assert [(s.id, s.node, s.parents) for s in read_trace(path).steps[3:]] == [
        ("S5", "plan", ("S2", "S3")), ("S6", "reason", ("S5",)),
    ]  # fmt: skip
