"""Questions about whole pairs, asked through the graph: `python -m sage_inspect.benchmarks.questions [--model FOLDER]`.

Pairs of the synthetic world (known families, families held out) and drawn boards, from seeds that training does not
use. Each pair is inspected once, with facts about its object in the store (criteria that permit a type, tolerances in
pixels, looks, effects, causes); then AD-PL's questions are asked on it, five a level. Told: accuracy by level; Acc-G,
the share of entries (pair and level) with all five right; the share left unanswered. An answer that is no True or
False counts as wrong. Intervals are bootstrapped over pairs.

`where it fails` sorts the wrong answers: by what was seen (the findings agree with the truth or not, and who is to
blame) and by the kind of question. A question that fails although the findings are right is the reading's fault.
`--reading` asks the reason node alone, on findings made of the truth: what a model of perfect sight would reach.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..agents.api import Session
from ..agents.stores import Stores
from ..answers import parse_answer
from ..errors import BadInput
from ..eval.accuracy import Outcome, summarise
from ..eval.answer_scale import Truth
from ..eval.trace_file import read_trace
from ..finetune.preferences.questions import LEVELS, questions_of
from ..images import ImageStore
from ..knowledge.facts import FactStore, make_fact
from ..knowledge.golden import GoldenLibrary
from ..models.loading import load_model, model_name
from .question_pairs import SEED, SETS, Pair, draw_pairs, generator_of, lore_about, view_of
from .question_predictions import Predictions
from .question_reading import read_answer, true_findings


class Answered(NamedTuple):
    """A question with its truth and the answer; `kind` as `kind_of`, `seen` as `seen_right`."""

    pair: str
    level: str
    text: str
    truth: Truth
    kind: str
    answer: str
    seen: str


@dataclass
class Tally:
    """What a set of pairs came to: its answers, verdicts by truth, seconds spent a pair, and facts not stored."""

    answers: list[Answered] = field(default_factory=list)
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    predictions: Predictions = field(default_factory=Predictions)


def kind_of(question: str, truth: Truth) -> str:
    """What a question asks: as `Truth.asks`, `other` told apart into permitted, kinds and fact."""
    if truth.asks != "other":
        return truth.asks
    if re.search(r"\b(permit|allow|accept)", question, re.IGNORECASE):
        return "permitted"
    return "kinds" if "kind" in question else "fact"


def seen_right(folder: Path, pair: Pair, permitted: frozenset[str]) -> str:
    """`right`, or the first thing that went wrong before any question was read, from the run's trace."""
    steps = read_trace(folder).steps
    comparison = next((s.output["comparison"] for s in steps if s.node == "compare" and s.output.get("comparison")), {})
    findings = {s.subject: s.output["findings"][-1] for s in steps if s.node == "examine" and s.output.get("findings")}
    regions = {r["id"]: r["box"] for r in comparison.get("regions", ())}
    if not comparison.get("registration", {}).get("comparable", True):
        return "not comparable"
    if any(not f["familiar"] for f in findings.values()):
        return "unfamiliar"
    taken = set()
    for b in pair.boxes:
        on = [i for i, r in regions.items() if _overlap(r, b.box)]
        if not on:
            return "no region on a defect"
        claims = [findings[i]["claim"] for i in on if i in findings]
        taken |= set(on)
        said = [c for c in claims if c.get("type") == b.type]
        if b.type in permitted and not any(c.get("defect") for c in claims):
            continue
        if b.type in permitted:
            return "permitted, yet called a defect"
        if not any(c.get("defect") for c in claims):
            return "defect denied"
        if not any(c.get("type") for c in claims):
            return "defect not named"
        if not said:
            return "defect of another type"
    false = [i for i, f in findings.items() if i not in taken and f["claim"].get("defect")]
    return "nuisance called a defect" if false else "right"


def regions_of(folder: Path) -> list[str]:
    """Ids of the regions that a run's comparison found."""
    found = [s.output["comparison"] for s in read_trace(folder).steps if s.node == "compare"]
    return [r["id"] for comparison in found if comparison for r in comparison.get("regions", ())]


def _overlap(one: Sequence[int], other: Sequence[int]) -> bool:
    return min(one[2], other[2]) > max(one[0], other[0]) and min(one[3], other[3]) > max(one[1], other[1])


def ask_pair(pair: Pair, model: Any, stores: Stores, out: Path, tally: Tally) -> None:
    """Inspect a pair with its facts in the store, and ask every question that it admits."""
    rng, lore = generator_of(pair), lore_about(pair)
    view = view_of(pair, lore, rng)
    for told in view.told:
        f = told.fact
        try:
            stores.facts.add([make_fact(f.text, f.object, f.kind, allows=f.allows)])
        except BadInput:
            tally.refused += 1
    began = time.perf_counter()
    session = Session(pair.test, references=pair.golden, object=lore.object, model=model, stores=stores, out=out)
    verdict = session.ask()
    bad = "anomalous" if view.bad() else "normal"
    tally.verdicts[bad, verdict.verdict] += 1
    seen = ""
    regions = regions_of(out)
    for level in LEVELS:
        for question in questions_of(view, level, rng):
            said = session.ask(question.text)
            answer = said.answer
            seen = seen or seen_right(out, pair, view.permitted)
            known, best = [f.fact for f in view.facts], str(question.right)
            tally.predictions.add(pair.id, level, question.text, question.truth, best, said, known, regions)
            kind = kind_of(question.text, question.truth)
            tally.answers.append(Answered(pair.id, level, question.text, question.truth, kind, answer, seen))
    tally.seconds.append(time.perf_counter() - began)
    for known in stores.facts.list():
        stores.facts.remove(known.id)


def read_pair(pair: Pair, terms: dict[str, tuple[str, ...]], images: ImageStore, tally: Tally) -> None:
    """Ask every question about a pair of the reason node alone, on findings made of the truth."""
    rng, lore, began = generator_of(pair), lore_about(pair), time.perf_counter()
    view, test = view_of(pair, lore, rng), images.put(pair.test)
    findings = true_findings(pair, view, test)
    for level in LEVELS:
        for q in questions_of(view, level, rng):
            answer = read_answer(
                q.text, findings, view.facts, object=lore.object, test=test, terms=terms, images=images
            )
            kind = kind_of(q.text, q.truth)
            tally.answers.append(Answered(pair.id, level, q.text, q.truth, kind, answer, "right"))
    tally.seconds.append(time.perf_counter() - began)


def is_right(one: Answered) -> bool | None:
    """Whether True or False is right; None where the answer is neither."""
    value = parse_answer(one.answer).value
    return None if value is None else value == one.truth.value


def show(name: str, tally: Tally, examples: int) -> dict[str, Any]:
    """Print a set's tables and return its figures."""
    rights = [is_right(a) for a in tally.answers]
    strict = summarise(Outcome(a.pair, a.level, bool(r)) for a, r in zip(tally.answers, rights, strict=True))
    open_ = [r is None for r in rights]
    print(f"\n{name}: {len(tally.seconds)} pairs, {len(rights)} questions, {np.median(tally.seconds):.1f} s a pair")
    if tally.verdicts:
        print(
            "  verdicts (truth -> told): "
            + ", ".join(f"{a} -> {b} {n}" for (a, b), n in sorted(tally.verdicts.items()))
        )
    rows: dict[str, Any] = {"accuracy": strict.accuracy, **strict.by_level, "Acc-G": strict.acc_g}
    for level in LEVELS:
        chosen = [(a, r) for a, r in zip(tally.answers, rights, strict=True) if a.level == level]
        rows[f"Acc-G, {level}"] = summarise(Outcome(a.pair, a.level, bool(r)) for a, r in chosen).acc_g
    for key, value in rows.items():
        print(f"  {key:<32} {value if value is not None else '-'}")
    print(f"  {'unanswered':<32} {np.mean(open_) if open_ else 0:.3f}")
    blame(tally.answers, rights, examples)
    figures = {k: None if v is None else [v.value, v.low, v.high] for k, v in rows.items()}
    return figures | {"unanswered": float(np.mean(open_)) if open_ else None, "pairs": len(tally.seconds)}


def blame(answers: Sequence[Answered], rights: Sequence[bool | None], examples: int) -> None:
    """Print where it fails: pairs by what was seen, questions by kind, some wrong answers whose findings are right."""
    pairs = Counter({a.pair: a.seen for a in answers}.values())
    print("  what was seen, pairs: " + ", ".join(f"{k} {n}" for k, n in pairs.most_common()))
    rows: dict[str, list[int]] = defaultdict(lambda: [0] * 6)
    told: dict[str, list[str]] = defaultdict(list)
    for a, right in zip(answers, rights, strict=True):
        row = rows[a.kind]
        column = 3 * (a.seen != "right") + (0 if right else 2 if right is None else 1)
        row[column] += 1
        if a.seen == "right" and not right:
            told[a.kind].append(f"{a.text} -- told: {a.answer[:110]} -- right: {a.truth.value}")
    print(f"  {'kind of question':<18}{'findings right: right wrong open':>34}{'findings wrong: right wrong open':>36}")
    for kind, row in sorted(rows.items()):
        print(f"  {kind:<18}{row[0]:>24}{row[1]:>6}{row[2]:>5}{row[3]:>26}{row[4]:>6}{row[5]:>5}")
    for kind, lines in sorted(told.items()):
        for line in lines[:examples]:
            print(f"    {kind}: {line}")


def main() -> None:
    """Run the sets in a home of their own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="nano", help="what `inspect --model` takes")
    parser.add_argument("--limit", type=int, default=60, help="pairs of each set")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--reading", action="store_true", help="the reading of questions alone, sight taken as perfect")
    parser.add_argument("--examples", type=int, default=2, help="wrong answers shown of each kind")
    parser.add_argument("--json", type=Path, help="write figures and every answer to this file")
    parser.add_argument("--predictions", type=Path, help="write every answer as `sage-inspect eval answers` reads it")
    given = parser.parse_args()
    figures: dict[str, Any] = {}
    told = Predictions()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ["SAGE_INSPECT_HOME"] = folder
        images = ImageStore(home / "images")
        # Without the starter pack: what the store holds of an object is what the truth rests on.
        stores = Stores(
            images, FactStore(home / "chroma"), GoldenLibrary(home / "chroma", images), home / "preferences.jsonl"
        )
        model = load_model(given.model)
        print(f"{model_name(model)}, seed {SEED}; value [95 % interval, clustered by pair]")
        for name in given.sets:
            tally = Tally()
            for i, pair in enumerate(draw_pairs(name, given.limit)):
                if given.reading:
                    read_pair(pair, getattr(model, "terms", {}), images, tally)
                else:
                    ask_pair(pair, model, stores, home / "runs" / f"{SETS.index(name)}-{i}", tally)
            figures[name] = show(name, tally, given.examples)
            told.lines += tally.predictions.lines
            if given.predictions:
                told.write(given.predictions)
            if tally.refused:
                print(f"  {tally.refused} facts were no single sentences and are not in the store")
            if given.json:
                figures[name]["answers"] = [
                    [a.pair, a.level, a.kind, a.text, a.truth.value, a.answer, a.seen] for a in tally.answers
                ]
                given.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
