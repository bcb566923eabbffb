"""Two sentences that say the same in other words: kept once.

Closeness of embeddings alone does not tell: "longer than 5 mm" and "longer than 3 mm" lie at .98, nearer than most
paraphrases. So both must hold: the same words that matter, and a cosine of `ALIKE`. What slips through costs a place in
the store; what is wrongly taken for known would be lost.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ..schema import Fact
from .recall import Shelf
from .words import stem, synonyms

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALIKE = 0.85
"""Least cosine of two sentences of the same words that say the same.

Measured: of 24 pairs of paraphrases 7 are found (by the cosine alone 20), of 26 pairs that differ in a word, a number
or the order none is taken for the same (by the cosine alone 17), and none of 9,000 pairs of facts on one object in the
MMAD texts and the starter pack (by the cosine alone 41).
"""

_IDLE_WORDS = """
a an the this that these those it its is are be been being was were has have had do does did and or of on in at to for
by with from as which where there can may will would often usually typically generally also very always part any all
each every such
"""
_IDLE = frozenset(_IDLE_WORDS.split())
_ORDERED_WORDS = """
than cause caus lead reduce weaken prevent without before after above below inside outside left right not no never
unless if only but except instead into against follow
"""
_ORDERED = frozenset(_ORDERED_WORDS.split())
"""Where one of these stands, who does what to whom matters: then nothing may be turned."""

_PREPOSITIONS = frozenset(["on", "in", "at", "from", "with", "by", "to", "for"])


def unlike(
    facts: Sequence[Fact],
    vectors: Mapping[str, NDArray[np.float32]],
    near: Callable[[str, NDArray[np.float32]], Shelf],
) -> list[Fact]:
    """Those of `facts` that nothing says yet, neither on their object in the store nor before them in the list.

    Args:
        vectors: by id, of the new ones; a fact without one is known by its id and is let through.
        near: the facts on an object that are near a vector, by name.
    """
    kept: list[Fact] = []
    fresh: dict[str, list[Fact]] = {}
    for fact in facts:
        vector = vectors.get(fact.id)
        if vector is not None:
            held = near(fact.object, vector)
            close = [held.facts[i] for i in np.flatnonzero(held.vectors @ vector >= ALIKE)] if held.facts else []
            close += [f for f in fresh.get(fact.object, ()) if float(vectors[f.id] @ vector) >= ALIKE]
            if any(_says_the_same(fact, known) for known in close):
                continue
            fresh.setdefault(fact.object, []).append(fact)
        kept.append(fact)
    return kept


def _says_the_same(one: Fact, other: Fact) -> bool:
    ruled = "criterion" in (one.kind, other.kind)
    if ruled and (one.kind, one.allows, one.criterion) != (other.kind, other.allows, other.criterion):
        return False
    return same_words(one.text, other.text)


def same_words(one: str, other: str) -> bool:
    """True where both sentences hold the same words that matter, in whatever order that says the same.

    "On this board, pin-holes are acceptable" may be turned; "red on white" is not "white on red".
    """
    a, b = _words(one), _words(other)
    if a == b:
        return True
    return sorted(a) == sorted(b) and not _ORDERED & {*a} and _places(one) == _places(other)


def _places(text: str) -> frozenset[tuple[str, str]]:
    """Each preposition with what it governs."""
    words = [w for w in re.findall(r"[^\W_]+", text.lower()) if w in _PREPOSITIONS or w not in _IDLE]
    return frozenset((a, stem(b)) for a, b in itertools.pairwise(words) if a in _PREPOSITIONS)


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    """What matters in a sentence: stems without endings, numbers, signs; synonyms made one."""
    line = re.sub(r"(?<=\w)['’]s?\b|(?<=\w)-(?=\w)", " ", text.lower())
    found = re.findall(r"\d+(?:[.,]\d+)?|[^\W\d_]+|[<>≤≥=%°²]", line)
    stems = (stem(w) for w in found if w not in _IDLE)
    return tuple(synonyms().get(s, s) for s in stems if s not in _IDLE)
