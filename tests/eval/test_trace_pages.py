"""The report's index: the worst traces first, linked to their pages."""

from __future__ import annotations

import re

from sage_inspect.eval.read_traces import read_traces
from sage_inspect.eval.score_run import ScoreRun
from sage_inspect.eval.score_summary import summarise_scores
from sage_inspect.eval.trace_pages import write_pages

from .test_score_run import many, work


def test_an_index_links_the_worst(tmp_path):
    file, out = many(tmp_path, 3), tmp_path / "out"
    text = file.read_text().splitlines(keepends=True)
    text[1] = text[1].replace('"verdict": "anomalous"', '"verdict": "normal"')
    file.write_text("".join(text))
    run = ScoreRun(out, {})
    work(run, file)
    write_pages(run, [file], summarise_scores(run.rows()), most=1)
    pages = [p.name for p in (out / "traces").iterdir()]
    assert pages == ["0001-run-1.html"]
    index = (out / "index.html").read_text()
    assert re.findall(r'href="traces/([^"]*)"', index) == pages and index.index("run-1<") < index.index("run-0<")
    assert [r.trace.run for r in read_traces([file])] == ["run-0", "run-1", "run-2"]
