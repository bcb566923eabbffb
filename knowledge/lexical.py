"""Facts found by their words (BM25), beside their meaning: names of parts and types that an embedding blurs.

English endings and question words are known; in other languages the words count as they stand. A fact also answers to
what its kind is asked for by ("why", "is it allowed"), and to the heading under which a document gave it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..schema import Fact
from .words import stem, synonyms

_SATURATION, _LENGTH = 1.2, 0.75
"""BM25's k1 and b, as usual."""

_STOP_WORDS = """
a an the this that these those it its is are be been was were has have had do does did and or of on in at to for by with
from as what how where which who about there i we my if when can could should would will than then not no never
"""
_STOP = frozenset(_STOP_WORDS.split())
_ASKED_BY = {
    "identity": "what purpose",
    "normal": "normal",
    "defect": "defect",
    "appearance": "look appear see recognise",
    "effect": "effect consequence cause happen why lead",
    "criterion": "criterion acceptable accept allowed reject may limit",
}


def tokens(text: str) -> list[str]:
    """The words that matter, without endings, synonyms made one."""
    return [t for t in (_token(w) for w in re.findall(r"[^\W_]+", text.lower()) if w not in _STOP) if t]


class Lexicon:
    """The words of some facts, for `scores`."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self.size = len(facts)
        counts = [Counter(tokens(f"{f.text} {_heading(f.origin)} {_ASKED_BY[f.kind]}")) for f in facts]
        lengths = np.array([c.total() for c in counts], np.float32)
        norm = _SATURATION * (1 - _LENGTH + _LENGTH * lengths / max(float(lengths.mean()), 1.0)) if facts else lengths
        rows: dict[str, list[tuple[int, int]]] = {}
        for row, count in enumerate(counts):
            for token, n in count.items():
                rows.setdefault(token, []).append((row, n))
        self._weights: dict[str, tuple[NDArray[np.intp], NDArray[np.float32]]] = {}
        for token, found in rows.items():
            places = np.array([row for row, _ in found], np.intp)
            often = np.array([n for _, n in found], np.float32)
            rarity = np.log1p((self.size - len(found) + 0.5) / (len(found) + 0.5))
            weights = rarity * often * (_SATURATION + 1) / (often + norm[places])
            self._weights[token] = places, weights.astype(np.float32)

    def scores(self, question: str) -> NDArray[np.float32]:
        """[n], 0 where a fact has no word of the question, 1 for the fact that fits best."""
        out = np.zeros(self.size, np.float32)
        for token in set(tokens(question)):
            if token in self._weights:
                places, weights = self._weights[token]
                out[places] += weights
        best = float(out.max(initial=0.0))
        return out / best if best > 0 else out


def _heading(origin: str) -> str:
    """The words of the section that a fact was read from (`file#MVTec/zipper/broken_teeth`), "" of a mere number."""
    section = origin.rpartition("#")[2].rpartition("/")[2]
    return "" if re.fullmatch(r"p?[\d.]+", section) else section.replace("_", " ") if "#" in origin else ""


@lru_cache(maxsize=16384)
def _token(word: str) -> str:
    root = stem(word)
    for ending in ("ing", "ion"):
        if root.endswith(ending) and len(root) - len(ending) >= 4:
            root = root[: -len(ending)]
    return synonyms().get(root, root)
