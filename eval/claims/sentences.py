"""Free text cut into sentences, the same way each time: a sentence is named by its index in its field."""

from __future__ import annotations

import re

_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9])|\n+")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|cf|approx|Fig|fig|No|Nr|Dr|St)\.$")


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of `text`, stripped, none of them empty; line breaks end a sentence, `e.g.` does not."""
    found: list[str] = []
    start = 0
    for match in _END.finditer(text):
        piece = text[start : match.end()].strip()
        if _ABBREVIATION.search(piece) and "\n" not in match.group():
            continue
        if piece:
            found.append(piece)
        start = match.end()
    rest = text[start:].strip()
    return (*found, rest) if rest else tuple(found)
