"""Is the right fact among the five that are recalled? Part of `benchmarks.knowledge --retrieval`.

The weights of recall (ranking.py, lexical.py) were picked on one half of the questions; which half a question is in
follows from the digest of its answers, so all questions on a fact are on one side.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np

from ..eval.intervals import mean_interval
from ..knowledge import lexical, recall
from ..knowledge.facts import FactStore
from ..knowledge.ranking import diverse
from ..knowledge.recall import choose
from .questions_on_facts import Asked, held_out, mmad, ours

K = 5


def main(data: Path | None) -> None:
    """Print one line a part of the set, its halves, the questions held out, then what is lost without an ingredient."""
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
        parts(asked, found)
        told("all", asked, found)
        single = [i for i, a in enumerate(asked) if len(a.answers) == 1]
        told("all with one answer", [asked[i] for i in single], [found[i] for i in single])
        for tuned, name in ((True, "half that was tuned on"), (False, "the other half")):
            rows = [i for i, a in enumerate(asked) if _tuned_on(a) == tuned]
            told(name, [asked[i] for i in rows], [found[i] for i in rows])
        new = held_out()
        parts(new, [[r.fact.id for r in store.recall(a.question, object=a.object, k=K)] for a in new])
        variants(store, asked)
        variants(store, [a for a in asked if not a.part.startswith("mmad")], "on our own questions, ")
        variants(store, new, "held out, ")


def _tuned_on(asked: Asked) -> bool:
    return hashlib.sha256("|".join(sorted(asked.answers)).encode()).digest()[0] % 2 == 1


def parts(asked: Sequence[Asked], found: Sequence[Sequence[str]]) -> None:
    """One line a part."""
    for part in dict.fromkeys(a.part for a in asked):
        rows = [i for i, a in enumerate(asked) if a.part == part]
        told(part, [asked[i] for i in rows], [found[i] for i in rows])


def told(name: str, asked: Sequence[Asked], found: Sequence[Sequence[str]]) -> None:
    """recall@5 (of several answers: the share of those that five places can hold), and one answer at least."""
    shares = scores(asked, found)
    clusters: list[str] = [a.object for a in asked]  # questions on one object are not independent,
    if len(set(clusters)) == 1:
        clusters = [min(a.answers) for a in asked]  # nor are those on one fact
    hits = mean_interval([float(share > 0) for share in shares], clusters)
    print(f"{name:22} n {len(asked):4}   recall@{K} {mean_interval(shares, clusters)}   an answer {hits}", flush=True)


def scores(asked: Sequence[Asked], found: Sequence[Sequence[str]]) -> list[float]:
    """The share of each question's answers that were found, of at most `K`."""
    return [len(a.answers & set(ids)) / min(K, len(a.answers)) for a, ids in zip(asked, found, strict=True)]


def variants(store: FactStore, asked: Sequence[Asked], which: str = "") -> None:
    """What each ingredient brings; and how alike the five are."""
    print(f"{which}what each ingredient brings (recall@5; mean cosine between two of the five):")
    bare: dict[str, float] = {"KIND": 0.0, "HEADING": 0.0}
    for name, weights, diversity, meaning in (
        ("all", {}, None, True),
        ("all, not diverse", {}, 0.0, True),
        ("without related words", {"RELATED": 0.0}, None, True),
        ("without the kind asked for", {"KIND": 0.0}, None, True),
        ("without headings", {"HEADING": 0.0}, None, True),
        ("meaning and words, not diverse", {"RELATED": 0.0, **bare}, 0.0, True),
        ("meaning only, diverse", {"WORDS": 0.0, **bare}, None, True),
        ("meaning only, not diverse", {"WORDS": 0.0, **bare}, 0.0, True),
        ("words only, not diverse", {"RELATED": 0.0, **bare}, 0.0, False),
    ):
        with weighted(weights, diversity):
            ids, alike = recalled(store, asked, meaning)
        print(f"  {name:32} {np.mean(scores(asked, ids)):.3f}   {np.mean(alike):.3f}", flush=True)


@contextmanager
def weighted(weights: dict[str, float], diversity: float | None) -> Iterator[None]:
    """Recall with other weights (names as in ranking.py and lexical.py); None: the diversity it has."""
    with ExitStack() as stack:
        for name, value in weights.items():
            stack.enter_context(patch.object(lexical if name == "RELATED" else recall, name, value))
        if diversity is not None:
            stack.enter_context(patch.object(recall, "diverse", partial(diverse, diversity=diversity)))
        yield


def recalled(store: FactStore, asked: Sequence[Asked], meaning: bool = True) -> tuple[list[list[str]], list[float]]:
    """Ids of the facts for each question, and how alike they are."""
    ids, alike = [], []
    for a in asked:
        query = store._vector(a.question)
        shelf = store._shelves.holding(a.object, query, 64)
        chosen = [f.id for f, _, _ in choose(shelf, query if meaning else np.zeros_like(query), K, a.question)]
        ids.append(chosen)
        vectors = shelf.vectors[[i for i, f in enumerate(shelf.facts) if f.id in set(chosen)]]
        n = len(vectors)
        alike.append(float(((vectors @ vectors.T).sum() - n) / (n * (n - 1))) if n > 1 else 0.0)
    return ids, alike
