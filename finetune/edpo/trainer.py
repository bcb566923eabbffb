"""E-DPO's trainer: transformers' Trainer with the objective of method.md, reference log-probs from one pass.

It does not subclass TRL's DPOTrainer: that one repeats images and prompt for every answer, refuses to compute reference
log-probs beforehand for images, and sends telemetry. The objective with eta = 0 equals TRL's (tests).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import torch
from torch import Tensor, nn
from transformers import Trainer, TrainingArguments

from ...errors import BadInput
from ..encoder import Encoder
from .batch import Collator, Mode, images_first
from .forward import TokenScores, choose_mode, inner, score_tokens
from .frozen import freeze, vision_towers, without_dropout
from .loss import Loss, PairSet, Reading, Weights, objective
from .questions import Question, Questions, read_questions
from .reference import ReferenceCache, model_digest

log = logging.getLogger(__name__)


@dataclass
class EDPOConfig(TrainingArguments):
    """Arguments of a run; those of `TrainingArguments` keep their meaning, a batch counts questions.

    Attributes:
        beta: how dear it is to leave the reference, above 0.
        eta: margin that a clear-cut preference asks for, 0 or more; 0 is plain DPO.
        tau, selection, pairs: what `read` chooses pairs and Delta by (`edpo.choose_pairs`).
        preference_weight, bco_weight, sft_weight: of the parts of the objective; 0 switches a part off.
        sharing: `auto` tries the model; else an `edpo_batch.Mode`.
        freeze_vision: the vision tower stays as it is (also its batch statistics).
    """

    beta: float = field(default=0.1, metadata={"help": "how dear it is to leave the reference"})
    eta: float = field(default=1.0, metadata={"help": "margin that a clear-cut preference asks for"})
    tau: float = field(default=1.0, metadata={"help": "temperature of the entropy"})
    selection: str = field(default="pairwise", metadata={"help": "reading of the entropy difference"})
    pairs: str = field(default="far+near", metadata={"help": "which pairs of a question are used"})
    preference_weight: float = field(default=0.8, metadata={"help": "weight of the preference term"})
    bco_weight: float = field(default=0.2, metadata={"help": "weight of the BCO term, on far pairs"})
    sft_weight: float = field(default=1.0, metadata={"help": "weight of the cross entropy, on best answers"})
    sharing: str = field(default="auto", metadata={"help": "auto, packed, shared or repeated"})
    freeze_vision: bool = field(default=True, metadata={"help": "leave the vision tower as it is"})
    learning_rate: float = field(default=5e-6, metadata={"help": "highest learning rate"})
    report_to: str | list[str] | None = field(default="tensorboard", metadata={"help": "where logs go"})
    logging_steps: float = field(default=10, metadata={"help": "updates between lines of the log"})
    remove_unused_columns: bool | None = field(default=False, metadata={"help": "questions are not columns"})

    def __post_init__(self) -> None:
        for name, least in (("beta", None), ("tau", None), ("eta", 0.0)):
            value = getattr(self, name)
            if not (value > 0 if least is None else value >= least):
                raise BadInput(f"{name}={value}", "out of range", "see EDPOConfig")
        weights = (self.preference_weight, self.bco_weight, self.sft_weight)
        if min(weights) < 0 or not any(weights):
            raise BadInput(f"weights {weights}", "all 0 or one below 0", "switch off one part or two, not all")
        for name, known in (
            ("selection", get_args(Reading)),
            ("pairs", get_args(PairSet)),
            ("sharing", ("auto", *get_args(Mode))),
        ):
            if getattr(self, name) not in known:
                raise BadInput(f"{name}={getattr(self, name)!r}", "unknown", f"use {', '.join(known)}")
        super().__post_init__()
        if self.device.type == "cpu":
            self.dataloader_pin_memory = False

    def read(self, paths: Sequence[Path], answers: int | None = None) -> Questions:
        """The questions of files of `Preference` records, with pairs as these arguments choose them.

        Args:
            paths: JSONL files (records.py).
            answers: how many every record must have; None for any number from 2 on.

        Raises:
            BadInput: as `edpo_questions.read_questions`.
        """
        reading: Any = self.selection
        chosen: Any = self.pairs
        return read_questions(paths, reading=reading, tau=self.tau, pairs=chosen, answers=answers)


class EDPOTrainer(Trainer):
    """Trains a model on ranked answers; the reference is the model as it is handed over.

    Before the first step the reference's log-probs are computed in one pass and kept in `output_dir`. A resumed run
    must be given the model that the run began with: then it finds them there, and goes on with the same losses.

    Logged beside the loss, as means since the last line: `margins/KIND` and `accuracy/KIND` (share of pairs with the
    winner ahead of where the reference had it) for far and near pairs, `loss/preference`, `loss/bco`, `loss/sft`,
    `entropy` (nats a token of the policy on the answers), `kl` (nats a token, estimated as (log pi - log ref)^2 / 2 on
    the ranked answers' tokens, not the policy's own), and `pairs`, how many pairs were seen since then.

    Args:
        model: an image-text-to-text model of transformers or PEFT's wrapper around one, with or without SFE fusion.
            Fusion and, unless told otherwise, the vision tower are frozen but active; what is frozen stays so.
        args: of the run.
        questions: training data (questions.py).
        encoder: of the model (encoder.py); its `limit` is the longest question with an answer, in tokens.
        validation: evaluated as `args.eval_strategy` says.
        callbacks, optimizers: as transformers has them.

    Attributes:
        sharing: how the answers of a question share images and prompt; None before the first pass.

    Raises:
        BadInput: a question that does not fit into the context, or an image that cannot be read; names the record.
            Several GPUs in one process.
    """

    loss_is_scaled_for_ga = False

    def __init__(
        self,
        model: nn.Module,
        args: EDPOConfig,
        questions: Sequence[Question],
        encoder: Encoder,
        *,
        validation: Sequence[Question] | None = None,
        callbacks: list[Any] | None = None,
        optimizers: tuple[Any, Any] = (None, None),
    ) -> None:
        base = inner(model)
        self._lengths = encoder.check(questions)
        self._longest = max([*self._lengths, *encoder.check(validation or ())])
        freeze(base, vision=args.freeze_vision)
        without_dropout(model)
        self._still = vision_towers(base) if args.freeze_vision else []
        self.sharing: Mode | None = None if args.sharing == "auto" else args.sharing  # type: ignore[assignment]
        self._cache: ReferenceCache | None = None
        self._weights = Weights(args.preference_weight, args.bco_weight, args.sft_weight)
        self._sums: dict[str, dict[str, list[Tensor]]] = {"train": defaultdict(list), "eval": defaultdict(list)}
        positions = getattr(base.base_model, "get_rope_index", None)
        super().__init__(
            model=model,
            args=args,
            data_collator=Collator(encoder, self.sharing or "packed", positions),
            train_dataset=list(questions),  # type: ignore[arg-type]
            eval_dataset=None if validation is None else list(validation),  # type: ignore[arg-type]
            processing_class=encoder.processor,
            callbacks=callbacks,
            optimizers=optimizers,
        )
        if args.n_gpu > 1:
            raise BadInput(f"{args.n_gpu} GPUs in one process", "not supported", "start it with `accelerate launch`")
        if args.gradient_checkpointing and hasattr(model, "peft_config"):
            model.enable_input_require_grads()  # type: ignore[operator]

    def prepare_reference(self, questions: Sequence[Question] | None = None) -> None:
        """The reference pass over `questions` (None: training and validation), as far as the files do not have it.

        Raises:
            BadInput: some are not known and training has begun: the model is no longer the reference.
            RunFailed: the disk is full.
        """
        asked = list(self.train_dataset) + list(self.eval_dataset or ()) if questions is None else list(questions)
        if self._cache is None:
            name = model_digest(self.model) + ("-amp" if self.accelerator.mixed_precision not in ("no", None) else "")
            self._cache = ReferenceCache(Path(self.args.output_dir), name, self.args.process_index)
        collator, was_training = self.data_collator, self.model.training
        collator.reference = None
        self.model.eval()
        try:
            if self.sharing is None:
                tried = self.train_dataset[self._lengths.index(max(self._lengths))]
                with self.accelerator.autocast():
                    self.sharing = choose_mode(self.model, collator, tried, self._prepare_input, longest=self._longest)
                if self.sharing != "packed":
                    log.warning("answers are not packed behind their prompt, sharing is %r", self.sharing)
            collator.mode = self.sharing
            self._pass(asked)
        finally:
            self.model.train(was_training)
        collator.reference = self._cache.known

    @torch.no_grad()
    def _pass(self, questions: Sequence[Question]) -> None:
        cache = self._cache
        assert cache is not None
        keys = {id(q): [q.key(i) for i in range(len(q.answers))] for q in questions}
        unknown = set(cache.missing(key for found in keys.values() for key in found))
        open_ones = [q for q in questions if not unknown.isdisjoint(keys[id(q)])]
        if open_ones and self.state.global_step:
            raise BadInput(
                f"record {open_ones[0].id}", "its reference is not known", "give it as validation before training"
            )
        self.accelerator.wait_for_everyone()  # all have read before the first one writes: they share the same list
        share = open_ones[self.args.process_index :: self.args.world_size]
        share.sort(key=lambda q: len(q.prompt))
        size = self.args.per_device_eval_batch_size
        from tqdm.auto import tqdm

        for at in tqdm(range(0, len(share), size), desc="reference", disable=self.args.disable_tqdm or not share):
            chunk = images_first(share[at : at + size])
            batch = self._prepare_input(self.data_collator(chunk))
            with self.accelerator.autocast():
                logps = score_tokens(self.model, batch).logps.float().cpu()
            answers = logps.split(torch.bincount(batch["owner"]).tolist())
            names = [key for q in chunk for key in keys[id(q)]]
            cache.add({name: told.tolist() for name, told in zip(names, answers, strict=True) if name in unknown})
        self.accelerator.wait_for_everyone()
        if self.args.world_size > 1:
            cache.reload()

    def train(self, *args: Any, **kwargs: Any) -> Any:
        """As transformers' `train`, after the reference pass."""
        self.prepare_reference()
        return super().train(*args, **kwargs)

    def evaluate(self, eval_dataset: Any = None, *args: Any, **kwargs: Any) -> dict[str, float]:
        """As transformers' `evaluate`, for questions; those unknown to the reference pass only before training."""
        data = self.eval_dataset if eval_dataset is None else eval_dataset
        if not isinstance(data, str | Mapping) and data is not None:
            self.prepare_reference(list(data))
        return super().evaluate(eval_dataset, *args, **kwargs)

    def compute_loss(
        self, model: nn.Module, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The objective of a batch of `Collator`; outputs are its token scores."""
        for tower in self._still:
            tower.eval()  # frozen batch statistics too, or the policy would differ from the reference at step 0
        scores = score_tokens(model, inputs)
        pairs = {name: inputs[name] for name in ("winner", "loser", "delta", "far", "best")}
        reference, owner = inputs["reference"], inputs["owner"]
        loss = objective(
            scores.logps,
            reference,
            owner,
            **pairs,
            beta=self.args.beta,
            eta=self.args.eta,
            weights=self._weights,
        )
        self._note(loss, scores, reference, inputs["far"])
        return (loss.total, scores) if return_outputs else loss.total

    @torch.no_grad()
    def _note(self, loss: Loss, scores: TokenScores, reference: Tensor, far: Tensor) -> None:
        sums = self._sums["train" if self.model.training else "eval"]

        def add(name: str, values: Tensor) -> None:
            # On the device: a number taken out at every step would wait for it.
            sums[name].append(torch.stack([values.sum(dtype=torch.float32), torch.ones_like(values).sum()]).float())

        for kind, chosen in (("far", far), ("near", ~far)):
            add(f"margins/{kind}", loss.margin[chosen])
            add(f"accuracy/{kind}", loss.margin[chosen] > 0)
        add("kl", (scores.logps - reference).square() / 2)
        add("entropy", scores.entropy)
        for name, value in (("preference", loss.preference), ("bco", loss.bco), ("sft", loss.ce)):
            add(f"loss/{name}", value)
        add("pairs", far)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Adds the means since the last line to what transformers logs."""
        evaluated = any(name.startswith("eval_") for name in logs)
        sums = self._sums["eval" if evaluated else "train"]
        for name, parts in sums.items():
            total, count = self.accelerator.reduce(torch.stack(parts).sum(0), "sum").tolist()
            if name == "pairs":
                logs[f"eval_{name}" if evaluated else name] = count
            elif count:
                logs[f"eval_{name}" if evaluated else name] = total / count
        sums.clear()
        super().log(logs, start_time)

    def prediction_step(
        self, model: nn.Module, inputs: dict[str, Any], prediction_loss_only: bool, ignore_keys: list[str] | None = None
    ) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        """The objective only: there are no labels to compare with."""
        inputs = self._prepare_inputs(inputs)
        with torch.no_grad(), self.compute_loss_context_manager():
            return self.compute_loss(model, inputs).detach(), None, None

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        if self.args.train_sampling_strategy == "group_by_length":
            from transformers.trainer_pt_utils import LengthGroupedSampler

            size = self.args.train_batch_size * self.args.gradient_accumulation_steps
            return LengthGroupedSampler(size, lengths=self._lengths)
        return super()._get_train_sampler(train_dataset)
