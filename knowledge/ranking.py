"""Which facts to recall: relevance, a small bonus for the better source, and diversity (MMR)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BONUS = {"curated": 0.04, "expert": 0.02, "generated": 0.0}
"""Added to the cosine when ranking (never to the score that is told): it decides between near-equals only."""

WORDS, KIND, HEADING = 0.5, 0.2, 0.2
"""Weights beside the cosine, where an object is given, of likeness in words, of a question that asks for facts of this
kind, and of one that names its heading (each 0..1, lexical.py). Measured by benchmarks/knowledge.py --retrieval, with
what it is without them."""

FARTHER = 0.1
"""Taken from the cosine for each kind up the taxonomy: a nearer fact comes first, unless a farther one is clearly more
to the point. More than any source adds, so that the best document on boards never outranks a note on this board."""

DIVERSITY = 0.4
"""Weight of "unlike what was chosen before" against relevance in MMR, 0..1."""

ORDINARY = 0.5
"""Cosine up to which two facts on one object are no more alike than being on one object makes them: two facts on one
type of defect may both be wanted, and only what says nearly the same again makes room."""


def diverse(
    relevance: NDArray[np.float32],
    vectors: NDArray[np.float32],
    k: int,
    *,
    chosen: Sequence[int] = (),
    diversity: float = DIVERSITY,
) -> list[int]:
    """Maximal marginal relevance: indices of up to `k` rows, in the order in which they were picked.

    Unlike in Carbonell and Goldstein's, likeness counts from `ORDINARY` on: 0 there, 1 for the same sentence.

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
        penalty = np.maximum(nearest - ORDINARY, 0.0) / (1 - ORDINARY)
        value = np.where(free, (1 - diversity) * relevance - diversity * penalty, -np.inf)
        best = int(np.argmax(value))
        picked.append(best)
        free[best] = False
        nearest = np.maximum(nearest, vectors @ vectors[best])
    return picked
