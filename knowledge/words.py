"""English words without their endings, and synonyms made one; words of other languages mostly stay as they are."""

from __future__ import annotations

import re
from functools import lru_cache

_STOP_WORDS = """
a an the this that these those it its is are be been was were has have had do does did and or of on in at to for by with
from as what how where which who about there i we my if when can could should would will than then not no never
"""
_STOP = frozenset(_STOP_WORDS.split())

_SYNONYMS = (
    ("good", "normal", "sound", "flawless", "intact"),
    ("show", "appear", "look", "seen", "visible", "manifest"),
    ("acceptable", "accept", "allow", "permit", "tolerat", "permissible"),
    ("reject", "unacceptable"),
    ("whole", "entire"),
    ("one", "single", "1"),
    ("two", "2"),
    ("three", "3"),
    ("must", "shall", "need"),
    ("center", "centr"),
    ("color", "colour"),
    ("neighbour", "neighbor", "adjacent"),
    ("even", "regular", "uniform"),
    ("cause", "caus"),
)


def stem(word: str) -> str:
    """English only, and only what never changes a meaning: plural and verb endings."""
    for ending, least in (("ies", 3), ("es", 3), ("ed", 4), ("s", 3)):
        if word.endswith(ending) and len(word) - len(ending) >= least and not word.endswith("ss"):
            stem = word[: -len(ending)] + ("y" if ending == "ies" else "")
            return stem.rstrip("e") if ending in ("es", "ed") else stem.rstrip("e") if stem.endswith("e") else stem
    return word.rstrip("e") if len(word) > 3 else word


@lru_cache(maxsize=1)
def synonyms() -> dict[str, str]:
    """Stems of synonyms, each with that of the first among them."""
    return {stem(word): stem(words[0]) for words in _SYNONYMS for word in words}


def tokens(text: str) -> list[str]:
    """The words that matter, without endings, synonyms made one."""
    return [t for t in (_token(w) for w in re.findall(r"[^\W_]+", text.lower()) if w not in _STOP) if t]


@lru_cache(maxsize=16384)
def _token(word: str) -> str:
    root = stem(word)
    for ending in ("ing", "ion"):
        if root.endswith(ending) and len(root) - len(ending) >= 4:
            root = root[: -len(ending)]
    return synonyms().get(root, root)
