"""A mutant written and read again: its name, what was planted, and what is true of its image."""

from __future__ import annotations

import json

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.eval.label_file import LabelFile
from sage_inspect.eval.labels import Labels
from sage_inspect.eval.mutant_file import is_mutant, mutant_line, read_mutant
from sage_inspect.eval.read_traces import read_traces
from sage_inspect.eval.trace_cases import case_of, holds_traces


@pytest.fixture
def lines(mutants, labels):
    return [json.loads(json.dumps(mutant_line("r0", mutant, labels))) for mutant in mutants.values()]


def test_a_mutant_comes_back_under_a_name_of_its_own(lines, mutants, labels):
    read = [read_mutant(line, "here") for line in lines]
    names = [trace.run for trace, _ in read]
    assert names == [f"r0: {variant}" for variant in mutants] and len(set(names)) == len(names) > 9
    for (trace, known), mutant in zip(read, mutants.values(), strict=True):
        assert trace.steps == mutant.trace.steps and trace.verdict == mutant.trace.verdict and known == labels
        assert trace.extra["mutant"]["family"] == mutant.family and trace.extra["mutant"]["step"] == mutant.step
        assert case_of(trace) == trace.run


def test_read_from_a_file_beside_other_traces(lines, labels, trace, tmp_path):
    file = tmp_path / "mutants.jsonl"
    bad = [{**lines[0], "trace": {"run": "x", "colour": 1}}, {**lines[0], "trace": {"version": 7, "run": "x"}}]
    kept = [lines[0], trace.model_dump(mode="json"), {**lines[1], "labels": None}]
    file.write_text("".join(json.dumps(line) + "\n" for line in [*bad, *kept]))
    told: list[str] = []
    found = list(read_traces([file], complain=told.append))
    assert [(r.line, r.labels) for r in found] == [(3, labels), (4, None), (5, None)]
    assert "mutants.jsonl:1: " in told[0] and "colour" in told[0] and "trace version 7" in told[1]
    assert holds_traces(file)
    assert [r.line for r in read_traces([file], skip=lambda path, line: line < 5)] == [5]


def test_labels_that_are_given_come_before_those_of_the_file(lines, labels, tmp_path):
    file, given = tmp_path / "mutants.jsonl", tmp_path / "labels.jsonl"
    file.write_text(json.dumps(lines[0]) + "\n")
    (read,) = read_traces([file])
    given.write_text('{"trace": "by-hand", "label": "normal"}\n')  # the correct trace's run
    assert LabelFile(given).truth(read) == Labels(label="normal")
    given.write_text('{"trace": "another", "label": "normal"}\n')
    assert LabelFile(given).truth(read) == labels


def test_what_is_no_mutant(lines):
    assert is_mutant(lines[0])
    assert not is_mutant({"trace": "r0", "scores": []}) and not is_mutant({**lines[0], "trace": "r0"})
    with pytest.raises(BadInput, match="here"):
        read_mutant({**lines[0], "labels": {"label": "fine"}}, "here")
