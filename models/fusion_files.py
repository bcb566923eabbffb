"""Fusion beside a checkpoint: `fusion.safetensors` and `fusion.json`; the checkpoint's own files stay stock."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from ..errors import BadInput
from .fact_lines import CLOSE, OPEN
from .fusion import FactFusion, FusionConfig
from .fusion_attach import NAME, add_fact_tokens, attach, check_fits, live_fusion, stock
from .image_tokens import ImageLayout

WEIGHTS, CONFIG = "fusion.safetensors", "fusion.json"
_TOKENS = "token_embeddings"
_VERSION = 1
_REMEDY = "save the model again, or take the fusion files away"


def has_fusion(folder: Path) -> bool:
    """True where a model folder holds a fusion."""
    return (folder / CONFIG).exists() or (folder / WEIGHTS).exists()


def save_model(model: Any, processor: Any, folder: Path) -> None:
    """Save a model folder: the stock checkpoint (or adapter), the processor, and the fusion, if any, beside them.

    Args:
        model: with or without `attach`ed fusion, with or without PEFT's wrapper.
        processor: of the model, its tokenizer included; None writes none.
        folder: made where it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    core = stock(model)
    before = core._keys_to_ignore_on_save
    core._keys_to_ignore_on_save = {*(before or ()), *(k for k in core.state_dict() if k.startswith(f"{NAME}."))}
    try:
        model.save_pretrained(folder)
    finally:
        core._keys_to_ignore_on_save = before
    if processor is not None:
        processor.save_pretrained(folder)
    if live_fusion(model) is not None:
        save_fusion(model, folder)


def save_fusion(model: Any, folder: Path) -> None:
    """Write the model's fusion, and the two tokens' embeddings with it, into `folder`.

    Raises:
        BadInput: the model has none.
    """
    fusion = live_fusion(model)
    if fusion is None:
        raise BadInput("the model", "it has no fusion to save", "attach one first")
    config = fusion.config
    table = stock(model).get_input_embeddings().weight
    rows = table[[config.open_id, config.close_id]]
    write_fusion(fusion, rows, folder)


def write_fusion(fusion: FactFusion, rows: torch.Tensor, folder: Path) -> None:
    """Write a fusion and the embeddings `rows` [2, h] of `<fact>` and `</fact>` into `folder`, as 32-bit numbers."""
    from safetensors.torch import save_file

    tensors = {**fusion.state_dict(), _TOKENS: rows}
    save_file(
        {k: v.detach().float().cpu().contiguous().clone() for k, v in tensors.items()},
        folder / WEIGHTS,
        metadata={"format": "pt"},
    )
    written = {"version": _VERSION, "tokens": [OPEN, CLOSE], **asdict(fusion.config)}
    written["layout"] = fusion.config.layout._asdict()
    (folder / CONFIG).write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")


def read_config(folder: Path) -> FusionConfig:
    """The config in the folder's fusion.json.

    Raises:
        BadInput: it is missing, damaged, or of a later version.
    """
    path = folder / CONFIG
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        version = found.pop("version")
        found.pop("tokens")
        layout = ImageLayout(**{**found.pop("layout")})
        layout = layout._replace(token_ids=tuple(layout.token_ids))
        config = FusionConfig(**found, layout=layout)
        numbers = (config.hidden_size, config.heads, config.patches, config.open_id, config.close_id)
        if not all(isinstance(n, int) and n >= 0 for n in numbers) or config.hidden_size % max(1, config.heads):
            raise ValueError("its numbers do not fit each other")
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput(str(path), f"it cannot be read ({error})", _REMEDY) from None
    if version != _VERSION:
        raise BadInput(str(path), f"it is of version {version}, this reads {_VERSION}", "update sage-inspect")
    return config


def load_fusion(folder: Path, model: Any, processor: Any) -> FactFusion | None:
    """Attach the folder's fusion to `model`, trained weights and tokens included; None where there is none.

    Raises:
        BadInput: files that are damaged, or a fusion made for another model or tokenizer.
    """
    if not has_fusion(folder):
        return None
    config = read_config(folder)
    core = stock(model)
    check_fits(config, core)
    tensors = _read_weights(folder / WEIGHTS)
    rows = tensors.pop(_TOKENS, None)
    fusion = FactFusion(config)
    expected = {name: value.shape for name, value in fusion.state_dict().items()}
    if rows is None or {n: v.shape for n, v in tensors.items()} != expected or rows.shape != (2, config.hidden_size):
        raise BadInput(str(folder / WEIGHTS), f"its tensors are not those that {CONFIG} describes", _REMEDY)
    ids = add_fact_tokens(core, processor)
    if ids != (config.open_id, config.close_id):
        raise BadInput(
            str(folder / CONFIG), f"the tokenizer gives {OPEN} and {CLOSE} other ids", "keep it beside its own model"
        )
    table = core.get_input_embeddings().weight
    with torch.no_grad():
        # Of an adapter's base these rows are untrained; in a whole checkpoint they are the same already.
        table[list(ids)] = rows.to(table)
    fusion = attach(core, config=config)
    fusion.load_state_dict(tensors)
    return fusion


def _read_weights(path: Path) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise BadInput(str(path), f"it cannot be read ({error})", _REMEDY) from None
