"""Which facts to recall: relevance, a small bonus for the better source, and diversity (MMR)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BONUS = {"curated": 0.04, "expert": 0.02, "generated": 0.0}
"""Added to the cosine when ranking (never to the score that is told): it decides between near-equals only."""

WORDS = 0.5
"""Weight of likeness in words (0..1, lexical.py) beside the cosine, where an object is given. Measured by
benchmarks/knowledge.py --retrieval, with what it is without."""

FARTHER = 0.1
"""Taken from the cosine for each kind up the taxonomy: a nearer fact comes first, unless a farther one is clearly more
to the point. More than any source adds, so that the best document on boards never outranks a note on this board."""

DIVERSITY = 0.4
"""Weight of "unlike what was chosen before" against relevance in MMR, 0..1."""


def diverse(
    relevance: NDArray[np.float32],
    vectors: NDArray[np.float32],
    k: int,
    *,
    chosen: Sequence[int] = (),
    diversity: float = DIVERSITY,
) -> list[int]:
    """Maximal marginal relevance: indices of up to `k` rows, in the order in which they were picked.

    Args:
        relevance: [n], higher is better; ties go to the lower index.
        vectors: [n, d], unit length.
        chosen: rows that are already in (never picked again); new ones keep away from them too.
    """
    picked: list[int] = []
    free = np.ones(len(relevance), bool)
    nearest = np.full(len(relevance), -1.0, np.float32)
    for row in chosen:
        free[row] = False
        nearest = np.maximum(nearest, vectors @ vectors[row])
    while len(picked) < k and free.any():
        penalty = np.maximum(nearest, 0.0)
        value = np.where(free, (1 - diversity) * relevance - diversity * penalty, -np.inf)
        best = int(np.argmax(value))
        picked.append(best)
        free[best] = False
        nearest = np.maximum(nearest, vectors @ vectors[best])
    return picked
