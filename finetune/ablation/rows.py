"""The runs of the ablation: the paper's six rows, and the two cells of {far, far + near} x {eta 0, eta} beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from ..recipe import Recipe
from .data import TrainingFiles


@dataclass(frozen=True)
class Run:
    """One run: stage 1 from the base, or stage 2 from what another run left.

    Attributes:
        name: of its folder.
        label: of its row; `{eta}` is the recipe's.
        facts: its prompts hold facts, in training and evaluation.
        fusion: the model has SFE fusion.
        after: the run whose model stage 2 begins with; "" is a run of stage 1.
        pairs: of stage 2.
        margin: stage 2 asks for the margin eta * Delta; False is eta = 0.
    """

    name: str
    label: str
    facts: bool
    fusion: bool
    after: str = ""
    pairs: Literal["far", "far+near"] = "far"
    margin: bool = False


class Difference(NamedTuple):
    """A question that two runs answer: what changes from `first` to `second`, at the same seeds and questions."""

    first: str
    second: str
    asks: str


RUNS = (
    Run("base", "base", facts=False, fusion=False),
    Run("text", "+ facts as text", facts=True, fusion=False),
    Run("fused", "+ facts fused (SFE)", facts=True, fusion=True),
    Run("dpo", "+ DPO", facts=False, fusion=False, after="base"),
    Run("sfe-dpo", "SFE + DPO (far, eta 0)", facts=True, fusion=True, after="fused"),
    Run("sfe-edpo", "SFE + E-DPO (far + near, eta {eta:g})", True, True, "fused", "far+near", margin=True),
    Run("sfe-far-margin", "SFE, far, eta {eta:g}", facts=True, fusion=True, after="fused", margin=True),
    Run("sfe-both", "SFE, far + near, eta 0", facts=True, fusion=True, after="fused", pairs="far+near"),
)
"""In the order of the table, a run after the one that it begins with; the first six are the paper's rows."""

PAPER = 6
STAGE_2 = Difference("sfe-dpo", "sfe-edpo", "E-DPO instead of DPO, on SFE")
DIFFERENCES = (
    STAGE_2,
    Difference("sfe-dpo", "sfe-far-margin", "the margin, far pairs only"),
    Difference("sfe-both", "sfe-edpo", "the margin, far and near pairs"),
    Difference("sfe-dpo", "sfe-both", "the near pair, without margin"),
    Difference("base", "text", "facts as text"),
    Difference("text", "fused", "fusion"),
    Difference("base", "dpo", "DPO, without facts"),
    Difference("fused", "sfe-dpo", "DPO, on SFE"),
    Difference("fused", "sfe-edpo", "E-DPO, on SFE"),
)


def recipe_of(run: Run, seed: int, recipe: Recipe, files: TrainingFiles, out: Path) -> Recipe:
    """The recipe of one run: stage 1 or stage 2 alone, at the ablation's budget.

    Far pairs alone need twice the questions for as many pairs: a batch of them is twice as large.

    Args:
        recipe: of the ablation.
        files: its training data.
        out: folder of the ablation.
    """
    assert recipe.sft is not None
    assert recipe.edpo is not None
    changes = {
        "out": folder_of(run.name, seed, out),
        "name": f"{recipe.name}-{run.name}-{seed}",
        "seed": seed,
        "model": recipe.model.model_copy(update={"fusion": run.fusion}),
        "ablation": None,
    }
    if not run.after:
        sft = {"train": (files.examples(run.facts),), "validation": ()}
        return recipe.model_copy(update={**changes, "sft": recipe.sft.model_copy(update=sft), "edpo": None})
    edpo = {
        "base": str(folder_of(run.after, seed, out) / "sft"),
        "train": (files.preferences(run.facts, run.pairs),),
        "validation": (),
        "pairs": run.pairs,
        "eta": recipe.edpo.eta if run.margin else 0.0,
        "batch": recipe.edpo.batch * (2 if run.pairs == "far" else 1),
    }
    return recipe.model_copy(update={**changes, "sft": None, "edpo": recipe.edpo.model_copy(update=edpo)})


def folder_of(name: str, seed: int, out: Path) -> Path:
    """The folder of a run of one seed; its model lies in `sft` or `edpo` below."""
    return out / "runs" / name / f"seed{seed}"
