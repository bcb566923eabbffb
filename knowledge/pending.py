"""Which rows a write is about to change: after a kill only these have to be copied from Chroma to the mirror again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path


class Pending:
    """The note in `file`: of which write it is, and the rows that were begun, a line each."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def begin(self, before: str, now: str) -> None:
        """Start anew: the write `now` follows on the write `before`."""
        self.file.write_text(json.dumps([before, now]) + "\n")

    def add(self, collection: str, ids: Sequence[str]) -> None:
        """These rows are changed next."""
        with self.file.open("a") as out:
            out.write(json.dumps([collection, list(ids)]) + "\n")

    def read(self, before: str, now: str) -> dict[str, list[str]] | None:
        """The rows by collection that the write `now` began on top of `before`; None where the note is of others."""
        try:
            first, *lines = self.file.read_text().split("\n")
            if json.loads(first) != [before, now]:
                return None
        except (OSError, ValueError):
            return None
        rows: dict[str, list[str]] = {}
        for line in lines[
            :-1
        ]:  # behind the last line break stands nothing, or what was cut off before Chroma was asked
            collection, ids = json.loads(line)
            rows.setdefault(collection, []).extend(ids)
        return rows
