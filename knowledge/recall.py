"""The choice among facts and their citations: criteria first-class, better sources first, diverse (method.md, SFE)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..schema import Fact, RecalledFact
from .lexical import Lexicon
from .ranking import BONUS, FARTHER, HEADING, KIND, WORDS, diverse

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLOOR = 0.42
"""Relevance below which a fact is not recalled where no object is given.

Set on 735 facts of 35 objects with 17 questions that one of them answers (best fact .33, then .47 and more) and 17 that
none does (.37 at most); by the bare cosine the latter reach .66.
"""

GENERIC = (
    "Does the test image show a defect?",
    "Where is the defect?",
    "Is this part normal?",
    "What object does the image show?",
    "Are there any anomalies in this image?",
    "What kind of defect is it?",
)
"""Questions that fit every object; what a fact shares with them makes it no more relevant to any one."""

OTHER_CRITERIA = 2
"""Places kept for criteria that allow nothing ("a short is always rejected")."""


@dataclass(frozen=True)
class Shelf:
    """Facts with their unit vectors, float32 [n, d]; `large` where there are too many to hold (then empty).

    `distances` [n]: how many kinds up the taxonomy each fact was found; () where all are the object's own.
    """

    facts: tuple[Fact, ...]
    vectors: NDArray[np.float32]
    large: bool = False
    distances: tuple[int, ...] = ()

    @classmethod
    def empty(cls, *, large: bool = False) -> Shelf:
        """A shelf without facts."""
        return cls((), np.zeros((0, 0), np.float32), large=large)

    def only(self, kinds: Collection[str]) -> Shelf:
        """Those of the given kinds."""
        key = frozenset(kinds)
        if key not in self._only:
            rows = [i for i, f in enumerate(self.facts) if f.kind in key]
            self._only[key] = self if len(rows) == len(self.facts) else self.rows(rows)
        return self._only[key]

    @cached_property
    def lexicon(self) -> Lexicon:
        """Their words."""
        return Lexicon(self.facts)

    @cached_property
    def _only(self) -> dict[frozenset[str], Shelf]:
        return {}

    def joined(self, other: Shelf) -> Shelf:
        """Both, each fact once."""
        known = {f.id for f in self.facts}
        more = other.rows([i for i, f in enumerate(other.facts) if f.id not in known])
        if not self.facts or not more.facts:
            return self if self.facts else more
        far = self._far + more._far
        return Shelf(self.facts + more.facts, np.concatenate([self.vectors, more.vectors]), distances=far)

    def at(self, distance: int) -> Shelf:
        """The same facts, found `distance` kinds up."""
        return replace(self, distances=(distance,) * len(self.facts))

    @cached_property
    def bonus(self) -> NDArray[np.float32]:
        """What each fact's source and nearness add to its rank, [n]."""
        sources = np.array([BONUS[f.source] for f in self.facts], np.float32)
        return sources - FARTHER * np.array(self._far, np.float32)

    @cached_property
    def criteria(self) -> tuple[list[int], list[int]]:
        """Rows of the criteria that allow something, and of those that do not."""
        rows = [i for i, f in enumerate(self.facts) if f.kind == "criterion"]
        return [i for i in rows if self.facts[i].allows], [i for i in rows if not self.facts[i].allows]

    def rows(self, rows: Sequence[int]) -> Shelf:
        """Those at these places."""
        if not rows:
            return Shelf.empty()
        far = tuple(self._far[i] for i in rows)
        return Shelf(tuple(self.facts[i] for i in rows), self.vectors[list(rows)], distances=far)

    @property
    def _far(self) -> tuple[int, ...]:
        return self.distances or (0,) * len(self.facts)


Ranked = list[tuple[Fact, float, float]]
"""Fact, cosine 0..1, rank value (cosine plus the source's bonus)."""


def choose(shelf: Shelf, query: NDArray[np.float32], k: int, question: str = "") -> Ranked:
    """Up to `k` facts of one object: its criteria within their places, the rest by relevance and diversity.

    Relevance is likeness in meaning to `query` and in words to `question`, and whether that asks for such facts.
    """
    if not shelf.facts:
        return []
    cosine, rank = _rank(shelf, query)
    if question:
        said = shelf.lexicon
        rank = rank + WORDS * said.scores(question) + KIND * said.kinds(question) + HEADING * said.headings(question)
    allowing, others = shelf.criteria
    # A quarter of the places at least stays for what the criteria are about.
    room = max(1, k - k // 4) if k > 1 else 1
    kept = _best(allowing, rank, min(max(1, k // 2), room))
    kept += _best(others, rank, min(OTHER_CRITERIA, max(0, room - len(kept)), k // 4))
    # MMR among the best only: what ranks below them would never be picked for its being different alone.
    near = np.argsort(-rank, kind="stable")[: max(64, 4 * k)].tolist()
    pool = kept + [i for i in near if i not in kept]
    picked = diverse(rank[pool], shelf.vectors[pool], k - len(kept), chosen=range(len(kept)))
    rows = kept + [pool[i] for i in picked]
    return _told(shelf, rows, cosine, rank)


def generic_direction(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The unit direction [d] that the embeddings of `GENERIC`, [n, d], share; zeros where they share none."""
    mean = vectors.mean(axis=0)
    norm = float(np.linalg.norm(mean))
    return mean / norm if norm > 1e-6 else np.zeros_like(mean)


def choose_anywhere(shelf: Shelf, query: NDArray[np.float32], generic: NDArray[np.float32], k: int) -> Ranked:
    """Up to `k` facts of any object, whose relevance (the cosine without `generic`'s part) reaches `FLOOR`."""
    if not shelf.facts:
        return []
    shared = (shelf.vectors @ generic) * float(query @ generic)
    relevance = np.clip(shelf.vectors @ query - shared, 0.0, 1.0).astype(np.float32)
    rank = relevance + shelf.bonus
    rows = np.flatnonzero(relevance >= FLOOR)
    picked = diverse(rank[rows], shelf.vectors[rows], k)
    return _told(shelf, [int(rows[i]) for i in picked], relevance, rank)


def cite(ranked: Ranked) -> tuple[RecalledFact, ...]:
    """Numbered `F1`, `F2`, ... by falling rank; the score is told without the bonus, 0..1."""
    best = sorted(ranked, key=lambda r: (-r[2], r[0].id))
    return tuple(RecalledFact(id=f"F{i}", fact=f, score=score) for i, (f, score, _) in enumerate(best, 1))


def _rank(shelf: Shelf, query: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    cosine = np.clip(shelf.vectors @ query, 0.0, 1.0).astype(np.float32)
    return cosine, cosine + shelf.bonus


def _best(rows: list[int], rank: NDArray[np.float32], n: int) -> list[int]:
    return sorted(rows, key=lambda i: (-rank[i], i))[: max(0, n)]


def _told(shelf: Shelf, rows: Sequence[int], cosine: NDArray[np.float32], rank: NDArray[np.float32]) -> Ranked:
    return [(shelf.facts[i], round(float(cosine[i]), 6), float(rank[i])) for i in rows]
