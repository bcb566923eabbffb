"""Tables of grades (CSV): one row a case, or one a case and rater; people's grades, or scores of any other tool.

Columns: `case` (or `id`, `trace`), then any figures by name (`identification`, `logic`, ...); optional `rater` and
`cluster` (what belongs together, e.g. the image). An empty cell is not graded. The long form has `case, axis, grade`
instead of one column a figure. Commas, semicolons and tabs part the columns.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..errors import BadInput

_CASE = ("case", "id", "trace")
_TEXT = (*_CASE, "rater", "cluster", "group")


class Graded(NamedTuple):
    """One row: grades by figure, None where a cell is empty."""

    case: str
    rater: str
    cluster: str
    grades: dict[str, float | None]


def read_grades(path: Path, *, low: float = -math.inf, high: float = math.inf) -> list[Graded]:
    """The rows of a table.

    Args:
        low, high: the ends of the scale; a grade beyond them is refused.

    Raises:
        BadInput: no such file, no column that names the case, a grade that is no number on the scale (with its line),
            or the same case, rater and figure graded twice.
    """
    found: dict[tuple[str, str], Graded] = {}
    for number, row in _rows(path):
        case = next((row[name].strip() for name in _CASE if row.get(name, "").strip()), "")
        if not case:
            raise BadInput(f"{path}:{number}", "the row names no case", "fill in the column `case`")
        rater, cluster = row.get("rater", "").strip(), (row.get("cluster") or row.get("group") or "").strip()
        known = found.setdefault((case, rater), Graded(case, rater, cluster, {}))
        for name, cell in _cells(row, path, number):
            if name in known.grades:
                raise BadInput(
                    f"{path}:{number}", f"{name} of case {case!r} is graded twice", "drop one, or name raters"
                )
            known.grades[name] = _number(cell, low, high, f"{path}:{number}, {name}")
    if not found:
        raise BadInput(str(path), "it holds no row", "give a table with a column `case` and one a figure")
    return list(found.values())


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            file.seek(0)
            parting = max(",;\t", key=head.count)
            reader = csv.DictReader(file, delimiter=parting, restval="")
            names = [name.strip().lower() for name in reader.fieldnames or ()]
            if not set(names) & set(_CASE):
                why = f"no column is called {', '.join(_CASE[:-1])} or {_CASE[-1]}"
                raise BadInput(str(path), why, "name the column of cases `case`")
            reader.fieldnames = names
            for row in reader:
                if None in row:
                    raise BadInput(f"{path}:{reader.line_num}", "the row has more cells than the head", "correct it")
                yield reader.line_num, row
    except OSError as error:
        raise BadInput(str(path), f"it cannot be read ({error.strerror})", "name a CSV file") from None
    except UnicodeDecodeError:
        raise BadInput(str(path), "this is no UTF-8 text", "save it as UTF-8") from None
    except csv.Error as error:
        raise BadInput(str(path), f"this is no CSV file ({error})", "name a CSV file") from None


def _cells(row: dict[str, str], path: Path, number: int) -> list[tuple[str, str]]:
    if "axis" in row and "grade" in row:
        if not row["axis"].strip():
            raise BadInput(f"{path}:{number}", "the row names no axis", "fill in the column `axis`")
        return [(row["axis"].strip().lower(), row["grade"])]
    return [(name, cell) for name, cell in row.items() if name and name not in _TEXT]


def _number(cell: str, low: float, high: float, where: str) -> float | None:
    if not cell.strip():
        return None
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or not low <= value <= high:
        scale = "" if math.isinf(low) else f" from {low:g} to {high:g}"
        raise BadInput(where, f"{cell.strip()!r} is no number{scale}", "correct it, or leave it empty")
    return value
