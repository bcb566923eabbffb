"""What stays as it is in stage 2: SFE fusion and the vision tower, frozen but active; and no dropout."""

from __future__ import annotations

from typing import Any

from torch import nn

from ..model_parts import language_of, part_of


def vision_towers(model: Any) -> list[nn.Module]:
    """The image encoder of a transformers model, or none where it has no module of its own."""
    tower = model.get_encoder("image")
    return [] if tower is model else [tower]


def freeze(model: Any, *, vision: bool = True) -> None:
    """Freeze SFE fusion and, with `vision`, the vision tower of a transformers model; the projector stays as it is."""
    language, _ = language_of(model)
    for name, parameter in model.named_parameters():
        part = part_of(name, language)
        if part == "fusion" or (vision and part == "vision"):
            parameter.requires_grad_(False)


def without_dropout(model: nn.Module) -> None:
    """Switch all dropout off: policy and reference are compared token by token."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        if isinstance(getattr(module, "attention_dropout", None), float):
            module.attention_dropout = 0.0  # type: ignore[assignment]
