"""Scores are written as they come; a run that was killed goes on, and nothing is scored twice."""

from __future__ import annotations

import json

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.eval.read_traces import read_traces
from sage_inspect.eval.score_run import ScoreRun
from sage_inspect.eval.score_summary import summarise_scores, write_csv
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
    assert row.model_dump(exclude={"path", "line"}) == {**score, "trace": "run-0"}


def test_other_settings_are_refused(tmp_path):
    ScoreRun(tmp_path, {"labels": None})
    with pytest.raises(BadInput, match="other labels"):
        ScoreRun(tmp_path, {"labels": "abc"})


def test_a_summary_tells_coverage_beside_every_mean(tmp_path):
    wrong = raw()
    wrong["verdict"]["verdict"] = "normal"
    from sage_inspect.schema import Trace

    from .traces import LABELS

    rows = [
        score_trace(trace(), labels=LABELS),
        score_trace(trace(wrong), labels=LABELS),
        score_trace(Trace(run="empty")),
    ]
    found = summarise_scores(rows)
    assert found.traces == 3 and found.outcomes == {"right": 1, "wrong": 1, "unlabelled": 1}
    # right with its type 1, wrong with a type that is there .25, the empty one unscored
    assert (found.means["identification"].mean, found.means["identification"].scored) == (0.625, 2)
    assert found.means["identification"].coverage == pytest.approx(2 / 3, abs=1e-6)
    assert found.means["mle_logic"].mean == 3  # 5 and 1
    assert found.first_errors == {"conclusion_not_entailed": 1} and found.without_error == 2


def test_a_csv_leaves_unscored_cells_empty_and_runs_no_formula(tmp_path):
    file = tmp_path / "traces.jsonl"
    file.write_text(json.dumps({**raw(), "run": "=1+1"}) + "\n")
    run = ScoreRun(tmp_path / "out", {})
    work(run, file)
    write_csv(tmp_path / "s.csv", run.rows(), ("mle", "identification", "order"))
    head, row = [line.split(",") for line in (tmp_path / "s.csv").read_text().splitlines()]
    told = dict(zip(head, row, strict=True))
    assert (told["trace"], told["mle"], told["identification"], told["order"]) == ("'=1+1", "5.0", "", "1.0")
