"""What an answer states, read from its text by rule: types, denial, places, causes and effects."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from ..answers import Answer
from .places import read_places

_DENIES = re.compile(r"^\W*(no (?:defect|fault|flaw|anomaly|damage)s?|none|normal|nothing)\b", re.IGNORECASE)
_NEXT = re.compile(r";\s*(?P<type>[A-Za-z][A-Za-z0-9 /-]{1,38}?)\s*:\s+")
_ASIDE = re.compile(r",\s*(?:and )?(?:not|rather than) (?:at|in|on|near) the\b[^,.;]*", re.IGNORECASE)
_CITED = re.compile(r"\s*\[[FR]\d{1,3}\]")
_CAUSE = re.compile(
    r"\b(?:caused by|due to|because of|(?:comes?|came|results?|stems?) from|result of|leads? to"
    r"|(?:which|it) (?:may|can|will|could)(?! be (?:seen|told|felt|found))|so that it)\b(?P<clause>[^.;,\[]*)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z]{4,}")
_EMPTY_WORDS = "that this with from which when where what have does them they into some more than very also"
_EMPTY = frozenset(_EMPTY_WORDS.split())
ENOUGH = 0.5
"""Share of a clause's content words that one recalled fact must hold to count as telling it."""


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """A type's name for comparing: lower case, hyphens and underscores as blanks."""
    return " ".join(name.lower().replace("-", " ").replace("_", " ").split())


def statements(answer: Answer) -> tuple[str, ...]:
    """The types an answer names as seen: before its first colon, and after each `;` of a list."""
    if answer.type is None:
        return ()
    return (answer.type, *(m.group("type").lower() for m in _NEXT.finditer(answer.text)))


def denies(answer: Answer) -> bool:
    """True where the reason says that there is no defect."""
    return answer.type is None and bool(_DENIES.match(answer.text))


def places_in(text: str) -> tuple[str, ...]:
    """The places that a reason names as where the defect is; what follows `, not at the` is left out."""
    return read_places(_ASIDE.sub(" ", text))


def told_effects(text: str, facts: Sequence[str]) -> list[str]:
    """Causes and effects that `text` states and none of `facts` tells, by shared content words."""
    known = [_stems(fact) for fact in facts]
    untold = []
    for match in _CAUSE.finditer(_CITED.sub("", text)):
        words = _stems(match.group("clause"))
        if words and not any(len(words & fact) >= ENOUGH * len(words) for fact in known):
            untold.append(match.group(0).strip())
    return untold


def _stems(text: str) -> set[str]:
    """Content words without their endings: enough to see that `weakens` and `weaken` are the same word."""
    words = set(_WORD.findall(text.lower())) - _EMPTY
    return {re.sub(r"(?:ing|ed|es|s|e)$", "", word) if len(word) > 4 else word for word in words}
