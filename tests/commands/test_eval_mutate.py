"""`eval mutate` and `eval sensitivity` on a trace written to disk."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sage_inspect.cli import cli
from sage_inspect.errors import BadInput
from sage_inspect.schema import Trace

from ..eval.conftest import build_labels, build_trace


@pytest.fixture
def files(tmp_path):
    """A JSONL of whole traces, and its labels."""
    traces, labels = tmp_path / "traces.jsonl", tmp_path / "labels.jsonl"
    lines = [build_trace().model_copy(update={"run": f"r{i}"}) for i in range(2)]
    traces.write_text("".join(t.model_dump_json() + "\n" for t in lines))
    known = build_labels().model_dump(mode="json")
    labels.write_text("".join(json.dumps({"trace": t.run, **known}) + "\n" for t in lines))
    return traces, labels


def run(*words):
    return CliRunner().invoke(cli, ["eval", *map(str, words)], catch_exceptions=True)


def test_mutate_writes_one_mutant_a_line(files, tmp_path):
    done = run("mutate", files[0], "--labels", files[1], "--out", tmp_path / "out", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    lines = [json.loads(line) for line in (tmp_path / "out" / "mutants.jsonl").read_text().splitlines()]
    assert told["traces"] == 2 and sum(told["mutants"].values()) == len(lines) and len(told["mutants"]) == 9
    assert {line["of"] for line in lines} == {"r0", "r1"}
    assert Trace.model_validate(lines[0]["trace"]).run == "r0" and lines[0]["labels"]["label"] == "anomalous"


def test_eval_trace_scores_what_mutate_wrote(files, tmp_path):
    """Each mutant is a trace with its name, scored with the labels that its line holds; the planted faults show."""
    mutants, out = tmp_path / "mutants" / "mutants.jsonl", tmp_path / "out"
    assert run("mutate", files[0], "--labels", files[1], "--out", mutants.parent).exit_code == 0
    done = run("trace", mutants, "--out", out, "--reports", 2, "--json")
    assert done.exit_code == 0 and done.stderr == "", done.output
    written = [json.loads(line) for line in mutants.read_text().splitlines()]
    scored = {row["trace"]: row for row in map(json.loads, (out / "scores.jsonl").read_text().splitlines())}
    assert list(scored) == [f"{line['of']}: {line['variant']}" for line in written]
    summary = json.loads(done.stdout)
    assert summary["means"]["identification"]["coverage"] == 1.0, "the labels are known"
    for line in written:  # a box that is moved a little is no error
        first = scored[f"{line['of']}: {line['variant']}"].get("first_error")
        assert first == line["step"] or line["strength"] is not None, line["variant"]
    assert len(list((out / "traces").iterdir())) == 2
    again = run("trace", mutants, "--out", out)
    assert f"{len(written)} of them scored before" in again.stdout


def test_sensitivity_tells_a_table_goes_on_and_closes_gates(files, tmp_path):
    words = ("sensitivity", files[0], "--labels", files[1], "--out", tmp_path / "out")
    done = run(*words, "--fail-under", "detected=0.98", "--fail-under", "located=0.95", "--fail-under", "quiet=0.97")
    assert done.exit_code == 0, done.output
    assert "verdict-only" in done.stdout and "contradiction inserted" in done.stdout
    again = run(*words, "--json", "--fail-under", "held=1.01")
    assert again.exit_code == 1 and "gate: held" in again.stderr
    found = json.loads(again.stdout)
    assert found["traces"] == 2 and found["worst"]["sage-inspect"]["detected"] == 1.0
    assert found["worst"]["constant"] == {"detected": 0.0, "located": 0.0, "quiet": 1.0, "held": 1.0, "monotone": 0.0}


def test_a_scorer_of_ones_own(files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_scorer_of_tests.py").write_text("def score(trace):\n    return {'steps': len(trace.steps)}\n")
    words = (
        "sensitivity",
        files[0],
        "--scorer",
        "python:my_scorer_of_tests.score",
        "--out",
        tmp_path / "out",
        "--json",
    )
    done = run(*words)
    assert done.exit_code == 0, done.output
    dropped = [f for f in json.loads(done.stdout)["families"] if f["family"] == "evidence step dropped"]
    assert dropped[0]["detected"]["value"] == 1.0, "fewer steps"


@pytest.mark.parametrize("gate", ["detected", "detected=x", "speed=1"])
def test_a_gate_that_is_none(files, tmp_path, gate):
    done = run("sensitivity", files[0], "--out", tmp_path / "out", "--fail-under", gate)
    assert isinstance(done.exception, BadInput) and "NAME=VALUE" in str(done.exception)


def test_no_trace_at_all(tmp_path):
    (tmp_path / "none.jsonl").write_text("")
    for command in ("mutate", "sensitivity"):
        done = run(command, tmp_path / "none.jsonl", "--out", tmp_path / command)
        assert isinstance(done.exception, BadInput), done.output
