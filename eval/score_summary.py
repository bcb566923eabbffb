"""What many traces' scores come to: means with their coverage, outcomes, first errors; as a summary and as CSV."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import Field

from ..schema import Noun
from .metrics import METRICS
from .score_run import PlacedScore
from .scores import TraceScore

AXES = ("mle", "mle_identification", "mle_localization", "mle_logic")
"""S and its three axes, 1..5."""


class Mean(Noun):
    """A mean over the traces that have a value, beside the share of traces that do.

    Attributes:
        mean: None where no trace has a value; scored: how many have; coverage: their share of all, 0..1.
    """

    mean: float | None
    scored: int
    coverage: float


class Summary(Noun):
    """What a set of traces came to.

    Attributes:
        traces: how many; means: by name (`mle` and its axes 1..5, metrics 0..1, what judges added).
        outcomes: counts of `right`, `wrong`, `abstained`, and `unlabelled`.
        right_for_wrong_reason: how many of the right ones.
        without_error: traces in which no check found an error; first_errors: by check, how often it
            found a trace's first error; faults: traces in which a check found anything, by check.
        calls, tokens, seconds: added up.
    """

    traces: int
    means: dict[str, Mean]
    outcomes: dict[str, int] = Field(default_factory=dict)
    right_for_wrong_reason: int = 0
    without_error: int = 0
    first_errors: dict[str, int] = Field(default_factory=dict)
    faults: dict[str, int] = Field(default_factory=dict)
    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0


def summarise_scores(rows: Iterable[TraceScore]) -> Summary:
    """Summarise scores in one pass and flat memory."""
    sums: dict[str, list[float]] = {name: [0.0, 0] for name in (*AXES, *METRICS)}
    outcomes, first, faults = Counter[str](), Counter[str](), Counter[str]()
    traces = wrong_reason = clean = calls = tokens = 0
    seconds = 0.0
    for row in rows:
        traces += 1
        for name, value in _values(row):
            kept = sums.setdefault(name, [0.0, 0])
            if value is not None:
                kept[0] += value
                kept[1] += 1
        outcomes[row.outcome or "unlabelled"] += 1
        wrong_reason += bool(row.right_for_wrong_reason)
        error = first_fault(row)
        clean += error is None
        if error is not None:
            first[error] += 1
        faults.update({c.name for c in row.checks})
        calls += row.usage.calls
        tokens += row.usage.input_tokens + row.usage.output_tokens
        seconds += row.usage.seconds
    means = {
        name: Mean(
            mean=round(total / count, 6) if count else None,
            scored=int(count),
            coverage=round(count / traces, 6) if traces else 0.0,
        )
        for name, (total, count) in sums.items()
    }
    return Summary(
        traces=traces,
        means=means,
        outcomes=dict(outcomes.most_common()),
        right_for_wrong_reason=wrong_reason,
        without_error=clean,
        first_errors=dict(first.most_common()),
        faults=dict(faults.most_common()),
        calls=calls,
        tokens=tokens,
        seconds=round(seconds, 3),
    )


def first_fault(row: TraceScore) -> str | None:
    """Name of the check that found the trace's first error; None where there is none."""
    return next((c.name for c in row.checks if c.severity == "error"), None)


def write_csv(path: Path, rows: Iterable[PlacedScore], names: Iterable[str]) -> None:
    """One row a trace: where it lies, outcome, axes, metrics (`names`), first error, cost; unscored cells are empty."""
    columns = list(names)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        cost = ("steps", "calls", "input_tokens", "output_tokens", "seconds", "abstained")
        head = ("path", "line", "trace", "source", "outcome", "right_for_wrong_reason")
        writer.writerow((*head, *columns, "first_error", "first_check", "errors", "warnings", *cost))
        for row in rows:
            values = dict(_values(row))
            errors = sum(c.severity == "error" for c in row.checks)
            told = (row.path, row.line, row.trace, row.source, row.outcome, row.right_for_wrong_reason)
            numbers = [None if values.get(c) is None else round(float(values[c] or 0), 6) for c in columns]
            ends = (row.first_error, first_fault(row), errors, len(row.checks) - errors)
            spent = [getattr(row.usage, name) for name in cost]
            writer.writerow([_cell(v) for v in (*told, *numbers, *ends, *spent)])


def _values(row: TraceScore) -> Iterator[tuple[str, float | None]]:
    yield "mle", row.score
    yield "mle_identification", row.identification
    yield "mle_localization", row.localization
    yield "mle_logic", row.logic
    for score in row.scores:
        if not score.subject:
            yield (score.name if score.annotator == "code" else f"{score.name} ({score.annotator})"), score.value


def _cell(value: Any) -> Any:
    """A cell that a spreadsheet does not take for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value
