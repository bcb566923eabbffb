"""What a command, an inspection and a checkpoint cost: `python -m sage_inspect.benchmarks.cost`.

Prints a table of medians (several runs each, after a warm-up); whole processes are measured from outside and told as
ratios to an empty Python start-up measured in the same run. The pair is drawn by the project.
"""

from __future__ import annotations

import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

RUNS = 5
REGIONS, FACTS = 15, 10


def seconds(words: list[str], runs: int = RUNS) -> float:
    """Median wall time of a process, after one warm-up."""
    taken = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[1:])


def row(name: str, value: str, note: str = "") -> None:
    """One line of the table."""
    print(f"{name:<44} {value:>12}   {note}", flush=True)


def processes(pair: tuple[Path, Path]) -> None:
    """Start-up, help, import, a cold inspection."""
    python = sys.executable
    empty = seconds([python, "-c", "pass"])
    row("empty Python start-up", f"{empty:.3f} s")
    for name, words in (
        ("import sage_inspect (with start-up)", [python, "-c", "import sage_inspect"]),
        ("sage-inspect --help", [python, "-m", "sage_inspect.cli", "--help"]),
    ):
        taken = seconds(words)
        row(name, f"{taken:.3f} s", f"{taken / empty:.1f} x empty start-up, {taken - empty:.3f} s above it")
    cold = seconds([python, "-m", "sage_inspect.cli", "inspect", str(pair[0]), "--reference", str(pair[1])], runs=3)
    row("cold inspect, one pair", f"{cold:.2f} s", f"{cold / empty:.0f} x empty start-up")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    row("peak memory of these processes", f"{peak:.0f} MB")


def warm(pair: tuple[Path, Path]) -> None:
    """Inspections in a process that has its model."""
    from ..agents.api import inspect

    taken, reports, nodes = [], [], {}
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        verdict = inspect(pair[0], references=pair[1])
        taken.append(time.perf_counter() - began)
        reports.append(verdict.timings_ms["report"])
        nodes = verdict.timings_ms
    row("warm inspect, one pair", f"{statistics.median(taken[1:]):.2f} s", f"{len(verdict.defects)} defects")
    row("  of it the report", f"{statistics.median(reports[1:]):.0f} ms")
    print("  by node (ms): " + ", ".join(f"{k} {v:.0f}" for k, v in nodes.items()))


@contextmanager
def timed_nodes(intervals: list[tuple[float, float]]):
    """Record when each node's own work begins and ends."""
    from ..agents import graph
    from ..agents.graph import NODES

    def wrap(work: Callable) -> Callable:
        def timed(*args, **kwargs):
            began = time.perf_counter()
            try:
                return work(*args, **kwargs)
            finally:
                intervals.append((began, time.perf_counter()))

        return timed

    with mock.patch.multiple(graph, **{name: wrap(getattr(graph, name)) for name in NODES}):
        yield


def union(intervals: list[tuple[float, float]]) -> float:
    """Length of the union of intervals: the time in which at least one node was at work."""
    total, end = 0.0, 0.0
    for start, stop in sorted(intervals):
        total += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return total


def orchestration(folder: Path) -> None:
    """Graph, checkpoints and trace, without the nodes' own work: 15 regions, 10 facts."""
    from ..agents import api, run
    from ..agents.policy import Policy
    from ..finetune.world.boards.pair import draw_pair

    test, golden, _ = draw_pair(11, defects=REGIONS + 5)
    policy = Policy(facts=FACTS, max_regions=REGIONS)
    overhead, tasks, kept = [], 0, Path()
    for i in range(RUNS + 1):
        intervals: list[tuple[float, float]] = []
        with timed_nodes(intervals), mock.patch.object(run, "write_report", lambda *args: None):
            started = api.start(test, references=golden, policy=policy, out=folder / f"orchestration-{i}")
            began = time.perf_counter()
            for _ in api.follow(started):
                pass
            wall = time.perf_counter() - began
        overhead.append((wall - union(intervals)) * 1000 / len(intervals))
        tasks, kept = len(intervals), started.folder
    row(
        "orchestration a node", f"{statistics.median(overhead[1:]):.1f} ms", f"{tasks} tasks; graph, checkpoints, trace"
    )
    sizes = checkpoint_sizes(kept / "checkpoints.sqlite")
    row(
        "largest superstep in the checkpoints",
        f"{max(sizes) / 1024:.1f} KB",
        f"{len(sizes)} supersteps, writes included",
    )
    row("whole checkpoint file of a run", f"{(kept / 'checkpoints.sqlite').stat().st_size / 1024:.0f} KB")


def checkpoint_sizes(path: Path) -> list[int]:
    """Bytes of each superstep: the checkpoint and the writes that hang on it."""
    with sqlite3.connect(path) as db:
        return [
            size
            for (size,) in db.execute(
                "select length(c.checkpoint) + length(c.metadata) + coalesce((select sum(length(w.value)) from writes w"
                " where w.checkpoint_id = c.checkpoint_id), 0) from checkpoints c"
            )
        ]


def main() -> None:
    """Run it all in a home of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["SAGE_INSPECT_HOME"] = str(folder / "home")
        from ..finetune.world.boards.pair import draw_pair

        test, golden, _ = draw_pair(7, defects=3)
        pair = folder / "test.png", folder / "golden.png"
        test.save(pair[0])
        golden.save(pair[1])
        print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, medians of {RUNS}")
        processes(pair)
        warm(pair)
        orchestration(folder)


if __name__ == "__main__":
    main()
