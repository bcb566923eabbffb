"""Log-probabilities of answers' tokens from any image-text-to-text model, images and prompts run once where it can.

The model's own outer forward is what runs, so that hooks on it (SFE fusion, adapters) take part.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .batch import PADDING, Collator, Mode
from .questions import Question

_CHUNK = 64
"""Rows of logits of which the entropy is taken at once."""
_TOLERANCE = {torch.float32: 2e-5, torch.float64: 1e-8}
"""How far a token's log-probability may be off before a way of sharing counts as wrong; half precision: below."""
_HALF_TOLERANCE = 0.1

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TokenScores:
    """Of each answer token: its log-probability (nats, with graph) and the entropy (nats) of what was predicted."""

    logps: Tensor
    entropy: Tensor


def inner(model: nn.Module) -> Any:
    """The transformers model below wrappers: DistributedDataParallel, compiled modules, PEFT."""
    found: Any = model
    while True:
        if hasattr(found, "get_base_model"):
            found = found.get_base_model()
        elif isinstance(getattr(found, "module", None), nn.Module):
            found = found.module
        elif isinstance(getattr(found, "_orig_mod", None), nn.Module):
            found = found._orig_mod
        else:
            return found


def score_tokens(model: nn.Module, batch: Mapping[str, Any]) -> TokenScores:
    """Run a batch of `edpo_batch.Collator`, on the model's device already.

    Returns:
        In the order of the batch's `owner`.
    """
    scores = [_score_part(model, part) for part in batch["parts"]]
    return TokenScores(torch.cat([s.logps for s in scores]), torch.cat([s.entropy for s in scores]))


def _score_part(model: nn.Module, part: Mapping[str, Any]) -> TokenScores:
    base = inner(model)
    inputs = _cast(part["inputs"], base.dtype)
    if "segments" in part:
        inputs["attention_mask"] = block_mask(part["segments"], base.dtype)
    if part.get("images"):
        inputs |= _encode(base, _cast(part["images"], base.dtype), inputs["input_ids"].shape[0])
    start = part["prompt"] - 1  # the column that predicts every answer's first token
    if _takes(base, "logits_to_keep"):
        logits = model(**inputs, use_cache=False, logits_to_keep=inputs["input_ids"].shape[1] - start).logits
    else:
        logits = model(**inputs, use_cache=False).logits[:, start:]
    chosen = logits[part["rows"], part["columns"] - start].float()
    logps = -F.cross_entropy(chosen, part["targets"], reduction="none")
    with torch.no_grad():
        entropy = torch.cat([torch.special.entr(rows.softmax(-1)).sum(-1) for rows in chosen.split(_CHUNK)])
    return TokenScores(logps, entropy)


def _cast(inputs: Mapping[str, Tensor], dtype: torch.dtype) -> dict[str, Any]:
    return {k: v.to(dtype) if v.is_floating_point() else v for k, v in inputs.items()}


def block_mask(segments: Tensor, dtype: torch.dtype) -> Tensor:
    """The additive mask of packed rows: a token sees its prompt and its own answer, up to itself.

    Args:
        segments: `int64[rows, t]`: 0 prompt, 1 and up the answers, `PADDING`.
        dtype: of the model.

    Returns:
        `[rows, 1, t, t]`: 0 where a token (third axis) may look, the smallest number elsewhere. Padding sees itself at
        least: the attention of a row that sees nothing would be undefined.
    """
    asks, seen = segments[:, :, None], segments[:, None, :]
    order = torch.arange(segments.shape[1], device=segments.device)
    earlier = order[None, :, None] >= order[None, None, :]
    allowed = earlier & (seen != PADDING) & ((seen == 0) | (seen == asks)) | torch.eye(
        len(order), dtype=torch.bool, device=segments.device
    )
    mask = torch.zeros(allowed.shape, dtype=dtype, device=segments.device)
    return mask.masked_fill_(~allowed, torch.finfo(dtype).min)[:, None]


def _takes(base: Any, name: str) -> bool:
    # TRL and others wrap a model's forward; the class keeps the signature.
    return name in inspect.signature(type(base).forward).parameters


def _encode(base: Any, images: Mapping[str, Tensor], rows: int) -> dict[str, Any]:
    """One question's images, encoded once, as inputs of `rows` rows that show the same images."""
    from transformers.modeling_outputs import BaseModelOutputWithPooling

    encode = base.base_model.get_image_features
    wanted = inspect.signature(encode).parameters
    encoded = encode(**{k: v for k, v in images.items() if k in wanted}, return_dict=True).pooler_output
    # Some models return one tensor, some a tuple with one entry an image; each reads only its own form.
    if isinstance(encoded, Tensor):
        repeated: Any = encoded.repeat(rows, *[1] * (encoded.dim() - 1))
    else:
        repeated = tuple(encoded) * rows
    rest = {k: v.repeat(rows, *[1] * (v.dim() - 1)) for k, v in images.items() if not k.startswith("pixel")}
    features = BaseModelOutputWithPooling(pooler_output=repeated)
    return {**rest, "mm_encoder_outputs": {"image": features}}


@torch.no_grad()
def choose_mode(model: nn.Module, collator: Collator, question: Question, move: Any, *, longest: int = 0) -> Mode:
    """The cheapest way of sharing under which this model gives the answers the same log-probabilities as alone.

    A model may look both ways within an image, have a sliding window, carry a recurrent state or refuse the mask:
    what its configuration does not tell is found out by running `question` in each way.

    Args:
        model: in eval mode.
        collator: of the model; its mode is left as found.
        question: that is tried; the longer, the more it shows.
        move: takes a batch to the model's device.
        longest: tokens of the longest row that training will see.

    Returns:
        `packed`, else `shared`, else `repeated`.
    """
    found = collator.mode

    def run(mode: Mode) -> Tensor:
        collator.mode = mode
        try:
            return score_tokens(model, move(collator([question]))).logps.float()
        finally:
            collator.mode = found

    base = inner(model)
    expected = run("repeated")
    half = torch.is_autocast_enabled(expected.device.type)
    tolerance = _HALF_TOLERANCE if half else _TOLERANCE.get(base.dtype, _HALF_TOLERANCE)
    why = _cannot_pack(base, longest, collator([question])["parts"][0]["inputs"])
    for mode in ("packed", "shared"):
        if mode == "packed" and why:
            log.info("no packing: %s", why)
            continue
        if mode == "shared" and not (question.images and _takes(base, "mm_encoder_outputs")):
            continue
        try:
            off = float((run(mode) - expected).abs().max())
        except (
            RuntimeError,
            TypeError,
            ValueError,
            IndexError,
            KeyError,
            AttributeError,
            NotImplementedError,
        ) as error:
            log.info("%s does not run on %s: %s", mode, type(base).__name__, error)
            continue
        if off <= tolerance:
            return mode
        log.info("%s changes log-probabilities of %s by up to %.2g", mode, type(base).__name__, off)
    return "repeated"


def _cannot_pack(base: Any, longest: int, inputs: Mapping[str, Tensor]) -> str:
    """Why a block mask would not be obeyed, as far as configuration and inputs tell; "" where nothing does."""
    text = base.config.get_text_config()
    kinds = set(getattr(text, "layer_types", None) or ()) - {"full_attention"}
    window = getattr(text, "sliding_window", None)
    if kinds - {"sliding_attention"}:
        return f"it has layers of type {', '.join(sorted(kinds))}"
    uses = getattr(text, "use_sliding_window", True) if "sliding_attention" not in kinds else True
    if window and uses and window < longest:
        return f"its attention has a window of {window} tokens, rows have up to {longest}"
    if "token_type_ids" in inputs and bool(inputs["token_type_ids"].any()):
        return "its attention looks both ways within an image"
    if "flash" in (text._attn_implementation or ""):
        return "flash attention takes no mask of blocks"
    return ""


def longest_of(questions: Sequence[Question]) -> Question:
    """The question with the most text, for `choose_mode`: it takes the longest row, as far as text tells."""
    return max(questions, key=lambda q: (len(q.images) > 0, len(q.prompt) + max(map(len, q.answers))))
