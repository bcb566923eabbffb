"""Candidate facts from MMAD's domain_knowledge.json: `{dataset: {category: {good | defect: text}}}` (formats.md)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import BadInput
from .ingest_text import text_rows
from .objects import normal_name
from .rows import Problem, Row
from .sentences import MAX_LENGTH

# Some texts hold several of these heads, each before a part of its own.
_HEAD = re.compile(r"<[^<>]{1,120}>\s*(?:Description:)?|^\s*Description:", re.IGNORECASE | re.MULTILINE)
_NO_TYPE = {"bad", "defective", "combined", "structural anomalies", "logical anomalies", "surface anomaly", "anomaly"}
"""Keys that name no defect type: their sentences stand without a prefix."""


def mmad_rows(data: dict[str, Any], file: Path, object: str | None) -> Iterable[Row | Problem]:
    """Sentences of all categories, or of those that `object` names; `good` gives kind normal, every other key defect.

    A sentence that does not name its defect type gets it in front ("broken teeth: the gap ..."), for it is read alone.

    Raises:
        BadInput: `object` is none of the categories.
    """
    wanted, found = normal_name(object or ""), False
    rows: list[Row | Problem] = []
    for dataset, categories in data.items():
        if not isinstance(categories, dict):
            rows.append(Problem(f"{file.name}#{dataset}", "not a dictionary of categories"))
            continue
        for category, entries in categories.items():
            name = normal_name(category)
            if wanted and name != wanted:
                continue
            found = True
            rows += _category(entries, f"{file.name}#{dataset}/{category}", name)
    if wanted and not found:
        raise BadInput(str(file), f"it holds nothing about '{wanted}'", "leave the object out to take everything")
    return rows


def _category(entries: Any, where: str, name: str) -> Iterable[Row | Problem]:
    if not isinstance(entries, dict):
        yield Problem(where, "not a dictionary of texts")
        return
    for key, text in entries.items():
        if not isinstance(text, str):
            yield Problem(f"{where}/{key}", "not a text")
            continue
        kind = "normal" if key == "good" else "defect"
        defect = re.sub(r"[\s_]+", " ", key).strip().lower()
        body = _HEAD.sub("\n\n", text)
        for row in text_rows(body, "", name, kind):
            sentence = row.text
            if kind == "defect" and defect not in _NO_TYPE:
                sentence = _named(sentence, defect)
            yield row._replace(text=sentence, origin=f"{where}/{key}")


def _named(sentence: str, defect: str) -> str:
    """`sentence` with its defect type in front, unless it says it already or would grow too long."""
    stems = [w[:4] for w in defect.split()]
    if all(s in sentence.lower() for s in stems) or len(sentence) + len(defect) + 2 > MAX_LENGTH:
        return sentence
    lower = sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() or sentence[1:2] == " " else sentence
    return f"{defect.capitalize()}: {lower}"
