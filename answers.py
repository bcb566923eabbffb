"""Reading a model's answer, strictly: what cannot be parsed is None, never a default (design.md, Promises).

The grammar, the same for every model (prompts.py asks for it, finetune/ trains on it):

    True. Short: extra copper joins two conductors at the upper left [R1] [F2].
    False. No defect: the copper agrees with the golden image [R1].
    False. Pin-hole, allowed: a criterion permits it [R1] [F3].
"""

from __future__ import annotations

import re
from typing import NamedTuple

_HEAD = re.compile(r"^\W*(true|false|yes|no)\b[\s.,:;!-]*", re.IGNORECASE)
_TYPE = re.compile(r"^(?P<type>[A-Za-z][A-Za-z0-9 /-]{1,38}?)(?P<allowed>,\s*(?:allowed|permitted|acceptable))?\s*:\s+")
_CITED = re.compile(r"\[([FR]\d{1,3})\]")
_NOT_TYPES = {"no defect", "none", "no defects", "reason", "normal", "because", "answer", "note", "type"}


class Answer(NamedTuple):
    """An answer in parts.

    Attributes:
        value: True or False where the answer says so, None where it could not be read.
        type: the defect type it names (lower case), or None.
        allowed: it names a type and says that it is permitted.
        text: the reason, citations left in.
        regions, facts: cited ids in order, each once.
    """

    value: bool | None
    type: str | None
    allowed: bool
    text: str
    regions: tuple[str, ...]
    facts: tuple[str, ...]


def parse_answer(words: str) -> Answer:
    """Read an answer by the grammar above; a yes/no head in Yes/No form is accepted as well."""
    line = " ".join(words.split())
    head = _HEAD.match(line)
    value = None if head is None else head.group(1).lower() in ("true", "yes")
    rest = line[head.end() :] if head else line
    match = _TYPE.match(rest) if head else None
    kind = match.group("type").strip().lower() if match else None
    if kind in _NOT_TYPES:
        kind = None
    cited = list(dict.fromkeys(_CITED.findall(line)))
    return Answer(
        value=value,
        type=kind,
        allowed=bool(kind and match and match.group("allowed")),
        text=rest,
        regions=tuple(c for c in cited if c[0] == "R"),
        facts=tuple(c for c in cited if c[0] == "F"),
    )
