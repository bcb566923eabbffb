"""Traces of the real graph whose truth is known: `python -m sage_inspect.benchmarks.correct_traces --traces FOLDER`.

Real comparisons and the real nano on drawn boards, drawn pairs of the synthetic world (known families and families held
out) and DeepPCB (`SAGE_DATA`): each with facts about its object in a store of its own, every second one with a question
of AD-PL's three levels. A pair is inspected once: FOLDER keeps `pairs/SET-I/trace.jsonl` and `truth.json`, and a run
that was stopped goes on. `correct.jsonl` and `labels.jsonl` hold the correct ones for `sage-inspect eval sensitivity`.

A trace counts as correct where all of this holds; the first that does not is told as the reason for leaving it out:

1. verdict: as the truth demands (`normal` where nothing is wrong that no criterion permits, else `anomalous`);
2. repaired: no claim was refused and made again (the trace would hold a wrong claim);
3. defects: every true defect that no criterion permits is listed under its type, at IoU >= .33 (DeepPCB's own
   threshold) with its labelled box, one for one, and nothing else is listed;
4. passed: what a criterion permits was examined, with its type, and passed;
5. answer: the question, where there was one, was answered rightly.

The labelled box is the true one grown by `MARGIN` pixels where we drew the defect: DeepPCB's boxes have such a margin,
the comparison learnt it from there, and a 7 px mark inside a 19 px box is no error of an agent's.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..agents.api import inspect
from ..agents.stores import Stores
from ..answers import parse_answer
from ..errors import BadInput
from ..eval.datasets.case import LabelledBox
from ..eval.datasets.deeppcb import read_deeppcb
from ..eval.labels import LabelledDefect, Labels
from ..eval.trace_file import read_trace
from ..finetune.preferences.questions import LEVELS, questions_of
from ..images import ImageStore
from ..knowledge.facts import FactStore, make_fact
from ..knowledge.golden import GoldenLibrary
from ..models.loading import load_model
from ..schema import Box, Trace
from .question_pairs import BOARD, SETS, Pair, draw_pairs, lore_about, view_of

SEED = 91_007
MARGIN, LEAST_IOU = 6, 0.33
DEEPPCB = "deeppcb"
COUNTS = {"boards": 320, DEEPPCB: 210, "known": 320, "held out": 80}
"""Pairs of each set."""


def pairs_of(name: str, count: int, data: Path) -> Iterator[Pair]:
    """`count` pairs of a set, the same ones each time."""
    if name in SETS:
        yield from draw_pairs(name, count)
        return
    cases = [c for c in read_deeppcb(data / DEEPPCB) if c.label == "defect"]
    for i, case in enumerate(cases[:count]):
        assert case.reference is not None, "a DeepPCB case has its template"
        test, golden = (np.asarray(Image.open(p).convert("RGB")) for p in (case.image, case.reference))
        yield Pair(f"{name}:{i}", BOARD, test, golden, case.boxes)


def labels_of(pair: Pair, permitted: frozenset[str]) -> Labels:
    """The truth about a pair: what is wrong and not permitted, in boxes with `MARGIN`."""
    drawn = not pair.id.startswith(DEEPPCB)
    bad = [b for b in pair.boxes if b.type not in permitted]
    return Labels(
        label="anomalous" if bad else "normal",
        types=tuple(dict.fromkeys(b.type for b in bad)),
        defects=tuple(LabelledDefect(box=_grown(b, pair) if drawn else b.box, type=b.type) for b in bad),
        permitted=tuple(sorted({b.type for b in pair.boxes} & permitted)),
    )


def _grown(labelled: LabelledBox, pair: Pair) -> Box:
    (height, width), b = pair.test.shape[:2], labelled.box
    return Box(max(0, b.x1 - MARGIN), max(0, b.y1 - MARGIN), min(width, b.x2 + MARGIN), min(height, b.y2 + MARGIN))


def inspect_pair(pair: Pair, model: Any, stores: Stores, folder: Path) -> None:
    """Inspect a pair with its facts in the store; `folder` gets the trace and its truth."""
    rng = np.random.default_rng((SEED, *pair.id.encode()))
    lore = lore_about(pair)
    view = view_of(pair, lore, rng)
    for told in view.told:
        with suppress(BadInput):  # no single sentence: it is not in the store, and no truth rests on its wording
            stores.facts.add([make_fact(told.fact.text, told.fact.object, told.fact.kind, allows=told.fact.allows)])
    level = LEVELS[int(rng.integers(len(LEVELS)))]
    asked = questions_of(view, level, rng) if rng.random() < 0.5 else []
    question = asked[int(rng.integers(len(asked)))] if asked else None
    work = folder.with_name(folder.name + ".part")
    shutil.rmtree(work, ignore_errors=True)
    inspect(
        pair.test, references=pair.golden, object=lore.object, model=model, stores=stores, out=work / "run",
        question=question.text if question else None,
    )  # fmt: skip
    for known in stores.facts.list():
        stores.facts.remove(known.id)
    shutil.move(work / "run" / "trace.jsonl", work / "trace.jsonl")
    shutil.rmtree(work / "run")
    truth = {
        "pair": pair.id,
        "family": pair.family,
        "answer": question.truth.value if question else None,
        "labels": labels_of(pair, view.permitted).model_dump(mode="json"),
    }
    (work / "truth.json").write_text(json.dumps(truth) + "\n")
    shutil.rmtree(folder, ignore_errors=True)
    work.rename(folder)


def why_not(trace: Trace, labels: Labels, answer: bool | None) -> str:
    """Why a trace is no correct one, "" where it is (the rules of the module)."""
    verdict = trace.verdict
    if verdict is None or verdict.verdict != labels.label:
        return "verdict"
    if any(s.node == "repair" for s in trace.steps):
        return "repaired"
    left = list(labels.defects)
    for found in verdict.defects:
        fits = [d for d in left if d.type == found.type and d.box.iou(found.box) >= LEAST_IOU]
        if not fits:
            return "defects"
        left.remove(max(fits, key=lambda d: d.box.iou(found.box)))
    if left:
        return "defects"
    passed = {c.type for c in verdict.claims if c.defect is False and c.type}
    if not set(labels.permitted) <= passed:
        return "passed"
    if answer is not None and parse_answer(verdict.answer).value != answer:
        return "answer"
    return ""


def read_all(folder: Path) -> Iterator[tuple[str, Trace, Labels, str]]:
    """Every kept pair: name, trace (its run's id made its name), labels, and why it is no correct one."""
    for truth_file in sorted((folder / "pairs").glob("*/truth.json")):
        truth = json.loads(truth_file.read_text())
        labels = Labels.model_validate(truth["labels"])
        trace = read_trace(truth_file.parent).model_copy(update={"run": truth_file.parent.name})
        yield truth_file.parent.name, trace, labels, why_not(trace, labels, truth["answer"])


def correct_traces(folder: Path) -> tuple[dict[str, tuple[Trace, Labels]], Counter[tuple[str, str]]]:
    """The correct traces by name, and how many of each set are correct ("") or left out, by reason."""
    kept, counted = {}, Counter[tuple[str, str]]()
    for name, trace, labels, reason in read_all(folder):
        counted[name.rpartition("-")[0], reason] += 1
        if not reason:
            kept[name] = (trace, labels)
    return kept, counted


def make(folder: Path, counts: dict[str, int], data: Path) -> None:
    """Inspect whatever is missing in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["SAGE_INSPECT_HOME"] = str(folder)
    images = ImageStore(folder / "images")
    # Without the starter pack: what the store holds of an object is what the truth rests on.
    stores = Stores(
        images, FactStore(folder / "chroma"), GoldenLibrary(folder / "chroma", images), folder / "preferences.jsonl"
    )
    for known in stores.facts.list():  # left by a run that was killed
        stores.facts.remove(known.id)
    model = load_model("nano")
    for name, count in counts.items():
        began, made = time.perf_counter(), 0
        for pair in pairs_of(name, count, data):
            out = folder / "pairs" / pair.id.replace(":", "-").replace(" ", "_")
            if (out / "truth.json").exists():
                continue
            inspect_pair(pair, model, stores, out)
            made += 1
        print(f"{name}: {made} pairs inspected in {time.perf_counter() - began:.0f} s", flush=True)


def write(folder: Path, kept: dict[str, tuple[Trace, Labels]]) -> None:
    """The correct traces as `correct.jsonl` and their truth as `labels.jsonl`, as `sage-inspect eval` reads them."""
    with (folder / "correct.jsonl").open("w") as traces, (folder / "labels.jsonl").open("w") as labels:
        for name, (trace, truth) in kept.items():
            traces.write(trace.model_dump_json() + "\n")
            labels.write(json.dumps({"trace": name, **truth.model_dump(mode="json")}) + "\n")


def show(counted: Counter[tuple[str, str]]) -> None:
    """Print how many traces are correct, and why the others are left out, by set."""
    reasons = ("verdict", "repaired", "defects", "passed", "answer")
    print(f"{'set':<12}{'pairs':>7}{'correct':>9}  left out for: " + ", ".join(reasons))
    for name in dict.fromkeys(n for n, _ in counted):
        total = sum(n for (s, _), n in counted.items() if s == name)
        print(f"{name:<12}{total:>7}{counted[name, '']:>9}  {', '.join(str(counted[name, r]) for r in reasons)}")


def main() -> None:
    """Make what is missing and tell what is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--traces", type=Path, required=True, help="folder that keeps them; made once")
    parser.add_argument("--share", type=float, default=1.0, help="of the pairs of each set, e.g. 0.1 to try it")
    given = parser.parse_args()
    data = Path(os.environ.get("SAGE_DATA", "../shared/data"))
    counts = {name: round(n * given.share) for name, n in COUNTS.items()}
    if not (data / DEEPPCB).exists():
        print(f"no {DEEPPCB} in {data} (set SAGE_DATA): left out")
        counts.pop(DEEPPCB)
    make(given.traces, counts, data)
    kept, counted = correct_traces(given.traces)
    write(given.traces, kept)
    show(counted)


if __name__ == "__main__":
    main()
