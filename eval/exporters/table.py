"""A trace as one flat row: JSON lines or CSV, both of which pandas reads (`pd.read_json(path, lines=True)`)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...errors import BadInput
from ...schema import Trace
from ..failures import signs_of
from ..process import process_parts, process_score
from ..scores import TraceScore

METRICS = (
    "identification", "localization", "detection", "entailment", "grounding", "faithfulness", "consistency", "coverage",
    "order", "efficiency", "heat",
)  # fmt: skip
"""The metrics of eval/scores.py, one column each."""


def row_of(trace: Trace, score: TraceScore | None = None) -> dict[str, Any]:
    """One row, the same columns for every trace; what is unscored is None, never 0.

    Columns: what the trace is, its verdict, its cost, the process score with its parts and signs, and the score vector
    (`axis_...` 1..5, `metric_...` 0..1), None without a `score`.
    """
    verdict = trace.verdict
    row: dict[str, Any] = {
        "run": trace.run, "source": trace.source, "created": trace.created, "complete": trace.complete,
        "verdict": verdict.verdict if verdict else None, "probability": verdict.probability if verdict else None,
        "steps": len(trace.steps), "calls": sum(s.calls for s in trace.steps),
        "tokens": sum(sum(s.tokens.values()) for s in trace.steps), "ms": sum(s.ms for s in trace.steps),
        "claims": sum(len(s.claims) for s in trace.steps), "errors": sum(bool(s.error) for s in trace.steps),
        "process": process_score(trace).value,
        **{f"process_{k}": v for k, v in process_parts(trace).items()},
        "signs": " ".join(dict.fromkeys(c.name for c in signs_of(trace))),
    }  # fmt: skip
    told = score.model_dump(include={"outcome", "right_for_wrong_reason", "first_error"}) if score else {}
    row |= {k: told.get(k) for k in ("outcome", "right_for_wrong_reason", "first_error")}
    axes = ("identification", "localization", "logic")
    row |= {f"axis_{k}": getattr(score, k) if score else None for k in axes}
    row |= {"score": score.score if score else None}
    return row | {f"metric_{k}": score.value(k) if score else None for k in METRICS}


def write_table(traces: Iterable[tuple[Trace, TraceScore | None]], path: Path) -> int:
    """Write a row a trace, as they come, to `path` (`.jsonl` or `.csv`); tells how many rows.

    Raises:
        BadInput: another ending.
    """
    if path.suffix not in (".jsonl", ".csv"):
        raise BadInput(str(path), "a table is written as JSON lines or CSV", "name a .jsonl or .csv file")
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        columns = list(row_of(Trace(run="")))
        table = csv.DictWriter(file, columns) if path.suffix == ".csv" else None
        if table is not None:
            table.writeheader()
        for trace, score in traces:
            row = row_of(trace, score)
            if table is not None:
                table.writerow(row)
            else:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count
