"""The parts of a vision-language model: language model, projector, vision tower, fusion; told apart by name."""

from __future__ import annotations

from typing import Any

from ..errors import BadInput

PROJECTORS = ("multi_modal_projector", "connector", "merger", "deepstack_merger_list", "aligner", "mm_projector")
"""Names of the modules between vision and language; Qwen's stand inside its vision module."""
FUSION = "fact_fusion"
"""The fusion's name on a model (models/fusion_attach.py)."""


def is_lora(model: Any) -> bool:
    """True for a PeftModel."""
    return hasattr(model, "peft_config") and hasattr(model, "get_base_model")


def language_of(model: Any) -> tuple[str, Any]:
    """Qualified name and module of the language model inside a transformers model.

    Raises:
        BadInput: it has none that can be told apart.
    """
    decoder = model.get_decoder()
    for name, module in model.named_modules():
        if module is decoder and name:
            return name, module
    raise BadInput(type(model).__name__, "its language model cannot be told apart", "name a vision-language model")


def part_of(name: str, language: str) -> str:
    """Which part a parameter belongs to: `fusion`, `language`, `projector` or `vision`.

    Args:
        name: qualified, inside the plain model.
        language: qualified name of the language model.
    """
    steps = name.split(".")
    if FUSION in steps:
        return "fusion"
    if any(step in PROJECTORS for step in steps):
        return "projector"
    if name.startswith(f"{language}.") or steps[0] == "lm_head":
        return "language"
    return "vision"


def frozen_modules(model: Any) -> list[Any]:
    """The outermost modules of which nothing learns and that keep batch statistics or drop out, e.g. a vision tower."""
    from torch import nn

    moving = (nn.modules.batchnorm._BatchNorm, nn.Dropout)
    found: list[Any] = []

    def look(module: Any) -> None:
        weights = list(module.parameters())
        # One without weights, e.g. an adapter's dropout, goes with the module that it stands in.
        if not weights or not any(isinstance(inner, moving) for inner in module.modules()):
            return
        if not any(weight.requires_grad for weight in weights):
            found.append(module)
            return
        for child in module.children():
            look(child)

    look(model)
    return found
