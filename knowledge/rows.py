"""What the readers of facts hand on: a candidate, or a problem with its place."""

from __future__ import annotations

from typing import NamedTuple

from ..schema import Criterion


class Row(NamedTuple):
    """A candidate fact; "" (None for `allows` and `criterion`) where the file does not say. `origin` is `file#line`."""

    text: str
    origin: str
    object: str = ""
    kind: str = ""
    source: str = ""
    allows: tuple[str, ...] | None = None
    criterion: Criterion | None = None


class Problem(NamedTuple):
    """What could not be read: `where` is `file#line` (or `file#dataset/category/key`), `text` how it begins."""

    where: str
    reason: str
    text: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}" + (f" ('{self.text[:40]}')" if self.text else "")
