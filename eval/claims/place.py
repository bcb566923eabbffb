"""Where in the image a sentence says that something is: coarse words and boxes, as foreign agents write them.

eval/places.py reads the exact wording that this package's own prompts ask for; this reads free text.
"""

from __future__ import annotations

import re

_ROW = {"upper": "upper", "top": "upper", "lower": "lower", "bottom": "lower"}
_MIDDLE = r"cent(?:re|er|ral)|middle|mid"
_PAIR = re.compile(
    rf"\b(upper|top|lower|bottom|{_MIDDLE})[ -/]?(?:and )?(left|right|{_MIDDLE})\b"
    rf"|\b(left|right)[ -](upper|top|lower|bottom|{_MIDDLE})\b",
    re.IGNORECASE,
)
_AREA = r"(?: \w+)?[ -](?:region|corner|quadrant|portion|part|side|half|area|section|edge|hemisphere|lobe|third|image)"
_SINGLE = re.compile(
    rf"\b(upper|top|lower|bottom|left|right|{_MIDDLE})(?:{_AREA}|(?= of the (?:image|query|frame|picture|lumen)))"
    r"|\b(?:at|near|in|on|towards?) the (top|bottom|left|right|cent(?:re|er)|middle)\b(?! of (?:its|this|that|each))",
    re.IGNORECASE,
)
_BOX = re.compile(r"[\[(]\s*(\d+(?:\.\d+)?)\s*,\s*(\d+(?:\.\d+)?)\s*,\s*(\d+(?:\.\d+)?)\s*,\s*(\d+(?:\.\d+)?)\s*[\])]")


def read_place(text: str) -> str:
    """The first place that `text` names, as in `Statement.place`; "" where it names none."""
    pair, single = _PAIR.search(text), _SINGLE.search(text)
    if pair is not None and (single is None or pair.start() <= single.end()):
        row, column = (pair.group(1), pair.group(2)) if pair.group(1) else (pair.group(4), pair.group(3))
        return _joined(_ROW.get(row.lower(), "centre"), column.lower())
    if single is not None:
        word = (single.group(1) or single.group(2)).lower()
        return _ROW.get(word, word if word in ("left", "right") else "centre")
    return ""


def read_box(text: str) -> tuple[float, float, float, float] | None:
    """The first four numbers in brackets, as written; None where there are none or they span no area."""
    for match in _BOX.finditer(text):
        x1, y1, x2, y2 = (float(n) for n in match.groups())
        if x2 > x1 and y2 > y1:
            return x1, y1, x2, y2
    return None


def _joined(row: str, column: str) -> str:
    column = column if column in ("left", "right") else "centre"
    return "centre" if row == column == "centre" else f"{row} {column}"
