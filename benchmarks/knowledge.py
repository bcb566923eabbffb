"""How well facts are recalled, how fast they are added and recalled, and how well golden images tell objects apart.

    python -m sage_inspect.benchmarks.knowledge --retrieval      # MMAD's texts from SAGE_DATA, and our own
    python -m sage_inspect.benchmarks.knowledge --facts 100000
    python -m sage_inspect.benchmarks.knowledge --golden         # SAGE_DATA

The facts' vectors are random unit vectors (Chroma's cost does not depend on their meaning); 1,000 real sentences are
embedded apart, so that both costs show.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ..images import decode
from ..knowledge.descriptor import FAMILIAR, describe, similarity
from ..knowledge.embedding import DIMENSION, embed
from ..knowledge.fact import make_fact
from ..knowledge.facts import FactStore
from . import golden_faults, retrieval


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=int, default=100_000, help="facts in the store")
    parser.add_argument("--objects", type=int, default=100, help="objects that they are about")
    parser.add_argument("--runs", type=int, default=100, help="recalls to time")
    parser.add_argument("--retrieval", action="store_true", help="measure recall on labelled questions instead")
    parser.add_argument("--golden", action="store_true", help="measure golden images instead")
    args = parser.parse_args()
    data = Path(os.environ["SAGE_DATA"]) if "SAGE_DATA" in os.environ else None
    if args.retrieval:
        retrieval.main(data)
    elif args.golden and data is not None:
        confusion(data)
        golden_faults.main(data)
    elif args.golden:
        raise SystemExit("SAGE_DATA names no folder of data sets")
    else:
        print(f"load average of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        speed(args.facts, args.objects, args.runs)


def speed(count: int, objects: int, runs: int) -> None:
    """Times of adding and recalling."""
    rng = np.random.default_rng(0)

    def random_vectors(texts: Sequence[str]) -> np.ndarray:
        rows = rng.normal(size=(len(texts), DIMENSION)).astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def facts(n: int, tag: str) -> list:
        return [
            make_fact(f"A {tag} defect number {i} leaves a mark on it.", f"object {i % objects}", "defect")
            for i in range(n)
        ]

    with tempfile.TemporaryDirectory() as folder:
        store = FactStore(Path(folder) / "chroma", embed=random_vectors)
        start = time.perf_counter()
        store.add(facts(count, "first"))
        row("add, without embedding, per 1,000", [(time.perf_counter() - start) * 1000 / count * 1000])
        start = time.perf_counter()
        store.add(facts(1_000, "late"))
        row(f"add 1,000 to {count:,}, without embedding", [(time.perf_counter() - start) * 1000])
        store.recall("warm-up", object="object 0")
        store.recall("warm-up")
        n = store.count("object 3")
        cold = FactStore(Path(folder) / "chroma", embed=random_vectors)
        row(f"recall, object of {n} facts, first time", timed(1, lambda i: cold.recall(f"q {i}", object="object 3")))
        rounds(
            f"recall, object of {n} facts",
            lambda r: timed(
                runs, lambda i: store.recall(f"How large may mark {r} {i} of this defect be?", object="object 0")
            ),
        )
        rounds(
            f"recall, any of {store.count():,} facts",
            lambda r: timed(runs, lambda i: store.recall(f"How large may mark {r} {i} of this defect be?")),
        )
        start = time.perf_counter()
        store.digest()
        row("digest of the whole store, first time", [(time.perf_counter() - start) * 1000])
    embed(["warm-up"])
    row("embedding of one question", timed(runs, lambda i: embed([f"Does board {i} show a short at the upper left?"])))
    sentences = [f"Number {i} shows a gap across a track, so that the copper line is cut in two." for i in range(1_000)]
    with tempfile.TemporaryDirectory() as folder:
        real = FactStore(Path(folder) / "chroma")
        start, cpu = time.perf_counter(), time.process_time()
        real.add([make_fact(text, "printed circuit board", "defect") for text in sentences])
        row("add 1,000 sentences, with embedding", [(time.perf_counter() - start) * 1000])
        row("  of it CPU time", [(time.process_time() - cpu) * 1000])


def rounds(what: str, work: Callable[[int], list[float]], times: int = 5) -> None:
    """One line: the median of several rounds' p50 and p95."""
    found = [np.percentile(work(r), (50, 95)) for r in range(times)]
    p50, p95 = np.median(found, axis=0)
    print(f"{what:45} p50 {p50:9.2f} ms   p95 {p95:9.2f} ms   (median of {times} rounds)", flush=True)


def timed(runs: int, work: Callable[[int], object]) -> list[float]:
    """Milliseconds of each run."""
    times = []
    for i in range(runs):
        start = time.perf_counter()
        work(i)
        times.append((time.perf_counter() - start) * 1000)
    return times


def row(what: str, times: Sequence[float]) -> None:
    """One line: p50 and p95, or the one time there is."""
    p50, p95 = np.percentile(times, (50, 95))
    told = f"p50 {p50:9.2f} ms   p95 {p95:9.2f} ms" if len(times) > 1 else f"{p50:13.2f} ms"
    print(f"{what:45} {told}", flush=True)


def confusion(root: Path) -> None:
    """Similarity of every test image to the nearest golden image of its own kind and of any other."""
    golden, tests = {}, []
    for folder in sorted(p.parent for p in root.glob("*/manifest.json")):
        items = json.loads((folder / "manifest.json").read_text())["items"]
        references = [i["image"] for i in items if i["split"] == "reference" and i["label"] == "normal"]
        if not references or any(not (folder / r).exists() for r in references):
            continue
        # A board's own template would make it too easy: of DeepPCB only every fifth is golden.
        references = references[::5] if len(references) > 100 else references
        golden[folder.name] = np.stack([describe(decode((folder / r).read_bytes())) for r in references])
        images = [i["image"] for i in items if i["split"] != "reference"]
        tests += [(folder.name, describe(decode((folder / i).read_bytes()))) for i in images]
    for k in (None, 3, 1):
        own, other, right = [], [], 0
        for name, vector in tests:
            best = {key: similarity(float((rows[:k] @ vector).max())) for key, rows in golden.items()}
            right += max(best, key=lambda key: best[key]) == name
            own.append(best[name])
            other.append(max(value for key, value in best.items() if key != name))
        print(
            f"golden images {'all' if k is None else k}: nearest is its own kind {right / len(tests):.3f}, "
            f"familiar to its own kind {np.mean(np.array(own) >= FAMILIAR):.3f}, "
            f"to another {np.mean(np.array(other) >= FAMILIAR):.3f} (n = {len(tests)}; lowest own {min(own):.3f}, "
            f"highest other {max(other):.3f}, FAMILIAR {FAMILIAR})"
        )


if __name__ == "__main__":
    main()
