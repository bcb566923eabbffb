"""Candidate facts from a table: a column of sentences, and columns that say what they are about."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from ..errors import BadInput
from .rows import Problem, Row

_NAMES = {
    "text": ("text", "fact", "sentence", "description", "criterion"),
    "object": ("object", "part", "product", "item"),
    "kind": ("kind",),
    "source": ("source",),
    "allows": ("allows",),
}


def csv_rows(text: str, name: str) -> Iterator[Row | Problem]:
    """One candidate a row; a row's origin is `name#row`, counted in lines from 1 (the header's).

    The first row names the columns: `text` (or fact, sentence, description, criterion), and if there are any `object`
    (part, product, item), `kind`, `source`, `allows` (types with `|` between); others are ignored. Commas, semicolons,
    tabs or bars between the cells are told by the header.

    Raises:
        BadInput: no column of sentences.
    """
    lines = io.StringIO(text, newline="").readlines()
    delimiter = max(",;\t|", key=(lines[0] if lines else "").count)
    rows = _rows(lines, delimiter)
    _, first = next(rows, (1, []))
    header = [cell.strip().lower() for cell in first] if isinstance(first, list) else []
    places = {key: next((header.index(n) for n in names if n in header), None) for key, names in _NAMES.items()}
    if places["text"] is None:
        raise BadInput(name, f"no column is called 'text' (there are: {', '.join(header)[:80]})", "name one so")

    def cell(row: list[str], key: str) -> str:
        place = places[key]
        return " ".join(row[place].split()) if place is not None and place < len(row) else ""

    for number, row in rows:
        where = f"{name}#{number}"
        if isinstance(row, str):
            yield Problem(where, f"not a row ({row})", lines[number - 1].strip()[:80])
            continue
        if not any(c.strip() for c in row):
            continue
        if not cell(row, "text"):
            yield Problem(where, "its text is empty", delimiter.join(row)[:80])
            continue
        allows = tuple(a.strip() for a in cell(row, "allows").split("|") if a.strip())
        yield Row(
            text=cell(row, "text"),
            origin=where,
            object=cell(row, "object"),
            kind=cell(row, "kind").lower(),
            source=cell(row, "source").lower(),
            allows=allows or None,
        )


def _rows(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Rows with the number of their first line, or why one cannot be read; the next line is then read anew.

    So a quotation mark that is never closed costs its own line, not all that follow.
    """
    start = 0
    while start < len(lines):
        reader = csv.reader(lines[start:], delimiter=delimiter, strict=True)
        done = 0
        try:
            for row in reader:
                yield start + done + 1, row
                done = reader.line_num
            return
        except csv.Error as error:
            yield start + done + 1, str(error)
            start += done + 1
