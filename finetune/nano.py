"""Train nano from scratch on drawn boards: `python -m sage_inspect.finetune.nano --out DIR --minutes M`.

    pool -> vision stage -> tokenizer -> language stage -> export (files, calibration, familiarity, model card)

Work files (pool, checkpoints) lie in `--work`; with `--resume` a run goes on where it stopped, and one whose stages are
finished only exports again. One thread; nothing but drawn images is trained on.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import torch
from transformers import FastVlmForConditionalGeneration, PreTrainedTokenizerFast

from .crops import Pool
from .nano_export import export
from .nano_language import corpus, train_language
from .nano_model import build_config, build_model, train_tokenizer
from .nano_vision import train_vision

POOL_SEED, TOKENIZER_SEED = 1, 2
"""Seeds of what is trained on; evaluation draws from others (evaluate.py)."""


@dataclass(frozen=True)
class Recipe:
    """What a run does.

    Attributes:
        minutes: wall time of the two training stages together; drawing the pool and the export come on top.
        vision_share: share of it for the vision stage.
        pool: crop pairs drawn.
        texts: dialogues that the tokenizer is trained on.
        held_out: drawn crops for calibration and familiarity in the export.
        config: arguments of `nano_model.build_config` that differ from the shipped model's.
    """

    minutes: float = 90
    vision_share: float = 0.2
    pool: int = 120_000
    texts: int = 6_000
    held_out: int = 1_200
    batch: tuple[int, int] = (64, 8)
    seed: int = 0
    config: dict[str, object] = field(default_factory=dict)


def tokenizer_of(work: Path, recipe: Recipe) -> PreTrainedTokenizerFast:
    """The run's tokenizer, trained at first use and kept in `work`."""
    folder = work / "tokenizer"
    if not folder.exists():
        train_tokenizer(corpus(recipe.texts, TOKENIZER_SEED)).save_pretrained(folder)
    return PreTrainedTokenizerFast.from_pretrained(folder)


def train(
    work: Path, recipe: Recipe, *, only_load: bool = False
) -> tuple[FastVlmForConditionalGeneration, PreTrainedTokenizerFast, dict[str, list[float]]]:
    """Run (or go on with) both stages; return model, tokenizer and the losses of each stage.

    With `only_load` nothing is trained: the stages' checkpoints are loaded as they are.
    """
    torch.manual_seed(recipe.seed)
    pool = Pool.draw(work / "pool", recipe.pool, POOL_SEED)
    tokenizer = tokenizer_of(work, recipe)
    model = build_model(build_config(**recipe.config))  # type: ignore[arg-type]
    seconds = 0.0 if only_load else recipe.minutes * 60
    vision = train_vision(
        model, pool, work / "vision.pt", seconds=seconds * recipe.vision_share, batch=recipe.batch[0], seed=recipe.seed
    )
    language = train_language(
        model,
        tokenizer,
        pool,
        work / "language.pt",
        seconds=seconds * (1 - recipe.vision_share),
        batch=recipe.batch[1],
        seed=recipe.seed,
    )
    return model, tokenizer, {"vision": vision, "language": language}


def run(out: Path, work: Path, recipe: Recipe, *, only_export: bool = False, note: str = "") -> dict[str, list[float]]:
    """Train and write the model to `out`, with `note` in its card; returns the losses of each stage."""
    model, tokenizer, losses = train(work, recipe, only_load=only_export)
    about = {"minutes": recipe.minutes, "pool": recipe.pool, "held_out": recipe.held_out}
    export(model, tokenizer, out, losses=losses, note=note, **about)  # type: ignore[arg-type]
    return losses


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="sage_inspect.finetune.nano", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the model's files")
    parser.add_argument("--minutes", type=float, default=Recipe.minutes, help="wall time for training")
    parser.add_argument("--vision-share", type=float, default=Recipe.vision_share, help="share of it for vision")
    parser.add_argument("--work", type=Path, help="folder for pool and checkpoints (default: under the temp folder)")
    parser.add_argument("--resume", action="store_true", help="go on with the checkpoints in --work")
    parser.add_argument("--export", action="store_true", help="write the files from the checkpoints, train nothing")
    parser.add_argument("--pool", type=int, default=Recipe.pool, help="crop pairs to draw")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--note", default="", help="a sentence for the model card")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    work = given.work or Path(tempfile.gettempdir()) / "sage-nano"
    if not (given.resume or given.export):
        for name in ("vision.pt", "language.pt"):
            (work / name).unlink(missing_ok=True)
        shutil.rmtree(work / "tokenizer", ignore_errors=True)
    recipe = Recipe(minutes=given.minutes, vision_share=given.vision_share, pool=given.pool, seed=given.seed)
    run(given.out, work, recipe, only_export=given.export, note=given.note)
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
