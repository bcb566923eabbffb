"""nano's training as a whole, from nothing, on the synthetic world:

    pools -> tokenizer -> vision -> reading -> joint (SFT with SFE) -> export (files, calibration, familiarity, card)

Vision and reading do not need each other (`--only vision`, `--only reading` run them side by side on two cores). E-DPO
comes after the export. Work files lie in `--work`; with `--resume` a run goes on where it stopped, and
one whose stages are finished only exports again. One thread; nothing but drawn images is trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from transformers import FastVlmForConditionalGeneration, PreTrainedTokenizerFast

from ...models.fusion import FactFusion
from ..world.crops import WorldPool
from ..world.families import family, label_names
from .batches import Encoder
from .export import export
from .model import build_config, build_model, train_tokenizer
from .reading import build_fusion, corpus, train_reading
from .vision import train_vision

POOL_SEED, BOARD_SEED, TOKENIZER_SEED = 1, 2, 2
"""Seeds of what is trained on; evaluation draws from others (evaluate.py)."""
STAGES = ("vision", "reading", "joint")


@dataclass(frozen=True)
class Recipe:
    """What a run does.

    Attributes:
        minutes: wall time of the three training stages together; drawing the pools and the export come on top.
        shares: of vision, reading and joint.
        pools: window pairs drawn of all families, and of bare boards besides, whose fine types need more.
        texts: dialogues that the tokenizer is trained on.
        held_out: drawn windows for calibration and familiarity in the export.
        batch: windows of each pool a vision step; dialogues a reading step; dialogues of each pool a joint step.
        config: arguments of `model.build_config` that differ from the shipped model's.
        device: that the three stages run on; drawing stays on the CPU.
    """

    minutes: float = 290
    shares: tuple[float, float, float] = (0.293, 0.125, 0.582)
    pools: tuple[int, int] = (100_000, 50_000)
    texts: int = 8_000
    held_out: int = 1_200
    batch: tuple[tuple[int, int], tuple[int], tuple[int, int]] = ((44, 20), (16,), (12, 4))
    seed: int = 0
    config: dict[str, object] = field(default_factory=dict)
    device: str = "cpu"


def tokenizer_of(work: Path, recipe: Recipe) -> PreTrainedTokenizerFast:
    """The run's tokenizer, trained at first use and kept in `work`."""
    folder = work / "tokenizer"
    if not folder.exists():
        train_tokenizer(corpus(recipe.texts, TOKENIZER_SEED)).save_pretrained(folder)
    return PreTrainedTokenizerFast.from_pretrained(folder)


def draw_pools(work: Path, recipe: Recipe) -> list[WorldPool]:
    """The windows that are trained on: of all families, and of bare boards."""
    world, boards = recipe.pools
    return [
        WorldPool.draw(work / "world", world, POOL_SEED),
        WorldPool.draw(work / "boards", boards, BOARD_SEED, [family("bare board")]),
    ]


Trained = tuple[FastVlmForConditionalGeneration, FactFusion, PreTrainedTokenizerFast, dict[str, list[float]]]


def train(work: Path, recipe: Recipe, *, stages: Sequence[str] = STAGES, only_load: bool = False) -> Trained:
    """Run (or go on with) the stages; return model, fusion, tokenizer and the losses of each stage.

    With `only_load` nothing is trained: the stages' checkpoints are loaded as they are.
    """
    tokenizer = tokenizer_of(work, recipe)
    pools = draw_pools(work, recipe) if set(stages) & {"vision", "joint"} else []
    torch.manual_seed(recipe.seed)
    config = build_config(**recipe.config)  # type: ignore[arg-type]
    model, fusion = build_model(config).to(recipe.device), build_fusion(config.text_config.hidden_size)  # type: ignore[arg-type]
    encoder = Encoder(tokenizer, label_names())
    seconds = {s: 0.0 if only_load else recipe.minutes * 60 * p for s, p in zip(STAGES, recipe.shares, strict=True)}
    losses: dict[str, list[float]] = {}
    vision, reading, joint = recipe.batch
    if "vision" in stages:
        losses["vision"] = train_vision(
            model, pools, work / "vision.pt", seconds=seconds["vision"], batch=vision, seed=recipe.seed
        )
    if "reading" in stages:
        losses["reading"] = train_reading(
            model, fusion, encoder, work / "reading.pt", seconds=seconds["reading"], batch=reading, seed=recipe.seed
        )
    if "joint" in stages:
        losses["joint"] = train_reading(
            model,
            fusion,
            encoder,
            work / "joint.pt",
            seconds=seconds["joint"],
            pools=pools,
            batch=joint,
            rate=1.5e-3,
            seed=recipe.seed,
        )
    return model.cpu(), fusion.cpu(), tokenizer, losses  # type: ignore[return-value]


def run(out: Path, work: Path, recipe: Recipe, *, only_export: bool = False, note: str = "") -> dict[str, list[float]]:
    """Train and write the model to `out`, with `note` in its card; returns the losses of each stage."""
    model, fusion, tokenizer, losses = train(work, recipe, only_load=only_export)
    export(
        model,
        fusion,
        tokenizer,
        out,
        losses=losses,
        minutes=recipe.minutes,
        pool=sum(recipe.pools),
        held_out=recipe.held_out,
        note=note,
    )
    return losses
