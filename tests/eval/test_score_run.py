"""Scores are written as they come; a run that was killed goes on, and nothing is scored twice."""

from __future__ import annotations

import json

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.eval.read_traces import read_traces
from sage_inspect.eval.score_run import ScoreRun
from sage_inspect.eval.score_trace import score_trace

from .traces import raw, trace


def many(tmp_path, count=4):
    file = tmp_path / "traces.jsonl"
    file.write_text("".join(json.dumps({**raw(), "run": f"run-{i}"}) + "\n" for i in range(count)))
    return file


def work(run, file):
    told = []
    reads = read_traces([file], skip=run.scored, complain=told.append)
    return [row.trace for row in run.score(reads, complain=told.append)], told


def test_a_killed_run_goes_on(tmp_path):
    file, out = many(tmp_path), tmp_path / "out"
    assert work(ScoreRun(out, {}), file)[0] == ["run-0", "run-1", "run-2", "run-3"]
    lines = (out / "scores.jsonl").read_text().splitlines(keepends=True)
    (out / "scores.jsonl").write_text("".join(lines[:2]) + lines[2][:50])  # killed while it wrote the third
    again = ScoreRun(out, {})
    assert again.before == 2 and work(again, file)[0] == ["run-2", "run-3"]
    assert (out / "scores.jsonl").read_text() == "".join(lines)
    assert work(ScoreRun(out, {}), file)[0] == []


def test_a_row_is_the_score_and_its_place(tmp_path):
    file = many(tmp_path, 1)
    run = ScoreRun(tmp_path / "out", {})
    work(run, file)
    (row,) = run.rows()
    assert (row.path, row.line) == (str(file), 1)
    score = score_trace(trace()).model_dump()
    assert row.model_dump(exclude={"path", "line", "case", "cluster"}) == {**score, "trace": "run-0"}


def test_other_settings_are_refused(tmp_path):
    ScoreRun(tmp_path, {"labels": None})
    with pytest.raises(BadInput, match="other labels"):
        ScoreRun(tmp_path, {"labels": "abc"})
