"""Every form that can be named, and every line that cannot be used: told in one line, the rest goes on."""

from __future__ import annotations

import json

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.eval import formats
from sage_inspect.eval.read_traces import read_traces
from sage_inspect.schema import Trace

from .traces import own_lines, raw, trace


def read(*paths, **options):
    told: list[str] = []
    found = [(r.line, r.trace.run, r.trace.complete) for r in read_traces(paths, complain=told.append, **options)]
    return found, told


def whole(run: str, **more) -> str:
    return json.dumps({**raw(), "run": run, **more}) + "\n"


def test_run_folders_files_and_folders_of_them(tmp_path):
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "trace.jsonl").write_text("".join(own_lines(run=name)))
    assert read(tmp_path) == ([(1, "a", True), (1, "b", True)], [])
    assert read(tmp_path / "a", tmp_path / "b" / "trace.jsonl") == ([(1, "a", True), (1, "b", True)], [])


def test_runs_written_one_after_the_other(tmp_path):
    file = tmp_path / "many.jsonl"
    file.write_text("".join([*own_lines(run="one"), "\n", *own_lines(run="two"), whole("three")]))
    lines = len(own_lines())
    assert read(file) == ([(1, "one", True), (lines + 2, "two", True), (2 * lines + 2, "three", True)], [])
    assert read(file, skip=lambda path, line: line != lines + 2)[0] == [(lines + 2, "two", True)]
    assert next(iter(read_traces([file]))).trace.steps == trace().steps


def test_what_a_kill_left_is_read_up_to_there(tmp_path):
    file = tmp_path / "trace.jsonl"
    file.write_text("".join(own_lines())[:-40])
    found, told = read(file)
    assert found == [(1, "run-1", False)] and len(told) == 1 and "cut off" in told[0]


def test_unusable_lines_are_told_and_the_rest_goes_on(tmp_path):
    file = tmp_path / "traces.jsonl"
    nan = whole("nan").replace('"score": 0.9,', '"score": NaN,', 1)
    file.write_text("".join([
        whole("a"), "{broken\n", "[1]\n", whole("old", version=7), nan, whole("odd", colour="red"), '"x"\n',
        "[" * 100_000 + "\n", whole("z"),
    ]))  # fmt: skip
    found, told = read(file)
    assert [run for _, run, _ in found] == ["a", "z"]
    assert len(told) == 7 and all("\n" not in line for line in told)
    for number, words in (
        (2, "no JSON"),
        (3, "no JSON object"),
        (4, "trace version 7"),
        (5, "NaN is no number"),
        (6, "colour"),
    ):
        assert any(line.startswith(f"{file}:{number}: ") and words in line for line in told), (number, told)


def test_a_broken_line_inside_a_run_ends_that_run_only(tmp_path):
    lines = own_lines(run="hurt")
    (tmp_path / "trace.jsonl").write_text("".join([*lines[:4], "{\n", *lines[4:], *own_lines(run="well")]))
    found, told = read(tmp_path)
    assert [(run, complete) for _, run, complete in found] == [("hurt", False), ("well", True)] and len(told) == 1


def test_what_does_not_exist_is_refused(tmp_path):
    for path, words in ((tmp_path / "no", "no such file"), (tmp_path, "no trace.jsonl")):
        with pytest.raises(BadInput, match=words):
            list(read_traces([path]))
    with pytest.raises(BadInput, match="no importer"):
        list(read_traces([tmp_path], format="nobody"))


def test_importers_have_names(tmp_path):
    def mine(path):
        yield Trace(run=path.name, source="mine")
        raise BadInput(str(path), "the second is broken", "mend it")

    formats.register_importer("mine")(mine)
    try:
        with pytest.raises(ValueError, match="registered already"):
            formats.register_importer("mine")(mine)
        assert read(tmp_path, format="mine") == (
            [(1, tmp_path.name, True)], [f"{tmp_path}: the second is broken; mend it"],
        )  # fmt: skip
    finally:
        del formats.IMPORTERS["mine"]


def test_progress_adds_up_to_the_file(tmp_path):
    file = tmp_path / "t.jsonl"
    file.write_text(whole("a") + "{\n" + whole("b"))
    moved: list[int] = []
    list(read_traces([file], complain=lambda line: None, moved=moved.append))
    assert sum(moved) == file.stat().st_size
