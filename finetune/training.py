"""What both training stages share: a run that can be stopped, killed and resumed, and that fails in one clear line."""

from __future__ import annotations

import contextlib
import errno
import json
import shutil
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from transformers import TrainerCallback

from ..errors import BadInput, RunFailed, SageInspectError
from .model_parts import is_lora
from .models_io import Loaded, pick_dtype
from .provenance import Provenance
from .recipe import Model, Training

CHECKPOINTS, LOGS = "checkpoints", "logs"
_STATE = "trainer_state.json"


class Stopped(RunFailed):
    """The user stopped the run; it can go on (exit code 130, as a shell has it for ctrl-C)."""

    exit_code = 130


def trainer_arguments(training: Training, model: Model, out: Path, device: Any, seed: int) -> dict[str, Any]:
    """What a recipe determines of transformers' trainers: AdamW, warm-up, clipping, checkpoints, precision."""
    import torch

    return {
        "output_dir": str(out / CHECKPOINTS),
        "per_device_train_batch_size": training.batch,
        "per_device_eval_batch_size": training.batch,
        "gradient_accumulation_steps": training.accumulate,
        "num_train_epochs": training.epochs,
        "max_steps": training.steps or -1,
        "learning_rate": training.learning_rate,
        "lr_scheduler_type": training.schedule,
        "warmup_steps": training.warmup,
        "weight_decay": training.weight_decay,
        "max_grad_norm": training.clip,
        "optim": "adamw_torch_fused",
        "logging_steps": training.log_every,
        "logging_first_step": True,
        "save_strategy": "steps",
        "save_steps": training.save_every,
        "save_total_limit": training.keep,
        "eval_strategy": "steps" if training.validation else "no",
        "eval_steps": training.save_every if training.validation else None,
        "seed": seed,
        "data_seed": seed,
        "bf16": pick_dtype(model.precision, device) == torch.bfloat16,
        "use_cpu": device.type == "cpu",
        "activation_checkpointing": model.checkpointing,
        "dataloader_num_workers": training.workers,
        "dataloader_pin_memory": device.type == "cuda",
        "remove_unused_columns": False,
        "report_to": [],
        "disable_tqdm": True,
    }


class Follow(TrainerCallback):
    """A progress bar on stderr with the last loss (a line a log where stderr is no terminal), and an orderly stop."""

    def __init__(self) -> None:
        self.stopped = False
        self._bar: Any = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Show the bar, from where the run goes on."""
        if state.is_world_process_zero:
            from tqdm import tqdm

            self._bar = tqdm(
                total=state.max_steps, initial=state.global_step, unit="step", disable=not sys.stderr.isatty()
            )

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Count, and save and stop where the user asked for it."""
        if self._bar is not None:
            self._bar.update(state.global_step - self._bar.n)
            self._bar.n = state.global_step
        if self.stopped and state.global_step < state.max_steps:
            control.should_save = control.should_training_stop = True

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Show the last loss."""
        loss = (logs or {}).get("loss", (logs or {}).get("eval_loss"))
        if self._bar is None or loss is None:
            return
        if self._bar.disable:
            print(f"step {state.global_step}/{state.max_steps} loss {float(loss):.4f}", file=sys.stderr, flush=True)
        else:
            self._bar.set_postfix(loss=f"{float(loss):.4f}")

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar.close()


def tensorboard(out: Path) -> list[TrainerCallback]:
    """TensorBoard logs into `out/logs`; nothing where tensorboard is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return []
    from transformers.integrations import TensorBoardCallback

    return [TensorBoardCallback(SummaryWriter(log_dir=str(out / LOGS)))]


def whole_checkpoints(out: Path) -> list[Path]:
    """The run's checkpoints that were written to their end, oldest first."""
    found = []
    for folder in (out / CHECKPOINTS).glob("checkpoint-*"):
        with contextlib.suppress(OSError, ValueError):
            # The trainer writes its state last.
            found.append((int(json.loads((folder / _STATE).read_text(encoding="utf-8"))["global_step"]), folder))
    return [folder for _, folder in sorted(found)]


def begin(out: Path, *, resume: bool) -> Path | None:
    """Prepare the run's folder; the checkpoint to go on from, None at the beginning.

    Half-written checkpoints, of a kill or a full disk, are removed.

    Raises:
        BadInput: the folder holds a run already and `resume` was not asked for.
        RunFailed: it cannot be made.
    """
    whole = whole_checkpoints(out)
    if not resume and (whole or (out / "training.json").exists()):
        raise BadInput(str(out), "it holds a run already", "go on with --resume, or name another folder with --out")
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        remove_half_written(out)
    return whole[-1] if whole else None


def remove_half_written(out: Path) -> None:
    """Remove checkpoints that were not written to their end."""
    whole = whole_checkpoints(out)
    for folder in (out / CHECKPOINTS).glob("checkpoint-*"):
        if folder not in whole:
            shutil.rmtree(folder, ignore_errors=True)


def check_space(out: Path, needed: int) -> None:
    """Raise RunFailed where the disk of `out` has less than `needed` bytes free, what the run wrote before included."""
    needed -= sum(path.stat().st_size for path in (out / CHECKPOINTS).rglob("*") if path.is_file())
    free = shutil.disk_usage(next(p for p in (out, *out.parents) if p.exists())).free
    if free < needed:
        why = f"{free / 1e9:.1f} GB are free and the run needs about {needed / 1e9:.1f} GB"
        raise RunFailed(str(out), why, "free some, lower keep, or name another folder with --out")


def bytes_needed(loaded: Loaded, keep: int) -> int:
    """Disk that a run takes: what learns in 32 bits with AdamW's two moments, beside the rest of the weights."""
    learned = sum(p.numel() for p in loaded.plain.parameters() if p.requires_grad)
    whole = 0 if is_lora(loaded.model) else sum(p.numel() * p.element_size() for p in loaded.plain.parameters())
    return (keep + 2) * (12 * learned + whole)


def mark_begun(told: Provenance, out: Path, checkpoint: Path | None, again: str) -> None:
    """Write training.json before the first step, so that a resume can tell whether it goes on with the same run."""
    if checkpoint is not None:
        told.resumed.append(int(checkpoint.name.rpartition("-")[2]))
    with writing(out, again):
        told.save(out)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the libraries' own bars and their notes to developers: a command's output is its own."""
    from transformers.utils import logging

    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            # PEFT looks for the base by name; the vocabulary's two new rows stand in the fusion's file.
            warnings.filterwarnings("ignore", message="Could not find a config file")
            yield
    finally:
        if bars:
            logging.enable_progress_bar()


def run(trainer: Any, out: Path, checkpoint: Path | None, again: str) -> None:
    """Train to the end, from `checkpoint` on where there is one.

    Ctrl-C and SIGTERM end the run after the step under way, with a checkpoint; a second one ends it at once.

    Args:
        trainer: a transformers Trainer whose output folder is `out/checkpoints`.
        out: of the run.
        checkpoint: a whole one, or None.
        again: the command that goes on, for messages.

    Raises:
        Stopped: the user stopped it.
        RunFailed: the disk is full, the device out of memory, or the loss no number any more.
    """
    import torch

    follow = Follow()
    trainer.add_callback(follow)
    try:
        with writing(out, again), _listen(follow):
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except torch.OutOfMemoryError:
        remedy = f"lower batch and raise accumulate, or set model.checkpointing, then: {again}"
        raise RunFailed(str(out), f"the device ran out of memory at step {trainer.state.global_step}", remedy) from None
    except KeyboardInterrupt:
        follow.close()
        raise _stopped(trainer, out, again) from None
    finally:
        follow.close()
        remove_half_written(out)
    if follow.stopped and trainer.state.global_step < trainer.state.max_steps:
        raise _stopped(trainer, out, again)


def _stopped(trainer: Any, out: Path, again: str) -> Stopped:
    remove_half_written(out)
    whole = whole_checkpoints(out)
    kept = f"the last checkpoint is {whole[-1].name}" if whole else "there is no checkpoint yet"
    step = f"{trainer.state.global_step} of {trainer.state.max_steps}"
    return Stopped(str(out), f"stopped at step {step}; {kept}", f"go on with: {again}")


@contextlib.contextmanager
def _listen(follow: Follow) -> Iterator[None]:
    """Ctrl-C and SIGTERM ask `follow` to stop; a second one interrupts."""

    def ask(number: int, frame: FrameType | None) -> None:
        if follow.stopped:
            raise KeyboardInterrupt
        follow.stopped = True

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def writing(out: Path, again: str = "") -> Iterator[None]:
    """A disk that fills up or cannot be written, as one line.

    Raises:
        RunFailed: instead of what the system, torch or safetensors raise for it.
    """
    try:
        yield
    except SageInspectError:
        raise
    except Exception as error:
        told = str(error)
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        # torch and safetensors have exceptions of their own for it.
        full = full or "No space left" in told or "PytorchStreamWriter failed" in told or "unexpected pos" in told
        if not full and not (isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EROFS, errno.ENOTDIR)):
            raise
        why = "no space left on the disk" if full else f"it cannot be written ({told})"
        whole = whole_checkpoints(out)
        kept = f"; the last checkpoint, {whole[-1].name}, is whole" if whole else ""
        then = f", then: {again}" if again else ""
        raise RunFailed(str(out), why + kept, f"{'free some' if full else 'check its permissions'}{then}") from error
