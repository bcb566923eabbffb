"""`sage-inspect eval trace` as a user runs it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sage_inspect.cli import cli
from sage_inspect.errors import BadInput

from ..eval.traces import raw


@pytest.fixture
def traces(tmp_path, monkeypatch):
    monkeypatch.setenv("SAGE_INSPECT_HOME", str(tmp_path / "home"))
    file = tmp_path / "traces.jsonl"
    file.write_text(json.dumps(raw()) + "\n{broken\n" + json.dumps({**raw(), "run": "two"}) + "\n")
    (tmp_path / "labels.jsonl").write_text('{"image": "board.png", "label": "anomalous", "types": ["short"]}\n')
    return file


def run(*words):
    return CliRunner().invoke(cli, ["eval", "trace", *map(str, words)])


def test_scores_summary_and_report(traces, tmp_path):
    done = run(traces, "--labels", tmp_path / "labels.jsonl", "--out", tmp_path / "out", "--json")
    assert done.exit_code == 0 and done.stderr.count("\n") == 1 and f"{traces}:2: " in done.stderr
    summary = json.loads(done.stdout)
    assert summary["traces"] == 2 and summary["means"]["identification"] == {"mean": 1.0, "scored": 2, "coverage": 1.0}
    made = {p.name for p in (tmp_path / "out").iterdir()}
    assert made == {"scores.jsonl", "scores.csv", "summary.json", "index.html", "run.json", "traces"}
    again = run(traces, "--labels", tmp_path / "labels.jsonl", "--out", tmp_path / "out")
    assert again.exit_code == 0 and "2 traces (2 of them scored before)" in again.stdout


def test_gates(traces, tmp_path):
    assert run(traces, "--out", tmp_path / "o", "--fail-under", "grounding=1", "--fail-under", "mle=4.9").exit_code == 0
    low = run(traces, "--out", tmp_path / "o", "--fail-under", "mle=5.1")
    assert low.exit_code == 1 and "gate: mle is 5.0000, below 5.1" in low.stderr
    unscored = run(traces, "--out", tmp_path / "o", "--fail-under", "identification=0.1")
    assert unscored.exit_code == 1 and "identification is unscored" in unscored.stderr
    wrong = run(traces, "--out", tmp_path / "o", "--fail-under", "beauty=1")
    assert isinstance(wrong.exception, BadInput) and wrong.exception.exit_code == 2


def test_nothing_to_score_is_bad_input(tmp_path, monkeypatch):
    monkeypatch.setenv("SAGE_INSPECT_HOME", str(tmp_path / "home"))
    (tmp_path / "t.jsonl").write_text("{}\n")
    done = run(tmp_path / "t.jsonl", "--out", tmp_path / "out")
    assert isinstance(done.exception, BadInput) and "no trace in it could be scored" in str(done.exception)
