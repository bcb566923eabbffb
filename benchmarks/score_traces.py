"""How fast traces are scored and how much memory a long file needs: `python -m sage_inspect.benchmarks.score_traces`.

Takes run folders or trace files (default: inspects one drawn board first). Prints, for one core and without image
reads, traces a second of CPU time: scoring alone, and reading from JSONL with scoring; and with `--lines N ...` the
peak memory of a process that reads and scores a file of N lines (Linux).

python -m sage_inspect.benchmarks.score_traces run1 run2 --lines 1000 10000 100000
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ..eval.read_traces import read_traces
from ..eval.score_trace import score_trace

COUNT = 2000
_CHILD = """
import resource, sys
from pathlib import Path
from sage_inspect.eval.read_traces import read_traces
from sage_inspect.eval.score_trace import score_trace
count = sum(1 for read in read_traces([Path(sys.argv[1])]) if score_trace(read.trace).usage.steps)
# Not ru_maxrss: a process inherits that of the one that started it, which has a model in memory.
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(count, int(peak) / 1024, resource.getrusage(resource.RUSAGE_SELF).ru_utime)
"""


def main() -> None:
    """Print the table."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("traces", nargs="*", type=Path)
    words.add_argument("--lines", nargs="*", type=int, default=[1000, 10000])
    asked = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = asked.traces or [_inspected(Path(folder))]
        traces = [read.trace for read in read_traces(paths)]
        steps = sum(len(t.steps) for t in traces) / len(traces)
        lines = [t.model_dump_json().encode() + b"\n" for t in traces]
        size = sum(map(len, lines)) / len(lines) / 1024
        print(f"{len(traces)} traces, {steps:.1f} steps and {size:.1f} KB each")
        many = [traces[i % len(traces)] for i in range(COUNT)]
        began = time.process_time()
        for trace in many:
            score_trace(trace)
        print(f"scoring               {COUNT / (time.process_time() - began):8.0f} traces a second of CPU time")
        for number in asked.lines:
            file = Path(folder) / "many.jsonl"
            with file.open("wb") as out:
                for i in range(number):
                    out.write(lines[i % len(lines)])
            done = subprocess.run([sys.executable, "-c", _CHILD, str(file)], check=True, capture_output=True, text=True)
            count, peak, seconds = done.stdout.split()
            print(
                f"reading and scoring   {int(count) / float(seconds):8.0f} traces a second of CPU time with start-up; "
                f"{count} lines, {file.stat().st_size / 1e6:.0f} MB: peak {float(peak):.0f} MB"
            )


def _inspected(folder: Path) -> Path:
    from ..agents.api import inspect
    from ..finetune.world.boards.pair import draw_pair

    test, golden, _ = draw_pair(35, defects=3)
    test.save(folder / "board.png")
    golden.save(folder / "golden.png")
    inspect(folder / "board.png", references=folder / "golden.png", out=folder / "run")
    return folder / "run"


if __name__ == "__main__":
    main()
