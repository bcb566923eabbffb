"""Candidate facts from a table: a column of sentences, and columns that say what they are about."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

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
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = [cell.strip().lower() for cell in next(reader, [])]
    places = {key: next((header.index(n) for n in names if n in header), None) for key, names in _NAMES.items()}
    if places["text"] is None:
        raise BadInput(name, f"no column is called 'text' (there are: {', '.join(header)[:80]})", "name one so")

    def cell(row: list[str], key: str) -> str:
        place = places[key]
        return " ".join(row[place].split()) if place is not None and place < len(row) else ""

    while True:
        where = f"{name}#{reader.line_num + 1}"
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Problem(where, f"not a row ({error})")
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
