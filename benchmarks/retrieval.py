"""Is the right fact among the five that are recalled? Part of `benchmarks.knowledge --retrieval`."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np

from ..eval.intervals import mean_interval
from ..knowledge import recall
from ..knowledge.facts import FactStore
from ..knowledge.ranking import DIVERSITY, WORDS, diverse
from ..knowledge.recall import choose
from .questions_on_facts import Asked, mmad, ours

K = 5
WEIGHTS = (0.0, 0.2, 0.3, 0.4, 0.5)


def main(data: Path | None) -> None:
    """Print one line a part of the set, then what is lost without each ingredient."""
    facts, asked = ours()
    if data is None:
        print("SAGE_DATA names no folder: without the questions on MMAD's texts")
    else:
        more, questions = mmad(data / "mmad" / "domain_knowledge.json")
        facts, asked = facts + more, asked + questions
    with tempfile.TemporaryDirectory() as folder:
        store = FactStore(Path(folder) / "chroma")
        store.add(facts)
        print(
            f"{len(asked)} questions, {len(facts)} facts on {len(store.objects())} objects, the object given, k = {K}"
        )
        found = [[r.fact.id for r in store.recall(a.question, object=a.object, k=K)] for a in asked]
        for part in dict.fromkeys(a.part for a in asked):
            rows = [i for i, a in enumerate(asked) if a.part == part]
            told(part, [asked[i] for i in rows], [found[i] for i in rows])
        told("all", asked, found)
        single = [i for i, a in enumerate(asked) if len(a.answers) == 1]
        told("all with one answer", [asked[i] for i in single], [found[i] for i in single])
        variants(store, asked)
        variants(store, [a for a in asked if not a.part.startswith("mmad")], "on our own questions, ")
        if data is not None:
            halves(store, asked)


def told(name: str, asked: Sequence[Asked], found: Sequence[Sequence[str]]) -> None:
    """recall@5 (of several answers: the share of those that five places can hold), and one answer at least."""
    shares = scores(asked, found)
    clusters = [a.object for a in asked]  # questions on one object are not independent
    hits = mean_interval([float(share > 0) for share in shares], clusters)
    print(f"{name:22} n {len(asked):4}   recall@{K} {mean_interval(shares, clusters)}   an answer {hits}", flush=True)


def scores(asked: Sequence[Asked], found: Sequence[Sequence[str]]) -> list[float]:
    """The share of each question's answers that were found, of at most `K`."""
    return [len(a.answers & set(ids)) / min(K, len(a.answers)) for a, ids in zip(asked, found, strict=True)]


def variants(store: FactStore, asked: Sequence[Asked], which: str = "") -> None:
    """What meaning, words and diversity each bring; and how alike the five are."""
    print(f"{which}what each ingredient brings (recall@5; mean cosine between two of the five):")
    for name, words, diversity, meaning in (
        ("meaning and words, diverse", WORDS, DIVERSITY, True),
        ("meaning and words, not diverse", WORDS, 0.0, True),
        ("meaning only, diverse", 0.0, DIVERSITY, True),
        ("meaning only, not diverse", 0.0, 0.0, True),
        ("words only, not diverse", WORDS, 0.0, False),
    ):
        ids, alike = recalled(store, asked, words, diversity, meaning)
        print(f"  {name:32} {np.mean(scores(asked, ids)):.3f}   {np.mean(alike):.3f}", flush=True)


def halves(store: FactStore, asked: Sequence[Asked]) -> None:
    """The weight of words was picked on this set: picked on every other object, and measured on the rest."""
    names = sorted({a.object for a in asked})
    out = []
    for parity in (0, 1):
        mine = [a for a in asked if names.index(a.object) % 2 == parity]
        rest = [a for a in asked if names.index(a.object) % 2 != parity]
        best = max(WEIGHTS, key=lambda w: float(np.mean(scores(mine, recalled(store, mine, w, DIVERSITY)[0]))))
        out.append((best, float(np.mean(scores(rest, recalled(store, rest, best, DIVERSITY)[0])))))
    picked = "; ".join(f"picked {best}, on the other half {value:.3f}" for best, value in out)
    print(f"weight of words by halves of the objects: {picked}")


def recalled(
    store: FactStore, asked: Sequence[Asked], words: float, diversity: float, meaning: bool = True
) -> tuple[list[list[str]], list[float]]:
    """Ids of the facts for each question with other weights, and how alike they are."""
    ids, alike = [], []
    with patch.object(recall, "WORDS", words), patch.object(recall, "diverse", partial(diverse, diversity=diversity)):
        for a in asked:
            query = store._vector(a.question)
            shelf = store._shelves.holding(a.object, query, 64)
            chosen = [f.id for f, _, _ in choose(shelf, query if meaning else np.zeros_like(query), K, a.question)]
            ids.append(chosen)
            vectors = shelf.vectors[[i for i, f in enumerate(shelf.facts) if f.id in set(chosen)]]
            n = len(vectors)
            alike.append(float(((vectors @ vectors.T).sum() - n) / (n * (n - 1))) if n > 1 else 0.0)
    return ids, alike
