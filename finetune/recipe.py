"""What a training recipe holds: the types of its parts, with their ranges and defaults. recipe_files.py reads them.

One recipe describes a model and its stages; a command runs the stage it is named for. Paths in it are relative to the
folder that the command runs in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Stage = Literal["sft", "edpo", "ablation"]


class Part(BaseModel):
    """What all parts share: unknown keys are refused, values are frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Lora(Part):
    """Low-rank adapters on the language model's linear layers; the projector is trained whole beside them.

    Attributes:
        rank, alpha, dropout: as PEFT has them.
    """

    rank: int = Field(default=16, ge=1, le=1024)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)


class Model(Part):
    """The model that is tuned.

    Attributes:
        base: `nano`, a folder, or a Hugging Face id in the local cache; a folder that an earlier stage wrote keeps its
            LoRA and its fusion.
        lora: adapters instead of full tuning of the language model.
        fusion: attach SFE fusion where the base has none (method.md section 1).
        train_projector, train_language, train_vision: which parts learn; the encoder is frozen by default.
        precision: of the arithmetic; `auto` is bf16 on a GPU and fp32 elsewhere.
        checkpointing: recompute activations in the backward pass, for less memory.
        device: `auto`, `cpu`, `cuda`; several GPUs come from `accelerate launch`.
    """

    base: str = Field(min_length=1)
    lora: Lora | None = None
    fusion: bool = True
    train_projector: bool = True
    train_language: bool = True
    train_vision: bool = False
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    checkpointing: bool = False
    device: str = "auto"


class Training(Part):
    """What both stages have.

    Attributes:
        train: files of records (records.py), JSONL.
        validation: as `train`; the loss over it is logged at every checkpoint.
        epochs: passes over `train`; `steps`, where above 0, ends the run earlier or later.
        batch: records a step and device; `accumulate` such batches make one update.
        learning_rate: the highest, reached after `warmup` (a share of the steps below 1, else steps).
        schedule: of the rate after that.
        clip: of the gradient's norm.
        save_every: updates between checkpoints, of which the last `keep` stay.
        log_every: updates between lines of the log.
        max_length: longest record in tokens; None takes the model's context. Nothing is ever cut off.
        group_by_length: batches of records of like length, for less padding.
        workers: processes that prepare batches; 0 prepares them in the training process.
    """

    train: tuple[Path, ...] = Field(min_length=1)
    validation: tuple[Path, ...] = ()
    epochs: float = Field(default=1, gt=0)
    steps: int = Field(default=0, ge=0)
    batch: int = Field(default=4, ge=1)
    accumulate: int = Field(default=1, ge=1)
    learning_rate: float = Field(default=4e-5, gt=0, lt=1)
    warmup: float = Field(default=0.03, ge=0)
    schedule: Literal["linear", "cosine", "constant_with_warmup"] = "cosine"
    weight_decay: float = Field(default=0.01, ge=0, lt=1)
    clip: float = Field(default=1.0, gt=0)
    save_every: int = Field(default=200, ge=1)
    keep: int = Field(default=2, ge=1)
    log_every: int = Field(default=10, ge=1)
    max_length: int | None = Field(default=None, ge=16)
    group_by_length: bool = True
    workers: int = Field(default=0, ge=0, le=64)


class Sft(Training):
    """Stage 1 (method.md section 1): cross entropy on the answer.

    Attributes:
        fusion_rate: learning rate of the fusion, which starts at zero effect and hardly moves at the model's rate.
    """

    fusion_rate: float = Field(default=1e-3, gt=0, lt=1)


class Edpo(Training):
    """Stage 2 (method.md section 2); `batch` counts questions.

    Attributes:
        base: the model after stage 1; "" takes the stage 1 output of the same recipe.
        beta, eta, tau: of the objective.
        selection: reading of the entropy difference.
        pairs: which pairs of a question's ranked answers are used.
        preference_weight, bco_weight, sft_weight: of the preference term, the BCO term (far pair) and the
            cross-entropy term (best answer).
    """

    base: str = ""
    learning_rate: float = Field(default=5e-6, gt=0, lt=1)
    beta: float = Field(default=0.1, gt=0)
    eta: float = Field(default=1.0, ge=0)
    tau: float = Field(default=1.0, gt=0)
    selection: Literal["pairwise", "term", "score"] = "pairwise"
    pairs: Literal["far+near", "far", "near"] = "far+near"
    preference_weight: float = Field(default=0.8, ge=0)
    bco_weight: float = Field(default=0.2, ge=0)
    sft_weight: float = Field(default=1.0, ge=0)


class EvaluationSet(Part):
    """Labelled images that the ablation asks about and no stage trains on.

    Attributes:
        name: in the table.
        data: a folder that eval/datasets reads; one that is not there is looked for in the shared data (`SAGE_DATA`).
        splits: cases of these only; empty: all.
        crops: ask about windows around regions, as the agent does, instead of whole images.
        cases: how many are asked about; 0: all.
        object: what the images show; None takes the set's name for it.
        optional: without its folder it is left out, and the table says so.
    """

    name: str = Field(min_length=1)
    data: Path
    splits: tuple[str, ...] = ()
    crops: bool = False
    cases: int = Field(default=0, ge=0)
    object: str | None = None
    optional: bool = False


class Ablation(Part):
    """The paper's six rows on this recipe's model and data; the steps of [sft] and [edpo] are the budget of a run.

    Attributes:
        evaluate: what is asked.
        seeds: one run of each row a seed.
        minutes: time that one run may take, both stages together (CPU time on a CPU, else wall time); the table tells
            what the slowest took.
        written: questions of each set that are answered in words as well, for the answer score.
    """

    evaluate: tuple[EvaluationSet, ...] = Field(min_length=1)
    seeds: tuple[int, ...] = Field(default=(0, 1, 2), min_length=1)
    minutes: float = Field(default=5, gt=0)
    written: int = Field(default=60, ge=0)

    @model_validator(mode="after")
    def _twice(self) -> Ablation:
        for what, given in (("evaluate", [one.name for one in self.evaluate]), ("seeds", list(self.seeds))):
            if len(set(given)) < len(given):
                raise ValueError(f"{what} holds one twice")
        return self


class Recipe(Part):
    """A whole recipe.

    Attributes:
        out: folder of the runs; stage 1 writes to `out/sft`, stage 2 to `out/edpo`, the ablation to `out/ablation`.
        name: for sage.json and traces; "" takes the recipe's file name.
        seed: of data order, initialisation and dropout.
    """

    out: Path
    name: str = ""
    seed: int = Field(default=0, ge=0, lt=2**31)
    model: Model
    sft: Sft | None = None
    edpo: Edpo | None = None
    ablation: Ablation | None = None

    @model_validator(mode="after")
    def _stages(self) -> Recipe:
        if not (self.sft or self.edpo):
            raise ValueError("neither [sft] nor [edpo] is there: nothing to train")
        return self

    def folder(self, stage: Stage) -> Path:
        """Where `stage` writes."""
        return self.out / stage

    def edpo_base(self) -> str:
        """The model that stage 2 begins with: its own base, else stage 1's output, else the recipe's base."""
        if self.edpo and self.edpo.base:
            return self.edpo.base
        return str(self.folder("sft")) if self.sft else self.model.base
