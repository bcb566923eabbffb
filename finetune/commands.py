"""The commands under `sage-inspect finetune`: a few lines each; what is heavy is imported inside them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import BadInput
from ..json_option import JSON, tell

if TYPE_CHECKING:
    from .recipe import Recipe, Stage

_FOLDER = click.Path(path_type=Path)


def _stage_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.argument("config", metavar="CONFIG"),
            click.option("--out", default=None, help="Folder of the run, instead of the recipe's."),
            click.option("--seed", type=click.IntRange(0), default=None, help="Instead of the recipe's."),
            click.option(
                "--set", "changes", multiple=True, metavar="KEY=VALUE", help="e.g. sft.steps=100; repeatable."
            ),
            click.option("--resume", is_flag=True, help="Go on from the last checkpoint."),
            JSON,
        )
    ):
        command = option(command)
    return command


@click.group()
def finetune() -> None:
    """Tune a model: data, SFE fine-tuning, E-DPO, merge, ablation."""


@finetune.command()
@click.option("--out", type=_FOLDER, required=True, help="Folder for the data set.")
@click.option("--pairs", default=100, show_default=True, type=click.IntRange(1), help="Image pairs.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--family", "families", multiple=True, help="Only this family; repeatable. Default: all.")
@click.option("--size", default=256, show_default=True, help="Side of the pictures in pixels.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1), help="Processes.")
@click.option("--gallery", is_flag=True, help="Write contact sheets of the families instead.")
@JSON
def synth(
    out: Path,
    pairs: int,
    seed: int,
    families: tuple[str, ...],
    size: int,
    workers: int,
    gallery: bool,
    as_json: bool,
) -> None:
    """Draw a labelled data set of the synthetic inspection world."""
    from .preferences.annotations import annotate
    from .world.gallery import write_gallery
    from .world.synth import write_synth

    if gallery:
        written = write_gallery(out, seed=seed, families=families or None)
    else:
        written = write_synth(
            out, pairs, seed=seed, families=families or None, size=size, workers=workers, annotate=annotate
        )
    tell({"written": str(written)}, as_json, str(written))


@finetune.command()
@_stage_options
def sft(config: str, out: str | None, seed: int | None, changes: tuple[str, ...], resume: bool, as_json: bool) -> None:
    """Stage 1: SFE fine-tuning on the answers, as the recipe CONFIG says."""
    recipe = _recipe(config, "sft", out, seed, changes)
    from .sft import run

    _done(run(recipe, resume=resume, again=_again()), as_json)


@finetune.command()
@_stage_options
def edpo(config: str, out: str | None, seed: int | None, changes: tuple[str, ...], resume: bool, as_json: bool) -> None:
    """Stage 2: entropy-aware preference optimisation of what stage 1 left."""
    recipe = _recipe(config, "edpo", out, seed, changes)
    from .edpo.run import run

    _done(run(recipe, resume=resume, again=_again()), as_json)


@finetune.command()
@click.option("--data", type=_FOLDER, required=True, help="Labelled images: MVTec layout, DeepPCB, synth.")
@click.option("--out", type=_FOLDER, required=True, help="Folder for preferences.jsonl, examples.jsonl, adpl.json.")
@click.option("--model", default=None, help="Also draw candidates from this model.")
@click.option("--samples", default=4, show_default=True, type=click.IntRange(1), help="Candidates a question from it.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--split", "splits", multiple=True, help="Only cases of this split; repeatable.")
@click.option("--crops", is_flag=True, help="Ask about windows around regions, as the agent does.")
@click.option("--object", "object_name", default=None, help="What the images show; default: the set's name for it.")
@JSON
def preferences(
    data: Path,
    out: Path,
    model: str | None,
    samples: int,
    seed: int,
    splits: tuple[str, ...],
    crops: bool,
    object_name: str | None,
    as_json: bool,
) -> None:
    """Build ranked answers at AD-PL's three levels, and the examples of stage 1, from labelled images."""
    from dataclasses import asdict

    from ..eval.datasets import read_cases
    from .preferences.build import build_preferences
    from .world.progress import bar

    cases = read_cases(data)
    with bar("cases", len(cases), 0) as advance:
        seen = [0]

        def progress(done: int, _: int) -> None:
            advance(done - seen[0])
            seen[0] = done

        built = build_preferences(
            cases,
            out,
            model=model,
            samples=samples,
            seed=seed,
            crops=crops,
            object=object_name,
            splits=splits,
            progress=progress,
        )
    told = {**asdict(built), "folder": str(built.folder)}
    tell(told, as_json, f"{built.questions} questions about {built.cases} cases: {built.folder}")


@finetune.command()
@click.option(
    "--tuning", type=_FOLDER, multiple=True, required=True, help="Images tuned on: a folder, or records; repeatable."
)
@click.option(
    "--evaluation", type=_FOLDER, multiple=True, required=True, help="Images measured on, likewise; repeatable."
)
@JSON
def leaks(tuning: tuple[Path, ...], evaluation: tuple[Path, ...], as_json: bool) -> None:
    """Find images of the evaluation in the tuning data; exit code 1 where one is.

    By the pixels, and by likeness: recompressed, scaled, in other light, cropped a little. Not found: mirrored copies,
    and crops by more than some 3 % a side.
    """
    from .preferences.leaks import check_leaks, images_of
    from .world.progress import bar

    known, asked = ([image for path in paths for image in images_of(path)] for paths in (tuning, evaluation))
    counts = {"tuning": len(set(known)), "evaluation": len(set(asked))}
    with bar("images", len({*known, *asked})) as advance:
        found = check_leaks(known, asked, progress=lambda _: advance(1))
    rows = [
        {"evaluation": str(x.evaluation), "tuning": str(x.train), "kind": x.kind, "distance": x.distance} for x in found
    ]
    told = f"leaks: {len(found)} of {counts['evaluation']} evaluation images, against {counts['tuning']} tuning images"
    tell({**counts, "leaks": rows}, as_json, "\n".join([*map(str, found), told]))
    if found:
        sys.exit(1)


@finetune.command()
@click.argument("folder")
@click.option("--out", type=_FOLDER, required=True, help="New folder for the whole model.")
@click.option("--name", default="", help="For traces; default: the adapter's.")
@JSON
def merge(folder: str, out: Path, name: str, as_json: bool) -> None:
    """Merge the LoRA in FOLDER into its base; the fusion stays beside it."""
    _needed("peft")
    from .merge import merge as merge_into

    written = merge_into(folder, out, name=name)
    tell({"folder": str(written)}, as_json, str(written))


@finetune.command()
@_stage_options
def ablation(
    config: str, out: str | None, seed: int | None, changes: tuple[str, ...], resume: bool, as_json: bool
) -> None:
    """The paper's six rows on one model and one data set, with intervals and plots."""
    recipe = _recipe(config, "ablation", out, seed, changes)
    from .ablation.run import run_ablation

    written = run_ablation(recipe, resume=resume, again=_again())
    tell({"folder": str(written)}, as_json, str(written))


def _recipe(config: str, stage: Stage, out: str | None, seed: int | None, changes: Sequence[str]) -> Recipe:
    """The checked recipe; then the libraries that a training needs: a wrong recipe is told without them."""
    from .recipe_files import load_recipe

    given = [f"out={json.dumps(out)}"] if out is not None else []
    given += [f"seed={seed}"] if seed is not None else []
    recipe = load_recipe(config, stage, [*changes, *given])
    _needed("trl", "peft", "accelerate", "datasets")
    return recipe


def _needed(*modules: str) -> None:
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise BadInput("finetune", f"{', '.join(missing)} not installed", "pip install 'sage-inspect[finetune]'")
    # Read when the hub's client is imported: nothing is reported and nothing looked up.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def _again() -> str:
    """The command line as it was typed, with --resume."""
    import shlex

    words = [word for word in sys.argv[1:] if word != "--debug"]
    return " ".join(["sage-inspect", *map(shlex.quote, words), *([] if "--resume" in words else ["--resume"])])


def _done(outcome: Any, as_json: bool) -> None:
    last = outcome.losses[-1][1] if outcome.losses else None
    told = {"folder": str(outcome.folder), "steps": outcome.steps, "loss": last}
    tell(told, as_json, f"{outcome.steps} steps: use it with --model {outcome.folder}")
