"""The HTML report of scored traces: an index, and a page for each of those that scored worst; offline files."""

from __future__ import annotations

import heapq
import os
import re
from collections.abc import Iterable
from pathlib import Path

from ..errors import RunFailed
from ..images import ImageStore
from .label_file import LabelFile
from .read_traces import read_traces
from .score_run import PlacedScore, ScoreRun
from .score_summary import AXES, Summary, first_fault
from .trace_page import template, trace_page

LISTED = 2000
"""Traces that the index lists, the worst first; `scores.csv` has them all."""


def write_pages(
    run: ScoreRun,
    paths: Iterable[Path],
    summary: Summary,
    *,
    most: int,
    format: str = "",
    labels: LabelFile | None = None,
    images: ImageStore | None = None,
) -> None:
    """Write `index.html` and up to `most` pages under `traces/` into the run's folder; memory stays flat.

    Raises:
        RunFailed: the folder cannot be written.
    """
    listed = heapq.nsmallest(max(LISTED, most), run.rows(), key=_worst)
    chosen = {(row.path, row.line): row for row in listed[: max(0, most)]}
    names = {place: _file_name(row, i) for i, (place, row) in enumerate(chosen.items(), start=1)}
    try:
        (run.folder / "traces").mkdir(exist_ok=True)
        wanted = read_traces(
            [p for p in paths if chosen] if chosen else [],
            format=format, skip=lambda path, line: (path, line) not in chosen, complain=lambda line: None,
        )  # fmt: skip
        for read in wanted:
            place = (read.path, read.line)
            truth = labels.truth(read) if labels is not None else read.labels
            html = trace_page(read.trace, chosen[place], labels=truth, images=images, back="../index.html")
            (run.folder / "traces" / names[place]).write_text(html, encoding="utf-8")
        rows = [
            {"score": row, "fault": first_fault(row), "page": names.get((row.path, row.line))}
            for row in listed[:LISTED]
        ]
        html = template("index.html").render(summary=summary, rows=rows, axes=AXES, total=summary.traces)
        (run.folder / "index.html").write_text(html, encoding="utf-8")
    except OSError as error:
        why = f"the report cannot be written ({error.strerror or error})"
        raise RunFailed(str(run.folder), why, "free space and run the same command again") from None


def _worst(row: PlacedScore) -> tuple[bool, float, float, str, int]:
    """Sorts traces with errors first, then by score."""
    errors = sum(c.severity == "error" for c in row.checks)
    return not errors, row.score if row.score is not None else 6.0, -errors, row.path, row.line


def _file_name(row: PlacedScore, number: int) -> str:
    return f"{number:04d}-{re.sub(r'[^A-Za-z0-9_-]+', '-', os.path.basename(row.trace))[:60] or 'trace'}.html"
