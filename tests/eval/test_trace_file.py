"""A run's lines as they lie on disk: read as far as they are whole, refused by name where they are none."""

from __future__ import annotations

import json

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.eval.trace_file import digest_of, read_trace, trace_of, whole_lines
from sage_inspect.schema import Step

from .traces import own_lines, trace

HEADER = '{"line": "header", "version": 1, "run": "r"}\n'


def line(step: dict) -> str:
    return json.dumps({"line": "step", "step": step}) + "\n"


def test_a_folder_or_its_file(tmp_path):
    (tmp_path / "trace.jsonl").write_text("".join(own_lines()))
    assert read_trace(tmp_path) == read_trace(tmp_path / "trace.jsonl")
    found = read_trace(tmp_path)
    assert (found.steps, found.verdict, found.complete) == (trace().steps, trace().verdict, True)


@pytest.mark.parametrize("lost", [1, 40])
def test_what_a_kill_cut_off_is_left_out(tmp_path, lost):
    path = tmp_path / "trace.jsonl"
    path.write_text("".join(own_lines())[:-lost])
    found = read_trace(path)
    assert found.steps == trace().steps and found.verdict is None and not found.complete
    lines, size = whole_lines(path)
    assert len(lines) == len(own_lines()) - 1 and size == len("".join(own_lines()[:-1]).encode())


def test_a_follow_up_question_has_the_last_word_and_an_open_one_is_incomplete():
    first, *steps, told = map(json.loads, own_lines())
    again = {"line": "verdict", "verdict": {**told["verdict"], "verdict": "normal", "question": "And the pads?"}}
    assert trace_of([first, *steps, told, again], "here").verdict.question == "And the pads?"
    open_one = trace_of([first, *steps, told, {"line": "step", "step": {"id": "S10", "node": "intake"}}], "here")
    assert open_one.verdict.verdict == "anomalous" and not open_one.complete
    assert not trace_of([first, *steps, told], "here", ended=False).complete


def test_a_step_done_again_stands_where_the_later_one_does_for_its_children_too(tmp_path):
    written = [
        line({"id": "S1", "node": "intake"}),
        line({"id": "S2", "node": "plan", "parents": ["S1"]}),
        line({"id": "S3", "node": "intake"}),
        line({"id": "S4", "node": "reason", "parents": ["S1", "S2"]}),
    ]
    (tmp_path / "trace.jsonl").write_text("".join([HEADER, *written]))
    steps = read_trace(tmp_path).steps
    assert [s.id for s in steps] == ["S2", "S3", "S4"] and steps[-1].parents == ("S3", "S2")


def test_parents_written_twice_are_read_once(tmp_path):
    step = {"node": "recall", "parents": ["S1"]}
    written = [line({"id": "S1", "node": "intake"})]
    for id, more in (("S2", {}), ("S3", {}), ("S4", {"node": "plan", "parents": ["S2", "S3"]})):
        written.append(line({**step, "id": id, **more}))
    (tmp_path / "trace.jsonl").write_text("".join([HEADER, *written]))
    assert [(s.id, s.parents) for s in read_trace(tmp_path).steps] == [("S1", ()), ("S3", ("S1",)), ("S4", ("S3",))]


def test_a_digest_knows_contents_not_their_order():
    assert digest_of({"a": 1, "b": [1, 2]}) == digest_of({"b": [1, 2], "a": 1})
    assert digest_of({"a": 1, "b": [1, 2]}) != digest_of({"a": 1, "b": [2, 1]})
    # printf '{"a":1}' | sha256sum
    assert digest_of({"a": 1}) == "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
    assert digest_of(Step(id="S1", node="n").output) == digest_of({})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no header"),
        ("not json\n", "no header"),
        ('{"line": "header", "version": 99, "run": "r", "created": "x"}\n', "version 99"),
        (
            '{"line": "header", "version": 1, "run": "r", "created": "x"}\n{"line": "step", "step": {"id": 3}}\n',
            "schema",
        ),
    ],
)
def test_what_is_no_trace_is_refused_by_name(tmp_path, text, why):
    path = tmp_path / "trace.jsonl"
    path.write_text(text)
    with pytest.raises(BadInput, match=why):
        read_trace(path)


def test_a_missing_trace_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no trace there"):
        read_trace(tmp_path / "nothing.jsonl")
