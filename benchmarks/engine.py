"""How long the local model takes for a region and for an answer: `python -m sage_inspect.benchmarks.engine [--runs N]`.

P(True) of a region (one token) and an answer of 40 tokens through `ChatVLM`, the examine node by itself, and the
examine branches of whole inspections as their traces tell. Every run has another pair of windows, so that no image
features are kept from before. Told: median wall time with quartiles, and the median processor time of the process,
which a busy machine disturbs less; the bars are for the wall time of a machine that does nothing else. Forty tokens are
sampled at a high temperature: a greedy answer would end sooner, and how soon is told beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..agents.api import follow, start
from ..agents.nodes.examine import examine
from ..agents.policy import Policy
from ..agents.state import RegionBranch, dump
from ..agents.stores import open_stores
from ..eval.trace_file import read_trace
from ..finetune.nano.evaluate_data import BOARD, drawn
from ..finetune.world.boards.pair import draw_pair
from ..finetune.world.dialogues.facts import draw_facts, recalled
from ..finetune.world.families import family
from ..images import ImageStore
from ..knowledge.facts import FactStore
from ..models.loading import load_model, model_name
from ..models.messages import human
from ..prompts import examine_prompt
from ..schema import Box, Region

SEED = 92_001
TOKENS = 40
P_TRUE_BAR, ANSWER_BAR = 60.0, 600.0
"""What must hold on two cores, in milliseconds."""
WARM = 2


def timed(works: Sequence[Callable[[], Any]]) -> tuple[list[float], list[float], list[Any]]:
    """Wall and processor milliseconds of each work after `WARM` that are not counted, and what they returned."""
    wall, spent, results = [], [], []
    for work in works:
        began, cpu = time.perf_counter(), time.process_time()
        results.append(work())
        wall.append((time.perf_counter() - began) * 1000)
        spent.append((time.process_time() - cpu) * 1000)
    return wall[WARM:], spent[WARM:], results[WARM:]


def row(name: str, wall: Sequence[float], spent: Sequence[float] | None, note: str = "", bar: float = 0.0) -> dict:
    """Print one line of the table and return it."""
    low, middle, high = np.percentile(wall, [25, 50, 75])
    cpu = statistics.median(spent) if spent else None
    told = "-" if cpu is None else f"{cpu:.0f}"
    verdict = "" if not bar else f"bar {bar:.0f}: {'holds' if middle <= bar else 'does not hold'}"
    print(f"{name:<42}{middle:>8.0f} [{low:.0f} {high:.0f}]{told:>10}   {'; '.join(filter(None, (verdict, note)))}")
    return {"name": name, "ms": middle, "quartiles": [low, high], "cpu ms": cpu, "note": note, "runs": len(wall)}


def chat_rows(model: Any, runs: int) -> list[dict]:
    """P(True) and answers through the chat model, with and without facts."""
    pairs = drawn(runs + WARM, SEED, [family(BOARD)])
    rng = np.random.default_rng(SEED)
    region = Region(id="R1", box=Box(30, 30, 62, 50), score=0.9, change="added")
    rows: list[dict] = []
    for count in (0, 4):
        facts = []
        while len(facts) < count:
            facts = draw_facts(family(BOARD), rng)[:count]
        text = examine_prompt(region, "centre", recalled(facts))
        messages = [[human([p.test, p.reference], text)] for p in pairs]
        told = f"{count} facts" if count else "no facts"

        def asking(message: list, **options: Any) -> Callable[[], Any]:
            return lambda: model.invoke(message, **options)

        wall, spent, said = timed([asking(m, max_new_tokens=1) for m in messages])
        prompt = statistics.median(m.usage_metadata["input_tokens"] for m in said)
        rows.append(row(f"P(True) of a region, {told}", wall, spent, f"{prompt:.0f} tokens read", P_TRUE_BAR))
        # The same windows again would come from the features that are kept: turned, they are new.
        turned = [[human([p.test.rotate(90), p.reference.rotate(90)], text)] for p in pairs]
        wall, spent, said = timed([asking(m) for m in turned])
        length = statistics.median(m.usage_metadata["output_tokens"] for m in said)
        rows.append(row(f"whole answer as it comes, {told}", wall, spent, f"{length:.0f} tokens"))
        around = [[human([p.test.rotate(180), p.reference.rotate(180)], text)] for p in pairs]
        long = [asking(m, max_new_tokens=TOKENS, temperature=5.0, seed=i) for i, m in enumerate(around)]
        wall, spent, said = timed(long)
        full = [i for i, m in enumerate(said) if m.usage_metadata["output_tokens"] >= TOKENS]
        if full:
            chosen = [wall[i] for i in full], [spent[i] for i in full]
            rows.append(
                row(f"{TOKENS}-token answer, {told}", *chosen, f"{len(full)} of {len(said)} so long", ANSWER_BAR)
            )
    return rows


def node_row(model: Any, runs: int, home: Path) -> dict:
    """The examine node by itself: zoom, two windows, the facts by id, a whole answer with its P(True)."""
    images, facts = ImageStore(home / "images"), FactStore(home / "chroma")
    facts.seed_starter()
    told = [(f"F{i}", f.id) for i, f in enumerate(facts.list()[:4], 1)]
    works = []
    for i in range(runs + WARM):
        test, golden, truth = draw_pair(SEED + i, size=480, defects=1)
        region = Region(id="R1", box=truth[0][0], score=0.9, change="added", hint=truth[0][1])
        branch = RegionBranch(
            region=dump(region),
            test=dump(images.put(test)),
            aligned=dump(images.put(golden)),
            familiar=True,
            recognised=True,
            facts=told,
        )
        works.append(lambda branch=branch: examine(branch, model=model, images=images, facts=facts, policy=Policy()))
    wall, spent, _ = timed(works)
    return row("examine node, 4 facts, whole answer", wall, spent)


def graph_rows(model: Any, runs: int, home: Path) -> list[dict]:
    """Whole inspections: the examine branches by their traces, which wait for each other in one batch."""
    stores = open_stores()
    whole, each, share = [], [], []
    for i in range(runs + 1):
        test, golden, _ = draw_pair(SEED + 500 + i, size=480, defects=3)
        folder = home / "runs" / f"engine-{i}"
        run = start(test, references=golden, object=family(BOARD).object, model=model, stores=stores, out=folder)
        began = time.perf_counter()
        for _ in follow(run):
            pass
        taken = (time.perf_counter() - began) * 1000
        steps = [s.ms for s in read_trace(folder).steps if s.node == "examine"]
        if i and steps:  # the first one warms up
            whole.append(taken)
            each += steps
            share.append(max(steps) / len(steps))
    if not whole:
        return []
    branches = len(each) / len(whole)
    return [
        row("examine in the graph, a branch (trace)", each, None, f"{branches:.1f} branches an inspection, at once"),
        row("  the longest over their number", share, None, "what a region costs in a batch"),
        row("whole inspection", whole, None),
    ]


def main() -> None:
    """Run it all in a home of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="nano", help="what `inspect --model` takes")
    parser.add_argument("--runs", type=int, default=30, help="repetitions of each; of inspections a third")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SAGE_INSPECT_HOME"] = folder
        model = load_model(given.model)
        load = os.getloadavg()[0]
        print(f"{model_name(model)}, {os.cpu_count()} cores, load {load:.1f}, Python {sys.version.split()[0]}")
        print(f"{'':<42}{'ms, median [quartiles]':>22}{'CPU ms':>8}")
        rows = chat_rows(model, given.runs)
        rows.append(node_row(model, given.runs, Path(folder)))
        rows += graph_rows(model, max(1, given.runs // 3), Path(folder))
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
