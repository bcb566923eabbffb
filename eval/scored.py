"""Scored sets as `eval` leaves them, read back into one shape: a row a case, with its figures by name.

Read are folders of `eval answers` (`answers.jsonl`) and `eval trace` (`scores.jsonl`), such files by name, and tables
of any other tool (`grade_table.py`). Figures named in `AXES`, and a judge's (`judge_...`), are grades from 1 to 5; all
other figures of ours are 0..1, but for `LOWER_IS_BETTER`, which are counts and seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import BadInput
from .accuracy import group_right
from .grade_table import read_grades
from .predictions.prediction import json_lines
from .scores import TraceScore

FILES = ("answers.jsonl", "scores.jsonl")
AXES = ("identification", "localization", "logic", "score")
LOWER_IS_BETTER = frozenset(
    ("steps", "calls", "input_tokens", "output_tokens", "seconds", "abstained", "right_for_wrong_reason")
)
_ANSWER = (
    "identification", "localization", "logic", "score", "similarity",
    "judge_identification", "judge_localization", "judge_logic", "judge_score",
)  # fmt: skip


class ScoredRow(NamedTuple):
    """One scored case.

    Attributes:
        case: what two sets are paired by; cluster: what belongs together in intervals.
        values: by figure, None where unscored.
        about: what was asked, so that two sets whose names agree by accident are told apart; "" where unknown.
        entry: it stands for all questions of an entry at one level (Acc-G), and is no case of its own.
    """

    case: str
    cluster: str
    values: dict[str, float | None]
    about: str = ""
    entry: bool = False


def read_scored(path: Path) -> list[ScoredRow]:
    """The rows of a scored set.

    Raises:
        BadInput: nothing there that is one, or a line that does not fit.
    """
    path = Path(path)
    if path.is_dir():
        inside = [path / name for name in FILES if (path / name).exists()]
        if not inside:
            raise BadInput(str(path), f"it holds no {' or '.join(FILES)}", "name a folder that eval has written")
        path = inside[0]
    if path.suffix.lower() in (".csv", ".tsv"):
        return [ScoredRow(g.case, g.cluster or g.case, dict(g.grades)) for g in read_grades(path)]
    rows = [_row(raw, f"{path}:{number}") for number, raw in json_lines(path)]
    if not rows:
        raise BadInput(str(path), "it holds no scored line", "name a file that eval has written")
    return rows + _entries(rows)


def trace_row(score: TraceScore, case: str = "", cluster: str = "") -> ScoredRow:
    """The figures of a scored trace; its metrics that are named like an axis are called `metric_<name>`."""
    values: dict[str, float | None] = {axis: getattr(score, axis) for axis in AXES}
    values["right"] = None if score.outcome in (None, "abstained") else float(score.outcome == "right")
    if score.right_for_wrong_reason is not None:
        values["right_for_wrong_reason"] = float(score.right_for_wrong_reason)
    values["error_free"] = float(score.first_error is None)
    for one in score.scores:
        if one.subject:
            continue
        if one.name.startswith("judge_"):
            values[one.name] = None if one.value is None else 1 + 4 * one.value
        else:
            values[f"metric_{one.name}" if one.name in AXES else one.name] = one.value
    values |= {name: float(value) for name, value in score.usage.model_dump().items()}
    return ScoredRow(case or score.trace, cluster or case or score.trace, values)


def as_grade(name: str, value: float) -> float:
    """A figure on the scale from 1 to 5: grades as they are, 0..1 as `1 + 4 v`."""
    return value if name in AXES or name.startswith("judge_") else 1 + 4 * value


def _row(raw: Mapping[str, Any], where: str) -> ScoredRow:
    try:
        if "answer" in raw and "question" in raw:
            right = raw["right"]
            values = {name: _figure(raw.get(name)) for name in _ANSWER}
            if raw["truth"] is not None:
                values |= {"accuracy": _figure(right), "accuracy_strict": float(right is True)}
            group = str(raw["group"])
            return ScoredRow(str(raw["id"]), group, values, f"{raw.get('level', '')}\n{raw['question']}")
        if "trace" in raw and "scores" in raw:
            score = TraceScore.model_validate({k: v for k, v in raw.items() if k in TraceScore.model_fields})
            return trace_row(score, str(raw.get("case") or ""), str(raw.get("cluster") or ""))
    except (KeyError, ValueError, TypeError) as error:
        first = str(error).splitlines()[0]
        raise BadInput(where, f"this is no scored line ({first})", "name a file that eval has written") from None
    raise BadInput(where, "this is neither a scored answer nor a scored trace", "name a file that eval has written")


def _figure(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value)
    if number != number:
        raise ValueError("a figure is NaN")
    return number


def _entries(rows: Iterable[ScoredRow]) -> list[ScoredRow]:
    """Acc-G of scored answers: a row an entry, a group at one level."""
    entries: dict[tuple[str, str], list[bool | None]] = {}
    for row in rows:
        if "accuracy_strict" in row.values:
            right = row.values["accuracy"]
            key = row.cluster, row.about.split("\n")[0]
            entries.setdefault(key, []).append(None if right is None else bool(right))
    found = []
    for (group, level), rights in entries.items():
        right = group_right(rights)
        values = {"acc_g": None if right is None else float(right), "acc_g_strict": float(right is True)}
        found.append(ScoredRow(f"all questions of {group}, {level}", group, values, level, True))
    return found
