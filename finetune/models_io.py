"""Models for training: loading one with its LoRA and fusion, choosing what learns, saving a folder for `--model`."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInput, RunFailed, SageInspectError
from ..models.folder import NANO, SageCard, adapter_base, find_folder, read_card
from .model_parts import FUSION, PROJECTORS, is_lora, language_of, part_of
from .recipe import Lora, Model

if TYPE_CHECKING:
    import torch


@dataclass
class Loaded:
    """A model to train.

    Attributes:
        model: a transformers model, or a PeftModel around one.
        processor: its processor, padding on the right.
        card: the base folder's sage.json.
        folder: the base: where `model` came from.
        fusion: it carries SFE fusion.
    """

    model: Any
    processor: Any
    card: SageCard
    folder: Path
    fusion: bool = False

    @property
    def plain(self) -> Any:
        """The transformers model, without PEFT around it."""
        return self.model.get_base_model() if is_lora(self.model) else self.model


def pick_dtype(precision: str, device: torch.device) -> torch.dtype:
    """Dtype of the arithmetic: `auto` is bfloat16 on a GPU that has it and float32 elsewhere."""
    import torch

    if precision == "auto":
        return torch.bfloat16 if device.type == "cuda" and torch.cuda.is_bf16_supported() else torch.float32
    return torch.bfloat16 if precision == "bf16" else torch.float32


def load(settings: Model, device: torch.device, *, base: str | None = None) -> Loaded:
    """The model of a recipe, with the parts that learn set to.

    Full tuning holds the weights in float32 whatever the arithmetic: small updates are lost in bfloat16. Under LoRA the
    frozen weights are held in the arithmetic's dtype and what learns in float32.

    Args:
        settings: the recipe's `[model]`.
        device: where it will run.
        base: instead of `settings.base`; where it holds adapters these are trained on.

    Raises:
        BadInput: no such model, or one that cannot be loaded or tuned.
        RunFailed: too little memory.
    """
    import torch

    from ..models.fusion_attach import attach
    from ..models.fusion_files import load_fusion

    folder = find_folder(base or settings.base)
    under = adapter_base(folder)
    frozen = pick_dtype(settings.precision, device) if settings.lora or under else torch.float32
    model, processor = _load_plain(under or folder, folder, frozen)
    processor.tokenizer.padding_side = "right"
    # Before PEFT: it stands beside the adapters, which leave it alone.
    with _told(folder):
        fused = load_fusion(folder, model, processor) is not None
    if settings.fusion and not fused:
        attach(model, processor)
        fused = True
    if under:
        from peft import PeftModel

        with _told(folder):
            model = PeftModel.from_pretrained(model, folder, is_trainable=True)
    elif settings.lora:
        model = _add_lora(model, settings.lora, settings)
    loaded = Loaded(model, processor, read_card(folder), folder, fused)
    choose_trained(loaded, settings)
    return loaded


def _load_plain(weights: Path, folder: Path, dtype: torch.dtype) -> tuple[Any, Any]:
    from transformers import AutoModelForImageTextToText, AutoProcessor

    safe = {"local_files_only": True, "trust_remote_code": False}
    with _told(folder):
        # The processor is read first: it is what a folder of another kind of model lacks, and it is cheap.
        processor = AutoProcessor.from_pretrained(folder, **safe)
        model, info = AutoModelForImageTextToText.from_pretrained(
            weights, dtype=dtype, use_safetensors=True, output_loading_info=True, **safe
        )
    missing = sorted(info["missing_keys"])
    if missing:
        # They would be drawn at random and trained on as if nothing were amiss.
        why = (
            f"{len(missing)} weights are missing, e.g. {missing[0]}: it is of another architecture than its config.json"
        )
        raise BadInput(f"model folder {folder}", why, "save the model again with save_pretrained")
    if getattr(processor, "tokenizer", None) is None:
        raise BadInput(f"model folder {folder}", "its processor has no tokenizer", "name an image-text-to-text model")
    if processor.tokenizer.pad_token is None:
        processor.tokenizer.pad_token = processor.tokenizer.eos_token
    return model, processor


@contextlib.contextmanager
def _told(folder: Path) -> Iterator[None]:
    """What transformers and PEFT raise for a folder they cannot load, as one line."""
    try:
        yield
    except SageInspectError:
        raise
    except MemoryError:
        raise RunFailed(f"model {folder}", "it does not fit into memory", "name a smaller model") from None
    except Exception as error:  # OSError, ValueError, KeyError, RuntimeError, SafetensorError ...
        line = " ".join(str(error).split())[:300]
        remedy = "name a folder of an image-text-to-text model that transformers supports"
        raise BadInput(f"model folder {folder}", f"it cannot be loaded ({line})", remedy) from error


def choose_trained(loaded: Loaded, settings: Model, *, fusion: bool = True) -> dict[str, int]:
    """Set which parameters learn, in float32; the number of weights that do, by part.

    Args:
        loaded: the model.
        settings: the recipe's `[model]`.
        fusion: the fusion learns (stage 1) or is frozen but active (stage 2).
    """
    language, _ = language_of(loaded.plain)
    lora = is_lora(loaded.model)
    learns = {
        "fusion": fusion,
        "projector": settings.train_projector,
        "language": settings.train_language,
        "vision": settings.train_vision,
    }
    counts: dict[str, int] = {}
    for name, weight in loaded.plain.named_parameters():
        steps = name.split(".")
        part = part_of(name, language)
        if "original_module" in steps:
            chosen = False
        elif lora and part != "fusion":
            # PEFT marked what it added: adapters, and its own copy of the projector.
            chosen = weight.requires_grad and learns[part]
        else:
            chosen = learns[part]
        weight.requires_grad_(chosen)
        if chosen:
            weight.data = weight.data.float()
            counts[part] = counts.get(part, 0) + weight.numel()
    if not counts:
        raise BadInput("recipe", "no part of the model learns", "set one of model.train_* to true")
    return counts


def _add_lora(model: Any, lora: Lora, settings: Model) -> Any:
    from peft import LoraConfig, get_peft_model
    from torch import nn

    language, module = language_of(model)
    ends = sorted({name.rsplit(".", 1)[-1] for name, m in module.named_modules() if isinstance(m, nn.Linear)})
    whole = [n for n in PROJECTORS if any(name.rsplit(".", 1)[-1] == n for name, _ in model.named_modules())]
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=rf"{language.replace('.', chr(92) + '.')}\..*\.({'|'.join(ends)})",
        modules_to_save=whole if settings.train_projector and whole else None,
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def save(loaded: Loaded, out: Path, *, name: str, like: Path | None = None) -> None:
    """Write a folder for `--model FOLDER`: weights or adapters, processor, fusion, sage.json.

    Whole weights are written in the dtype that the base was stored in; adapters name their base by its path.

    Args:
        loaded: the trained model.
        out: made if need be.
        name: for sage.json.
        like: folder whose sage.json and familiarity are taken over; None takes the base's.
    """
    from ..models.fusion_files import save_fusion

    out.mkdir(parents=True, exist_ok=True)
    plain, tokenizer = loaded.plain, loaded.processor.tokenizer
    if is_lora(loaded.model):
        for config in loaded.model.peft_config.values():
            config.base_model_name_or_path = _named(adapter_base(loaded.folder) or loaded.folder)
        # The two tokens' embeddings stand in the fusion's file; all others are the base's.
        loaded.model.save_pretrained(out, save_embedding_layers=False)
        (out / "README.md").unlink(missing_ok=True)  # PEFT's empty card; MODEL_CARD.md is ours
    else:
        _save_whole(plain, out, stored_dtype(loaded.folder))
    side, tokenizer.padding_side = tokenizer.padding_side, "left"
    loaded.processor.save_pretrained(out)
    tokenizer.padding_side = side
    if loaded.fusion:
        save_fusion(plain, out)
    _write_sage(loaded, like or loaded.folder, out, name)
    for path in out.iterdir():  # safetensors writes for the owner alone
        if path.is_file():
            path.chmod(0o644)


def _named(folder: Path) -> str:
    # The shipped model has a name that holds on every machine.
    return "nano" if folder.resolve() == NANO.resolve() else str(folder.resolve())


def _save_whole(plain: Any, out: Path, dtype: torch.dtype) -> None:
    made: dict[int, torch.Tensor] = {}

    def stored(weight: torch.Tensor) -> torch.Tensor:
        # Tied weights stay one tensor, so that they are written once.
        return made.setdefault(weight.data_ptr(), weight.detach().to(dtype)) if weight.is_floating_point() else weight

    weights = {k: stored(v) for k, v in plain.state_dict().items() if not k.startswith(f"{FUSION}.")}
    plain.save_pretrained(out, state_dict=weights)
    path = out / "config.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    told["dtype"] = str(dtype).removeprefix("torch.")
    path.write_text(json.dumps(told, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def stored_dtype(folder: Path) -> torch.dtype:
    """The dtype that a folder's weights (or those of the base its adapters name) were stored in."""
    import torch

    told = json.loads(((adapter_base(folder) or folder) / "config.json").read_text(encoding="utf-8"))
    return getattr(torch, str(told.get("dtype") or told.get("torch_dtype") or "float32"), torch.float32)


def _write_sage(loaded: Loaded, like: Path, out: Path, name: str) -> None:
    from ..prompts import PROMPTS_VERSION

    told = json.loads((like / "sage.json").read_text(encoding="utf-8")) if (like / "sage.json").is_file() else {}
    told |= {"name": name, "version": "1", "prompts_version": PROMPTS_VERSION}
    (out / "sage.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    language, _ = language_of(loaded.plain)
    moved = any(w.requires_grad and part_of(n, language) == "vision" for n, w in loaded.plain.named_parameters())
    # Familiarity's statistics are of the tower's features: they hold as long as the tower is the base's.
    if (like / "familiarity.safetensors").is_file() and not moved:
        shutil.copyfile(like / "familiarity.safetensors", out / "familiarity.safetensors")


def restore_fusion(folder: Path, model: Any) -> None:
    """Put the fusion of a checkpoint, and the embeddings of its two tokens, back into `model`.

    Raises:
        BadInput: the checkpoint has none that fits.
    """
    import torch
    from safetensors.torch import load_file

    from ..models.fusion_attach import live_fusion
    from ..models.fusion_files import WEIGHTS

    fusion = live_fusion(model)
    try:
        weights = load_file(folder / WEIGHTS)
        rows = weights.pop("token_embeddings")
        fusion.load_state_dict(weights)  # type: ignore[union-attr]
    except Exception as error:  # OSError, SafetensorError, KeyError, RuntimeError (sizes)
        line = " ".join(str(error).split())[:200]
        remedy = "remove this checkpoint and resume from the one before"
        raise BadInput(str(folder / WEIGHTS), f"it cannot be used ({line})", remedy) from error
    table = model.get_input_embeddings().weight
    with torch.no_grad():
        config = fusion.config  # type: ignore[union-attr]
        table[[config.open_id, config.close_id]] = rows.to(table)
