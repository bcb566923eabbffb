"""The ablation: the paper's six rows and the grid around E-DPO, on one base, one small budget and several seeds.

training files (data.py) -> held-out questions (questions.py) -> every run of every seed: stage 1 or 2 (sft.py,
edpo/run.py), then its answers (measure.py) -> intervals (figures.py), table and plots

    OUT/ablation/ table.md, ablation.json, *.png, begun.json, base/ (where the base had fusion), data/, questions/,
        runs/RUN/seedK/{result.json, seconds.json, sft/ or edpo/}

A run is finished when its result.json holds an answer to each of the questions. What was stopped or killed goes on with
`resume`: finished runs are read, a run with a finished model is measured again, one in mid-training goes on from its
last checkpoint.
"""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ...errors import BadInput
from ...models.folder import find_folder, identity
from ...models.fusion_files import has_fusion
from ...models.parts import pick_device
from .. import provenance, sft, training
from ..edpo import run as edpo_run
from ..provenance import Provenance
from ..recipe import Recipe
from ..records import Example, Preference
from .base import without_fusion
from .data import TrainingFiles, write_training
from .figures import columns, difference, figure
from .measure import Result, answer_all, choose_written, finished
from .questions import AskedSet, HeldQuestion, ask_set
from .rows import DIFFERENCES, RUNS, Run, folder_of, recipe_of
from .table import About, SetFigures, write_plots, write_table


def run_ablation(recipe: Recipe, *, resume: bool = False, again: str = "") -> Path:
    """Run the ablation of `recipe`, or what is left of it, and write table, figures and plots.

    Args:
        recipe: with `[sft]`, `[edpo]` and `[ablation]`; of a `model.base` with fusion the fusion is left out.
        resume: go on with the runs that are not finished (see above).
        again: the command line that goes on with this ablation, for messages.

    Returns:
        The folder, `recipe.folder("ablation")`.

    Raises:
        BadInput: an evaluation set is missing or leaks, too few ranked questions, the folder holds another ablation.
        Stopped, RunFailed: as `sft.run`; what is finished stays.
    """
    assert recipe.sft is not None
    assert recipe.edpo is not None
    assert recipe.ablation is not None
    evaluate, out = recipe.ablation.evaluate, recipe.folder("ablation")
    again = again or f"sage-inspect finetune ablation {shlex.quote(recipe.name)} --resume"
    base = find_folder(recipe.model.base)
    with training.writing(out, again):
        begun = _begin(recipe, base, out, resume)
        bare = str(without_fusion(base, out / "base"))
        recipe = recipe.model_copy(update={"model": recipe.model.model_copy(update={"base": bare})})
        files = write_training(recipe, out / "data")
        sets = [ask_set(one, out / "questions" / f"{n}", files.images) for n, one in enumerate(evaluate)]
        asked = [s for s in sets if s.questions]
        if not asked:
            raise BadInput("ablation.evaluate", "none of its sets is there", "name labelled images")
        _keep_questions(asked, out / "questions" / "questions.jsonl")
        results = _run_all(recipe, files, asked, out, again)
        _report(recipe, files, sets, results, begun, out)
    return out


def _begin(recipe: Recipe, base: Path, out: Path, resume: bool) -> dict[str, Any]:
    """What the runs are made from, kept in begun.json, so that results of two ablations are never mixed."""
    assert recipe.sft is not None
    assert recipe.edpo is not None
    told = json.loads(recipe.model_dump_json(exclude={"out", "name"}))
    data = [*provenance.describe(recipe.sft.train, Example), *provenance.describe(recipe.edpo.train, Preference)]
    fresh = {
        "recipe": told,
        "base": identity(base),
        "fusion_left_out": has_fusion(base),
        "data": [d.model_dump() for d in data],
        "versions": provenance.versions(),
    }
    path = out / "begun.json"
    if path.exists():
        if not resume:
            raise BadInput(str(out), "it holds an ablation already", "go on with --resume, or name another folder")
        before = json.loads(path.read_text(encoding="utf-8"))
        changed = [key for key in ("base", "data") if before.get(key) != fresh[key]]
        changed += [key for key, value in told.items() if (before.get("recipe") or {}).get(key) != value]
        if changed:
            why = f"the ablation in it was begun with another {', '.join(changed)}"
            raise BadInput(str(out), why, "resume with the same recipe, or name another folder with --out")
        return dict(before)
    out.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(fresh, indent=1) + "\n", encoding="utf-8")
    return fresh


def _keep_questions(sets: Sequence[AskedSet], path: Path) -> None:
    lines = [
        {"id": q.id, "set": q.set, "group": q.group, "level": q.level, "prompt": q.prompt, "right": q.truth.value}
        for one in sets
        for q in one.questions or ()
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def _run_all(
    recipe: Recipe, files: TrainingFiles, sets: Sequence[AskedSet], out: Path, again: str
) -> dict[str, list[Result]]:
    assert recipe.ablation is not None
    questions = [q for one in sets for q in one.questions or ()]
    written = [choose_written(one.questions or (), recipe.ablation.written) for one in sets]
    chosen = frozenset(id for ids in written for id in ids)
    results: dict[str, list[Result]] = {run.name: [] for run in RUNS}
    todo = [(seed, run) for seed in recipe.ablation.seeds for run in RUNS]
    for number, (seed, run) in enumerate(todo, 1):
        label = run.label.format(eta=recipe.edpo.eta if recipe.edpo else 0)
        path = folder_of(run.name, seed, out) / "result.json"
        result = finished(path, questions)
        state = "run" if result is None else "finished before"
        print(f"{state} {number} of {len(todo)}: {label}, seed {seed}", file=sys.stderr, flush=True)
        if result is None:
            result = _run(run, recipe_of(run, seed, recipe, files, out), questions, chosen, again)
            result.save(path)
        results[run.name].append(result)
    return results


def _run(run: Run, recipe: Recipe, questions: Sequence[HeldQuestion], written: frozenset[str], again: str) -> Result:
    """Train, unless that is done, and measure."""
    folder = recipe.folder("edpo" if run.after else "sft")
    told = Provenance.load(folder)
    if told is None or not told.ended:
        stage = edpo_run.run if run.after else sft.run
        with timed(recipe.out / "seconds.json", pick_device(recipe.model.device).type):
            stage(recipe, resume=True, again=again)
        told = Provenance.load(folder)
        # The weights are there: of twenty runs nobody needs the states of the optimiser.
        shutil.rmtree(folder / training.CHECKPOINTS, ignore_errors=True)
    assert told is not None
    begun = time.monotonic()
    model, answers = answer_all(folder, questions, facts=run.facts, written=written, device=recipe.model.device)
    return Result(
        model=model,
        steps=told.steps,
        seconds=seconds_of(recipe.out / "seconds.json"),
        loss=told.final.get("loss"),
        measured=time.monotonic() - begun,
        told=answers,
    )


@contextlib.contextmanager
def timed(path: Path, device: str) -> Iterator[None]:
    """Adds the seconds spent to those in `path`: a run that was stopped took the time before as well.

    On a CPU they are CPU seconds, which do not depend on what else the machine does; elsewhere they are wall time.
    """
    clock = time.process_time if device == "cpu" else time.monotonic
    before, begun = seconds_of(path), clock()
    try:
        yield
    finally:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(before + clock() - begun), encoding="utf-8")


def seconds_of(path: Path) -> float:
    """The seconds that `timed` kept, 0 where there are none."""
    return float(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else 0.0


def _report(
    recipe: Recipe,
    files: TrainingFiles,
    sets: Sequence[AskedSet],
    results: dict[str, list[Result]],
    begun: dict[str, Any],
    out: Path,
) -> None:
    assert recipe.sft is not None
    assert recipe.edpo is not None
    assert recipe.ablation is not None
    answers = {name: [{told.id: told for told in r.told} for r in of] for name, of in results.items()}
    found = [_figures(one, answers) for one in sets if one.questions]
    seconds = {r.name: [round(one.seconds, 1) for one in results[r.name]] for r in RUNS}
    before = {
        r.name: [one.seconds for one in results[r.after]] if r.after else [0.0] * len(results[r.name]) for r in RUNS
    }
    steps = {r.name: results[r.name][0].steps for r in RUNS}
    about = About(
        base=begun["base"] + (" without its fusion" if begun.get("fusion_left_out") else ""),
        seeds=recipe.ablation.seeds,
        eta=recipe.edpo.eta,
        budget=(
            f"Stage 1: {steps['base']} steps at rate {recipe.sft.learning_rate:g} over {files.records} examples. "
            f"Stage 2: {steps['sfe-edpo']} steps at rate {recipe.edpo.learning_rate:g}, beta {recipe.edpo.beta:g}, "
            f"over {files.pairs} preference pairs, which are far pairs of {2 * files.questions} questions or far and "
            f"near pairs of {files.questions}; weights {recipe.edpo.preference_weight:g} preference, "
            f"{recipe.edpo.bco_weight:g} BCO, {recipe.edpo.sft_weight:g} cross entropy in all rows."
        ),
        written=recipe.ablation.written,
        missing=[one.name for one in sets if one.questions is None],
        slowest=max(a + b for name, of in seconds.items() for a, b in zip(before[name], of, strict=True)),
        minutes=recipe.ablation.minutes,
    )
    told = {
        **begun,
        "ended": provenance.now(),
        "seeds": list(recipe.ablation.seeds),
        "training": {"examples": files.records, "pairs": files.pairs, "questions": files.questions},
        "runs": {r.name: {"label": r.label.format(eta=about.eta), "steps": steps[r.name]} for r in RUNS},
        "seconds": seconds,
        "models": {r.name: [one.model for one in results[r.name]] for r in RUNS},
        "not_measured": list(about.missing),
        "sets": [_plain(one) for one in found],
    }
    (out / "ablation.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    write_table(found, about, out / "table.md")
    write_plots(found, about, out)


def _figures(one: AskedSet, answers: dict[str, list[dict[str, Any]]]) -> SetFigures:
    questions = one.questions or ()
    told = {name: [[of[q.id] for q in questions] for of in by_seed] for name, by_seed in answers.items()}
    measured = {name: columns(questions, by_seed) for name, by_seed in told.items()}
    return SetFigures(
        name=one.name,
        questions=len(questions),
        entries=len({q.group for q in questions}),
        leaked=one.leaked,
        rows={
            name: {key: f for key, column in of.items() if (f := figure(column)) is not None}
            for name, of in measured.items()
        },
        differences={(d.first, d.second): difference(measured[d.first], measured[d.second]) for d in DIFFERENCES},
        coverage={
            name: sum(t.p_true is not None for of in by_seed for t in of) / max(1, sum(map(len, by_seed)))
            for name, by_seed in told.items()
        },
    )


def _plain(one: SetFigures) -> dict[str, Any]:
    return {
        "name": one.name,
        "questions": one.questions,
        "entries": one.entries,
        "leaked": one.leaked,
        "coverage": dict(one.coverage),
        "rows": {name: {key: f._asdict() for key, f in of.items()} for name, of in one.rows.items()},
        "differences": [
            {"first": first, "second": second, **{key: f._asdict() for key, f in of.items()}}
            for (first, second), of in one.differences.items()
        ],
    }
