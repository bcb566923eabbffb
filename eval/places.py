"""Places on the 3 x 3 grid that prompts and answers use: reading them from text, and which of them a box lies in."""

from __future__ import annotations

import re

from ..prompts import PLACES, place
from ..schema import Box

ROWS = ("upper", "centre", "lower")
COLUMNS = ("left", "centre", "right")
_ROW = {"upper": "upper", "top": "upper", "lower": "lower", "bottom": "lower"}
_WORDS = re.compile(
    r"\b(?:(upper|top|lower|bottom|cent(?:re|er)|middle)[ -](left|cent(?:re|er)|middle|right)"
    r"|(?:at the|^|:) ?(cent(?:re|er)|middle)\b(?! of (?!the (?:test )?(?:image|picture)))"
    r"(?![ -](?:left|right|cent|middle))"
    r"|(?:in|near) the (cent(?:re|er)|middle) of the (?:test )?(?:image|picture))",
    re.IGNORECASE,
)


def read_places(text: str) -> tuple[str, ...]:
    """The places a text names, in order, each once; `top` and `center` are understood.

    A lone `centre` counts after `at the` or a colon, at the beginning, or where it is said to be the image's: the
    middle of a mark is no place of the image.
    """
    found = []
    for match in _WORDS.finditer(text):
        row, column = match.group(1), match.group(2)
        if row is None:  # a lone centre
            found.append("centre")
        else:
            found.append(_name(_ROW.get(row.lower(), "centre"), column.lower()))
    return tuple(dict.fromkeys(found))


def _name(row: str, column: str) -> str:
    column = column if column in ("left", "right") else "centre"
    return "centre" if row == column == "centre" else f"{row} {column}"


def cell(place: str) -> tuple[int, int]:
    """Row and column of a place, 0..2 each."""
    index = PLACES.index(place)
    return index // 3, index % 3


def near(first: str, second: str) -> bool:
    """True where two places are the same or neighbours, corners included."""
    (r, c), (s, d) = cell(first), cell(second)
    return abs(r - s) <= 1 and abs(c - d) <= 1


def places_of(box: Box, width: int, height: int) -> tuple[str, ...]:
    """The places that are right for a box in a `width` x `height` image.

    The first is the cell of its centre (`prompts.place`); a cell that holds at least a third of its area counts too,
    because a box across a line of the grid has no single right name.
    """
    first = place(box, width, height)
    also = []
    for index, name in enumerate(PLACES):
        row, column = divmod(index, 3)
        x = max(0.0, min(box.x2, (column + 1) * width / 3) - max(box.x1, column * width / 3))
        y = max(0.0, min(box.y2, (row + 1) * height / 3) - max(box.y1, row * height / 3))
        if name != first and 3 * x * y >= max(1, box.area):
            also.append(name)
    return (first, *also)
