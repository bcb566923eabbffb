"""Stage 1: supervised fine-tuning with SFE fusion, on TRL's SFTTrainer (method.md section 1, "Training stage 1").

recipe -> model, LoRA, fusion -> records measured -> training with checkpoints -> a folder for `--model`
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset, Features, List, Value
from transformers import PrinterCallback, set_seed
from trl import SFTConfig, SFTTrainer

from ..errors import BadInput
from ..models.folder import find_folder
from ..models.fusion_files import save_fusion
from ..models.parts import pick_device
from . import provenance, training
from .collator import AnswerCollator, to_row
from .encoder import Encoder
from .model_parts import FUSION, frozen_modules
from .models_io import Loaded, choose_trained, load, restore_fusion, save
from .order import LengthSampler
from .provenance import Provenance
from .recipe import Recipe, Sft
from .records import Example, read_records

_ROWS = Features(
    {
        "id": Value("string"),
        "images": List(Value("string")),
        "prompt": Value("string"),
        "answer": Value("string"),
        "length": Value("int64"),
    }
)


@dataclass(frozen=True)
class Outcome:
    """What a run gave: the model's folder, updates made, and (step, loss) as logged."""

    folder: Path
    steps: int
    losses: list[tuple[int, float]]


class FactTrainer(SFTTrainer):
    """TRL's SFTTrainer with a learning rate for the fusion, an order of data that survives a resume, and no telemetry.

    Args:
        loaded: the model; what learns is marked.
        sft: of the recipe.
        seed: of the order of data.
        arguments: of SFTTrainer.
    """

    def __init__(self, loaded: Loaded, sft: Sft, seed: int, **arguments: Any) -> None:
        self.loaded, self.sft, self.order_seed = loaded, sft, seed
        self._still = frozen_modules(loaded.plain)
        super().__init__(model=loaded.model, processing_class=loaded.processor, **arguments)

    def _send_telemetry(self) -> None:
        """No network call that was not asked for."""

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """Checkpoints carry none; the finished folder has MODEL_CARD.md."""

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """AdamW with a group of its own for the fusion (rate `fusion_rate`, no decay)."""
        if self.optimizer is None:  # type: ignore[has-type]
            named = [(n, p) for n, p in (model or self.model).named_parameters() if p.requires_grad]
            decayed = set(self.get_decay_parameter_names(self.model))
            fusion = [p for n, p in named if FUSION in n.split(".")]
            rest = [(n, p) for n, p in named if FUSION not in n.split(".")]
            groups = [
                {"params": [p for n, p in rest if n in decayed], "weight_decay": self.args.weight_decay},
                {"params": [p for n, p in rest if n not in decayed], "weight_decay": 0.0},
                {"params": fusion, "weight_decay": 0.0, "lr": self.sft.fusion_rate},
            ]
            kind, settings = self.get_optimizer_cls_and_kwargs(self.args, self.model)
            self.optimizer = kind([group for group in groups if group["params"]], **settings)
        return self.optimizer

    def compute_loss(self, model: Any, *arguments: Any, **named: Any) -> Any:
        """TRL's loss; what is frozen stays in evaluation mode, or its batch statistics would go on moving."""
        for module in self._still:
            module.eval()
        return super().compute_loss(model, *arguments, **named)

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        rows = self.train_dataset if train_dataset is None else train_dataset
        return LengthSampler(
            list(rows["length"]), self.args.train_batch_size, self.order_seed, group=self.sft.group_by_length
        )

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        super()._save(output_dir, state_dict)
        # A whole model's checkpoint holds the fusion; PEFT writes its adapters only.
        if self.loaded.fusion and self.args.should_save:
            save_fusion(self.loaded.plain, Path(output_dir or self.args.output_dir))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        super()._load_from_checkpoint(resume_from_checkpoint, model)
        if self.loaded.fusion:
            restore_fusion(Path(resume_from_checkpoint), self.loaded.plain)


def run(recipe: Recipe, *, resume: bool = False, again: str = "") -> Outcome:
    """Run stage 1 of `recipe` (or go on with it) and write the model to `recipe.folder("sft")`.

    Beside the weights lie training.json, MODEL_CARD.md, `logs/` for TensorBoard and `checkpoints/`.

    Args:
        recipe: with `[sft]`.
        resume: go on from the last whole checkpoint; the loss curve is that of a run that was not cut off.
        again: the command that goes on with this run, for messages.

    Raises:
        BadInput: the folder holds another run, a record does not fit, an image cannot be read, the base is no
            vision-language model.
        Stopped: ctrl-C.
        RunFailed: the disk is full or memory runs out; the last checkpoint stays whole.
    """
    sft = recipe.sft
    assert sft is not None
    out = recipe.folder("sft")
    again = again or f"sage-inspect finetune sft {shlex.quote(recipe.name)} --resume"
    device = pick_device(recipe.model.device)
    with training.quiet():
        checkpoint = training.begin(out, resume=resume)
        data = provenance.describe([*sft.train, *sft.validation], Example)
        told = provenance.begin("sft", recipe, find_folder(recipe.model.base), data, device.type)
        told = provenance.check_same(told, out) if resume else told
        set_seed(recipe.seed)
        loaded = load(recipe.model, device)
        told.trained = choose_trained(loaded, recipe.model)
        encoder = make_encoder(loaded, told.base, sft.max_length)
        rows, validation = (read_rows(paths, encoder) for paths in (sft.train, sft.validation))
        training.check_space(out, training.bytes_needed(loaded, sft.keep))
        training.mark_begun(told, out, checkpoint, again)
        arguments = training.trainer_arguments(sft, recipe.model, out, device, recipe.seed)
        trainer = FactTrainer(
            loaded,
            sft,
            recipe.seed,
            args=SFTConfig(**arguments, max_length=None, dataset_kwargs={"skip_prepare_dataset": True}),
            train_dataset=rows,
            eval_dataset=validation,
            data_collator=AnswerCollator(encoder),
            callbacks=training.tensorboard(out),
        )
        trainer.remove_callback(PrinterCallback)
        training.run(trainer, out, checkpoint, again)
        return finish(trainer, loaded, told, out, recipe.name, again)


def make_encoder(loaded: Loaded, name: str, max_length: int | None) -> Encoder:
    """Prompts and answers for the model, as the engine writes them; the limit is its context or `max_length`."""
    context = getattr(loaded.plain.config.get_text_config(), "max_position_embeddings", None)
    limits = [limit for limit in (context, max_length) if limit]
    limit = min(limits) if limits else None
    return Encoder(loaded.processor, loaded.card, name=name, limit=limit, facts=loaded.fusion)


def read_rows(paths: Sequence[Path], encoder: Encoder) -> Dataset | None:
    """The records of `paths` as the trainer's rows, every one measured; None where there are none.

    Raises:
        BadInput: a line that does not fit, an id that occurs twice, a record that is too long; names it.
    """
    rows: dict[str, dict[str, Any]] = {}
    for path in paths:
        for record in read_records(path, Example):
            if record.id in rows:
                raise BadInput(f"record {record.id}", f"{path} holds its id a second time", "give each its own id")
            rows[record.id] = to_row(record, path.parent, encoder)
    return Dataset.from_list(list(rows.values()), features=_ROWS) if rows else None


def finish(trainer: Any, loaded: Loaded, told: Provenance, out: Path, name: str, again: str) -> Outcome:
    """Write the finished model's folder with training.json and MODEL_CARD.md."""
    history = trainer.state.log_history
    told.losses = [(int(log["step"]), float(log["loss"])) for log in history if "loss" in log]
    told.steps, told.ended = int(trainer.state.global_step), provenance.now()
    last = [loss for _, loss in told.losses][-max(1, len(told.losses) // 10) :]
    told.final = {"loss": sum(last) / len(last)} if last else {}
    for key in ("mean_token_accuracy", "eval_loss"):
        values = [float(log[key]) for log in history if key in log]
        told.final |= {key: values[-1]} if values else {}
    if trainer.is_world_process_zero():
        with training.writing(out, again):
            save(loaded, out, name=name)
            told.save(out)
            provenance.write_card(told, out, name)
    return Outcome(out, told.steps, told.losses)
