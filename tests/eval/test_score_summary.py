"""Means with their coverage, computed by hand, and a table that a spreadsheet reads safely."""

from __future__ import annotations

import json

import pytest

from sage_inspect.eval.score_run import ScoreRun
from sage_inspect.eval.score_summary import summarise_scores, write_csv
from sage_inspect.eval.score_trace import score_trace
from sage_inspect.schema import Trace

from .test_score_run import work
from .traces import LABELS, raw, trace


def test_a_summary_tells_coverage_beside_every_mean(tmp_path):
    wrong = raw()
    wrong["verdict"]["verdict"] = "normal"
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
