"""Putting fusion attention onto a transformers model: two tokens, one submodule, hooks at the language model's input.

No forward is overridden and no argument added, so `generate()`, PEFT and TRL's trainers see the stock model.
"""

from __future__ import annotations

from typing import Any

import torch

from ..errors import BadInput
from .fact_lines import CLOSE, OPEN
from .fusion import PATCHES, FactFusion, FusionConfig, fitting_heads
from .image_tokens import probe_layout

NAME = "fact_fusion"
"""The submodule's name on the model, e.g. for PEFT's `modules_to_save`."""


def attach(
    model: Any, processor: Any = None, config: FusionConfig | None = None, *, patches: int = PATCHES
) -> FactFusion:
    """Put a fusion onto `model`; until it is trained, no output changes.

    Args:
        model: an image-text-to-text model of transformers, or PEFT's wrapper around one. Gets the submodule
            `fact_fusion` in 32-bit numbers; its embeddings grow only where they have no room for two more tokens.
        processor: of the model; its tokenizer gets `<fact>` and `</fact>` as special tokens. Not needed with a config.
        config: of a fusion that was made before; None makes one for this model.
        patches: K, where no config is given.

    Raises:
        BadInput: the model has a fusion already, no seam between vision and language, or images that cannot be told
            apart; or the config does not fit the model.
    """
    model = stock(model)
    architecture = str(getattr(model.config, "model_type", type(model).__name__))
    core = getattr(model, "base_model", model)
    decoder = core if core is model else core.get_decoder()
    if decoder is core:
        raise BadInput(f"a model of type {architecture}", "its language model has no input to hook", "use another one")
    if NAME in model._modules:
        raise BadInput(f"a model of type {architecture}", "it has a fusion already", "load the checkpoint once")
    if config is None:
        config = _new_config(model, processor, architecture, patches)
    elif processor is not None:
        add_fact_tokens(model, processor)
    check_fits(config, model)
    embeddings = model.get_input_embeddings()
    fusion = FactFusion(config, _rms(embeddings)).to(embeddings.weight.device)
    setattr(model, NAME, fusion)
    seam = _Seam(model)
    # Not on the model itself: PEFT calls its forward past the hooks.
    core.register_forward_pre_hook(seam.remember, with_kwargs=True)
    core.register_forward_hook(seam.forget, always_call=True)
    decoder.register_forward_pre_hook(seam.edit, with_kwargs=True)
    return fusion


def stock(model: Any) -> Any:
    """The transformers model inside PEFT's wrapper, or the model itself."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def live_fusion(model: Any) -> FactFusion | None:
    """The fusion that takes part in `model`'s forward pass: PEFT's modules_to_save puts a copy in its place."""
    found = stock(model)._modules.get(NAME)
    if found is None or isinstance(found, FactFusion):
        return found
    return found.modules_to_save[found.active_adapters[0]]


def check_fits(config: FusionConfig, model: Any) -> None:
    """Compare a fusion's config with a model.

    Raises:
        BadInput: another architecture, or another size of embeddings.
    """
    model = stock(model)
    architecture = str(getattr(model.config, "model_type", ""))
    if config.architecture and config.architecture != architecture:
        raise BadInput(
            f"fusion for {config.architecture}", f"the checkpoint is {architecture}", "keep each beside its own model"
        )
    size = model.get_input_embeddings().weight.shape[1]
    if config.hidden_size != size:
        raise BadInput(
            f"fusion of hidden size {config.hidden_size}", f"the model has {size}", "keep each beside its own model"
        )


def add_fact_tokens(model: Any, processor: Any) -> tuple[int, int]:
    """The ids of `<fact>` and `</fact>`, added to the tokenizer where missing; embeddings grow only if they must."""
    from transformers import AddedToken

    tokenizer = getattr(processor, "tokenizer", processor)
    vocabulary = tokenizer.get_vocab()
    missing = [AddedToken(t, special=True, normalized=False) for t in (OPEN, CLOSE) if t not in vocabulary]
    if missing:
        tokenizer.add_tokens(missing, special_tokens=True)
    opening, closing = tokenizer.convert_tokens_to_ids([OPEN, CLOSE])
    if max(opening, closing) >= model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(max(opening, closing) + 1)
    return opening, closing


def _new_config(model: Any, processor: Any, architecture: str, patches: int) -> FusionConfig:
    image_id = getattr(model.config, "image_token_id", None)
    if image_id is None:
        image_id = getattr(model.config, "image_token_index", None)
    if image_id is None or processor is None:
        raise BadInput(f"a model of type {architecture}", "it names no image token", "name a vision-language model")
    layout = probe_layout(processor, [image_id], architecture)
    opening, closing = add_fact_tokens(model, processor)
    size = model.get_input_embeddings().weight.shape[1]
    return FusionConfig(size, opening, closing, layout, fitting_heads(size), patches, architecture)


@torch.no_grad()
def _rms(embeddings: Any) -> float:
    """Root mean square of the text embeddings, of 4096 evenly spaced ones in a large vocabulary."""
    rows = embeddings.weight.shape[0]
    ids = torch.linspace(0, rows - 1, min(rows, 4096), device=embeddings.weight.device).long()
    # Through the module, not its weight: some scale what they give.
    return float(embeddings(ids).float().square().mean().sqrt())


class _Seam:
    """The hooks: one forward pass's ids, from the whole model to the input of its language model.

    Bound methods of an object that holds the model, so that a deep copy of the model gets hooks of its own.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.ids: torch.Tensor | None = None
        self.images: torch.Tensor | None = None

    def remember(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        ids = kwargs.get("input_ids", args[0] if args else None)
        # A single token is a decoding step.
        self.ids = ids if isinstance(ids, torch.Tensor) and ids.dim() == 2 and ids.shape[1] > 1 else None
        self.images = kwargs.get("batch_num_images")
        sizes = kwargs.get("image_sizes")
        if self.images is None and self.ids is not None and sizes is not None and len(sizes) % len(self.ids) == 0:
            self.images = torch.full((len(self.ids),), len(sizes) // len(self.ids))

    def edit(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        embeds = kwargs.get("inputs_embeds")
        if self.ids is None or embeds is None or embeds.shape[:2] != self.ids.shape:
            return None
        # Looked up now: PEFT swaps a trained copy in. Called, not `fuse`: its wrapper passes calls on.
        fusion = getattr(self.model, NAME)
        return args, {**kwargs, "inputs_embeds": fusion(embeds, self.ids.to(embeds.device), self.images)}

    def forget(self, module: Any, args: tuple[Any, ...], output: Any) -> None:
        self.ids = self.images = None
