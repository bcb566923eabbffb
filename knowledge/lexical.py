"""Facts found by their words, beside their meaning: names of parts and types that an embedding blurs.

Three measures: the words that question and fact share (BM25, with related words of the field at less weight), whether
the question asks for facts of its kind ("why", "is it allowed"), and whether it names the heading under which a
document gave it. English endings and question words are known; in other languages the words count as they stand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..schema import Fact
from .thesaurus import related
from .words import tokens

_SATURATION, _LENGTH = 1.2, 0.75
"""BM25's k1 and b, as usual."""

_Key = TypeVar("_Key", bound=Hashable)

RELATED = 0.2
"""Weight of a related word (thesaurus.py); 1 is that of the question's own."""

_ASKED_BY = {
    "identity": "what purpose function use made for kind serve",
    "normal": "normal should supposed",
    "defect": "defect cause origin tell difference distinguish come source reason",
    "appearance": "look appear see recognise spot identify",
    "effect": "effect consequence cause happen why lead harm danger result affect",
    "criterion": (
        "criterion acceptable accept allowed reject may limit tolerated ok fine pass large deep long size count"
    ),
}
"""What facts of a kind are asked for by. Defects come with what they come from and how they are told apart."""


class Lexicon:
    """The words of some facts, for `scores`, `kinds` and `headings`."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self.size = len(facts)
        self._kinds = _places([f.kind for f in facts])
        self._headings = _places([frozenset(tokens(_heading(f.origin))) for f in facts])
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
        """[n], 0 where a fact has no word of the question and none related to one, 1 for the fact that fits best."""
        out = np.zeros(self.size, np.float32)
        asked = set(tokens(question))
        others = {other for token in asked for other in related(token)} - asked
        for weight, wanted in ((1.0, asked), (RELATED, others)):
            for token in wanted & self._weights.keys():
                places, weights = self._weights[token]
                out[places] += weight * weights
        best = float(out.max(initial=0.0))
        return out / best if best > 0 else out

    def kinds(self, question: str) -> NDArray[np.float32]:
        """[n], 1 where the question has a word that facts of this kind are asked for by, else 0."""
        asked, out = set(tokens(question)), np.zeros(self.size, np.float32)
        for kind, places in self._kinds.items():
            out[places] = float(bool(asked & set(tokens(_ASKED_BY[kind]))))
        return out

    def headings(self, question: str) -> NDArray[np.float32]:
        """[n], the share of the words of a fact's heading that the question has, 0 where it stood under none."""
        asked, out = set(tokens(question)), np.zeros(self.size, np.float32)
        for heading, places in self._headings.items():
            out[places] = len(heading & asked) / len(heading) if heading else 0.0
        return out


def _places(keys: Sequence[_Key]) -> dict[_Key, NDArray[np.intp]]:
    found: dict[_Key, list[int]] = {}
    for place, key in enumerate(keys):
        found.setdefault(key, []).append(place)
    return {key: np.array(places, np.intp) for key, places in found.items()}


def _heading(origin: str) -> str:
    """The words of the section that a fact was read from (`file#MVTec/zipper/broken_teeth`), "" of a mere number."""
    section = origin.rpartition("#")[2].rpartition("/")[2]
    return "" if re.fullmatch(r"p?[\d.]+", section) else section.replace("_", " ") if "#" in origin else ""
