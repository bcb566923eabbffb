"""The mutation suite on traces of the real graph: `python -m sage_inspect.benchmarks.mutations --traces FOLDER`.

FOLDER holds the traces that `correct_traces.py` makes (real comparisons, the real nano); what is missing is made first.
Told: how many traces are correct and why others are left out; what our score, the null scorers and every mode of
langchain's agentevals see of every family, and at which step; false alarms; drift; localization along a moved box.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

from ..eval.null_scorers import NULL_SCORERS
from ..eval.reading import of_function, ours
from ..eval.sensitivity import SensitivityRun
from ..eval.sensitivity_table import Sensitivity, summarise, table
from .agentevals_modes import agentevals_scorers
from .correct_traces import COUNTS, DEEPPCB, correct_traces, make, show, write

BARS = {"detected": 0.98, "located": 0.95, "quiet": 0.97, "held": 0.98, "monotone": 0.98}
"""What our score must reach in its worst family. The issue names the first three; the others are ours."""


def matrix(found: Sensitivity) -> str:
    """Share detected, by family (rows) and scorer (columns); of neutral edits the share with a false alarm."""
    scorers = list(found.worst)
    names = [s.replace("agentevals ", "ae:") for s in scorers]
    lines = [f"{'family':<38}" + "".join(f"{n:>14}" for n in names)]
    for family in dict.fromkeys(f.family for f in found.families):
        cells = {f.scorer: f.detected.value for f in found.families if f.family == family}
        lines.append(f"{family:<38}" + "".join(f"{cells[s]:>14.3f}" for s in scorers))
    return "\n".join(lines)


def main() -> None:
    """Make what is missing, measure, print, and write `summary.json` and `table.txt`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--traces", type=Path, required=True, help="folder that keeps the correct traces")
    parser.add_argument("--out", type=Path, default=Path("build/mutations"), help="folder of rows and tables")
    parser.add_argument("--limit", type=int, help="correct traces taken (evenly spread); default all")
    parser.add_argument("--alone", action="store_true", help="without agentevals")
    given = parser.parse_args()
    scorers = {"sage-inspect": ours} | {name: of_function(f, name) for name, f in NULL_SCORERS.items()}
    scorers |= {} if given.alone else agentevals_scorers()
    data = Path(os.environ.get("SAGE_DATA", "../shared/data"))
    if not (given.traces / "made.json").exists():
        counts = {k: v for k, v in COUNTS.items() if k != DEEPPCB or (data / DEEPPCB).exists()}
        make(given.traces, counts, data)
        (given.traces / "made.json").write_text(json.dumps(counts))
    kept, counted = correct_traces(given.traces)
    write(given.traces, kept)
    show(counted)
    names = list(kept)
    if given.limit and given.limit < len(names):
        names = [names[i * len(names) // given.limit] for i in range(given.limit)]
    began = time.process_time()
    run = SensitivityRun(given.out, {"scorers": list(scorers), "traces": names})
    run.measure(((name, *kept[name]) for name in names), scorers)
    found = summarise(run.rows())
    text = f"{table(found)}\n\ndetected, by scorer\n{matrix(found)}"
    print(text)
    for name, bar in BARS.items():
        value = found.worst["sage-inspect"][name]
        told = "unscored" if value is None else f"{value:.3f}"
        print(f"bar {name:<10} {told} in the worst family ({'reached' if value and value >= bar else 'missed'}: {bar})")
    print(f"{time.process_time() - began:.0f} s of CPU")
    (given.out / "summary.json").write_text(found.model_dump_json(indent=1) + "\n")
    (given.out / "table.txt").write_text(text + "\n")


if __name__ == "__main__":
    main()
