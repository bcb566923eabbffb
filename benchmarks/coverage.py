"""Does the model know what it does not know: `python -m sage_inspect.benchmarks.coverage [--model FOLDER]`.

Windows of families held out, of known families, of drawn boards and (where the shared data is there) of DeepPCB are
judged defect or not by P(True) >= .5. How sure the model is comes from P(True) and familiarity, joined in several ways;
for each: the area under the risk-coverage curve, the error at 80 % coverage as a share of the plain one (1: no better
than silence at random), and, with the threshold that 80 % coverage on the families held out gives, the coverage of each
set. The bar: error <= .6 of the plain one on families held out, coverage >= 90 % on boards. `policy` is what the graph
does as it is: familiarity above the folder's threshold, P(True) outside the policy's doubtful band. Photographs of
other things have no label here: of them as little as possible should be answered.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import torch

from ..agents.policy import Policy
from ..eval.risk import Point, area, at_coverage, at_threshold, risk_coverage, saved_interval
from ..finetune.nano.evaluate_data import BOARD, Example, deeppcb, drawn, photographs, shared_data
from ..finetune.nano.evaluate_dialogues import plain_questions
from ..finetune.nano.predict import ask
from ..finetune.world.boards.crops import SIDE
from ..finetune.world.families import families, family
from ..models.familiarity import Familiarity
from ..models.folder import find_folder, read_card
from ..models.pairing import pair_images
from ..models.parts import load_parts

SEED = 91_001
"""Of everything drawn here; training draws from small seeds, evaluation from 70 001."""
COVERAGE, WORSE, BOARDS = 0.8, 0.6, 0.9
HELD_OUT, KNOWN, DRAWN, DEEPPCB, MOVED = "held out", "known", "drawn boards", "DeepPCB", "DeepPCB, moved"
OTHER = "photographs"


class Judged(NamedTuple):
    """What the model says of a window: P(True), familiarity (p-value 0..1; 1 without statistics), is it wrong."""

    p_true: float
    familiarity: float
    wrong: bool


Sure = Callable[[Judged], float]


def measures(threshold: float, policy: Policy) -> dict[str, Sure]:
    """Ways to be sure, by name; each high where the model is sure.

    Args:
        threshold: familiarity at or below which the folder calls an image unfamiliar.
    """

    def margin(j: Judged) -> float:
        return max(j.p_true, 1 - j.p_true)

    def known(j: Judged) -> float:
        # What is unfamiliar is less sure than anything familiar, and among its like the margin decides.
        return margin(j) + (1 if j.familiarity > threshold else 0)

    def joined(j: Judged) -> float:
        # P(True) pulled towards one half by how unusual the window is: at the threshold by half.
        trust = j.familiarity / (j.familiarity + threshold) if j.familiarity + threshold > 0 else 0.0
        return trust * (margin(j) - 0.5)

    def as_policy(j: Judged) -> float:
        sure = j.p_true >= policy.anomalous_above or j.p_true <= policy.normal_below
        return float(sure and j.familiarity > threshold)

    return {
        "P(True)": margin,
        "familiarity": lambda j: j.familiarity,
        "familiar, then P(True)": known,
        "P(True) x familiarity": joined,
        "policy": as_policy,
    }


def windows(limit: int) -> dict[str, list[Example]]:
    """The windows by set, `limit` each (DeepPCB: half of them defects); no labels in `OTHER`."""
    sets = {
        HELD_OUT: drawn(limit, SEED, families(True)),
        KNOWN: drawn(limit, SEED + 1),
        DRAWN: drawn(limit, SEED + 2, [family(BOARD)]),
    }
    data = shared_data()
    if data is not None and (data / "deeppcb" / "manifest.json").exists():
        half = limit // 2
        sets[DEEPPCB] = deeppcb(data, positives=half, negatives=half, seed=SEED)
        sets[MOVED] = deeppcb(data, positives=half, negatives=half, shift=2.5, angle=1.5, seed=SEED + 1)
    if data is not None:
        sets[OTHER] = [e for _, e in photographs(data, max(4, limit // 5), seed=SEED)]
    return {name: examples for name, examples in sets.items() if examples}


def judge(
    model: Any, processor: Any, statistics: Familiarity | None, examples: Sequence[Example], seed: int
) -> list[Judged]:
    """P(True) and familiarity of each window, without facts."""
    chances = [t.p_true for t in ask(model, processor, plain_questions(examples, seed), words=False)]
    known: list[float] = [1.0] * len(examples)
    if statistics is not None:
        images = [pair_images(e.test, e.reference, SIDE)[0] for e in examples]
        pixels = processor.image_processor(images, return_tensors="pt")["pixel_values"]
        known = statistics.score(model, pixels)
    return [Judged(p, f, (p >= 0.5) != bool(e.kind)) for e, p, f in zip(examples, chances, known, strict=True)]


def report(told: dict[str, list[Judged]], sure: dict[str, Sure]) -> dict[str, Any]:
    """Print the tables and return their figures."""
    figures: dict[str, Any] = {}
    print(f"{'set':<16}{'windows':>8}{'plain error':>13}")
    for name, rows in told.items():
        error = f"{sum(j.wrong for j in rows) / len(rows):.3f}" if name != OTHER else "-"
        print(f"{name:<16}{len(rows):>8}{error:>13}")
    for way, measure in sure.items():
        print(f"\n{way}")
        print(f"  {'set':<16}{'area':>7}  {'error at 80 % / plain':<24}{'at one threshold: coverage':>27}{'error':>8}")
        scores = {name: [measure(j) for j in rows] for name, rows in told.items()}
        cut = at_coverage(scores[HELD_OUT], [j.wrong for j in told[HELD_OUT]], COVERAGE)
        # The policy answers or does not: its threshold is its own.
        threshold = 1.0 if way == "policy" or cut is None else cut.threshold
        figures[way] = {"threshold": threshold}
        for name, rows in told.items():
            wrong = [j.wrong for j in rows]
            at = at_threshold(scores[name], wrong, threshold)
            assert at is not None, "every set holds windows"
            labelled = name != OTHER
            saved = saved_interval(scores[name], wrong, COVERAGE) if labelled else None
            under = area(scores[name], wrong) if labelled else None
            figures[way][name] = {
                "area": under,
                "error at 80 % / plain": saved and [saved.value, saved.low, saved.high],
                "coverage": at.coverage,
                "error": at.risk if labelled else None,
                "curve": [[p.coverage, p.risk] for p in _few(risk_coverage(scores[name], wrong))] if labelled else [],
            }
            error = f"{at.risk:.3f}" if labelled and at.risk is not None else "-"
            area_told = "-" if under is None else f"{under:.3f}"
            print(f"  {name:<16}{area_told:>7}  {str(saved) if saved else '-':<24}{at.coverage:>27.3f}{error:>8}")
        boards = [figures[way][n]["coverage"] for n in (DRAWN, DEEPPCB, MOVED) if n in told]
        held = figures[way][HELD_OUT]
        plain = sum(j.wrong for j in told[HELD_OUT]) / len(told[HELD_OUT])
        ratio = None if not plain or held["error"] is None else held["error"] / plain
        enough = held["coverage"] >= COVERAGE - 1e-9  # the policy may answer less, and then says nothing about the bar
        good = enough and ratio is not None and ratio <= WORSE and min(boards) >= BOARDS
        told_ratio = "-" if ratio is None else f"{ratio:.2f}"
        print(f"  held out: coverage {held['coverage']:.3f}, error {told_ratio} of the plain one; ", end="")
        print(f"boards: least coverage {min(boards):.3f}: ", end="")
        print("holds" if good else "does not hold")
        figures[way] |= {"ratio": ratio, "least coverage on boards": min(boards), "holds": good}
    return figures


def _few(points: Sequence[Point], most: int = 50) -> list[Point]:
    """About `most` points of a curve, evenly, the last one among them."""
    step = max(1, len(points) // most)
    return list(points[::-1][::step][::-1])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="nano", help="a folder, or nano")
    parser.add_argument("--limit", type=int, default=600, help="windows of each set")
    parser.add_argument("--json", type=Path, help="write figures and curves to this file")
    given = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    folder = find_folder(given.model)
    model, processor, statistics = load_parts(folder, torch.device("cpu"))
    told = {
        name: judge(model, processor, statistics, examples, SEED) for name, examples in windows(given.limit).items()
    }
    figures = report(told, measures(read_card(folder).familiarity_threshold, Policy()))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
