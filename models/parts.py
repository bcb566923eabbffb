"""Loading what a model folder holds: weights, processor, familiarity. No remote code, no pickles, no network."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from ..errors import BadInput, RunFailed
from .adapters import load_adapter
from .folder import adapter_base
from .fusion_files import load_fusion

_REMEDY = "name a folder or id of an image-text-to-text model that transformers supports"


def pick_device(name: str) -> torch.device:
    """`auto` takes CUDA, then MPS, then the CPU; any other name is taken by its word.

    Raises:
        RunFailed: the named device is not there.
        BadInput: no device has that name.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise BadInput(f"device {name!r}", "unknown", "use auto, cpu, cuda or mps") from None
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if not there.get(device.type, False):
        raise RunFailed(f"device {name!r}", "it is not available here", "use auto or cpu")
    return device


def load_parts(folder: Path, device: torch.device) -> tuple[Any, Any, Any]:
    """Model (in eval mode, on `device`), processor (padding left) and familiarity (None where the folder has none).

    A fusion beside the weights is attached; an adapter is merged into the base that it names. The numbers are bfloat16
    on CUDA, float16 on MPS and float32 on a CPU.

    Raises:
        BadInput: transformers cannot load the folder, or its fusion or adapter was made for another model.
        RunFailed: too little memory.
    """
    base = adapter_base(folder)
    model, processor = _load_stock(base or folder, _processor_folder(folder, base), device)
    load_fusion(folder, model, processor)
    if base is not None:
        # After the fusion: an adapter may hold a copy of its weights (modules_to_save).
        with quiet():
            model = load_adapter(model, folder)
    return torch.nn.Module.to(model, device).eval(), processor, _familiarity(folder)


def _processor_folder(folder: Path, base: Path | None) -> Path:
    own = any((folder / name).exists() for name in ("processor_config.json", "preprocessor_config.json"))
    return folder if base is None or own else base


def _load_stock(folder: Path, processor_folder: Path, device: torch.device) -> tuple[Any, Any]:
    from transformers import AutoModelForImageTextToText, AutoProcessor

    dtype = {"cuda": torch.bfloat16, "mps": torch.float16}.get(device.type, torch.float32)
    safe = {"local_files_only": True, "trust_remote_code": False}
    try:
        with quiet():
            processor = AutoProcessor.from_pretrained(processor_folder, **safe)
            model = AutoModelForImageTextToText.from_pretrained(folder, dtype=dtype, use_safetensors=True, **safe)
        model = torch.nn.Module.to(model, device)
    except (torch.OutOfMemoryError, MemoryError):
        raise RunFailed(
            f"model {folder}", f"it does not fit into the memory of {device}", "name a smaller model"
        ) from None
    except Exception as error:  # transformers raises OSError, ValueError, KeyError, ImportError, SafetensorError ...
        line = " ".join(str(error).split())[:200]
        if "torchvision" in line.lower():
            # Processors that also read videos import it, although no video is ever read here.
            why = "its processor needs torchvision, which is not installed"
            raise BadInput(
                f"model folder {folder}", why, "pip install torchvision (the build of your torch)"
            ) from error
        raise BadInput(f"model folder {folder}", f"it cannot be loaded ({line})", _REMEDY) from error
    tokenizer = getattr(processor, "tokenizer", None)
    if tokenizer is None:
        raise BadInput(f"model folder {folder}", "its processor has no tokenizer", _REMEDY)
    tokenizer.padding_side = "left"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model, processor


def _familiarity(folder: Path) -> Any:
    try:
        from .familiarity import Familiarity
    except ImportError:
        return None
    return Familiarity.load(folder)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without transformers' progress bars and hints: a command's output is its own."""
    from transformers.utils import logging

    bars, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def plain_generation(model: Any, tokenizer: Any) -> Any:
    """Gives `model` a plain greedy configuration and returns it: a folder's penalties would distort P(True)."""
    from transformers import GenerationConfig

    ends = model.generation_config.eos_token_id
    ends = [] if ends is None else [ends] if isinstance(ends, int) else list(ends)
    if tokenizer.eos_token_id is not None and tokenizer.eos_token_id not in ends:
        ends.append(tokenizer.eos_token_id)
    plain = GenerationConfig(
        do_sample=False,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=ends or None,
        pad_token_id=tokenizer.pad_token_id,
    )
    model.generation_config = plain
    return plain


@contextlib.contextmanager
def cpu_threads(count: int) -> Iterator[None]:
    """Torch's CPU threads, for this thread and only as long as needed: others in the process keep theirs."""
    before = torch.get_num_threads()
    if count:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        if count:
            torch.set_num_threads(before)
