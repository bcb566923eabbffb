"""Fusion attention: what a fact says looks at the part of the image that differs most (method.md, section 1).

One module at the seam between vision and language. It reads the language model's input, in which image features are
merged already, and edits one embedding a fact: the one of the token that closes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from .image_tokens import ImageLayout, image_numbers

HEADS = 8
PATCHES = 16


@dataclass(frozen=True)
class FusionConfig:
    """What a fusion was built for.

    Attributes:
        hidden_size: of the language model's input.
        open_id, close_id: of the tokens `<fact>` and `</fact>`.
        layout: how the model's images are laid down as tokens.
        heads: of the attention; divides `hidden_size`.
        patches: K, how many of the test image's patches, least similar to the reference, a fact may look at.
        architecture: the checkpoint's `model_type`; "" where it does not matter.
    """

    hidden_size: int
    open_id: int
    close_id: int
    layout: ImageLayout
    heads: int = HEADS
    patches: int = PATCHES
    architecture: str = ""


def fitting_heads(hidden_size: int, wanted: int = HEADS) -> int:
    """The largest number of heads up to `wanted` that divides `hidden_size`."""
    return max(n for n in range(1, wanted + 1) if hidden_size % n == 0)


class FactFusion(nn.Module):
    """Edits the embedding at each `</fact>`: e + tanh(alpha) * LayerNorm(attention(fact, patches that differ)).

    Its weights are plain parameters, no linear layers: adapters and quantisers that pick layers by name or class
    leave it alone.

    Args:
        config: what it is built for.
        rms: root mean square of the model's text embeddings, the norm's initial gain.
    """

    def __init__(self, config: FusionConfig, rms: float = 1.0) -> None:
        super().__init__()
        size = config.hidden_size
        self.config = config
        self.in_weight = nn.Parameter(torch.empty(3 * size, size))
        self.in_bias = nn.Parameter(torch.zeros(3 * size))
        self.out_weight = nn.Parameter(torch.empty(size, size))
        self.out_bias = nn.Parameter(torch.zeros(size))
        self.gain = nn.Parameter(torch.full((size,), rms))
        self.shift = nn.Parameter(torch.zeros(size))
        self.alpha = nn.Parameter(torch.zeros(()))
        nn.init.xavier_uniform_(self.in_weight)
        nn.init.xavier_uniform_(self.out_weight)

    def forward(
        self,
        inputs_embeds: torch.Tensor,
        input_ids: torch.Tensor,
        images_per_row: torch.Tensor | Sequence[int] | None = None,
    ) -> torch.Tensor:
        """As `fuse`; a call, so that a wrapper around this module (PEFT's modules_to_save) takes part."""
        return self.fuse(inputs_embeds, input_ids, images_per_row)

    def fuse(
        self,
        inputs_embeds: torch.Tensor,
        input_ids: torch.Tensor,
        images_per_row: torch.Tensor | Sequence[int] | None = None,
    ) -> torch.Tensor:
        """The embeddings with every `</fact>` fused; the same tensor where there is nothing to fuse.

        Differentiable, without a loop over rows or tokens, padding on either side. Rows may differ in facts and images:
        with a reference a fact looks at the K patches least similar to it, without one at all patches; rows without
        an image or without a closed fact stay as they are.

        Args:
            inputs_embeds: [b, t, h], image features merged in.
            input_ids: [b, t], the ids that the embeddings came from.
            images_per_row: [b]; needed by layouts of the rule `even` only (`ImageLayout`).

        Returns:
            [b, t, h], in the dtype of `inputs_embeds`.
        """
        closes = input_ids == self.config.close_id
        numbers = image_numbers(input_ids, self.config.layout, images_per_row)
        inside = self._inside(input_ids, closes) & (numbers == 0)
        test, reference = numbers == 1, numbers == 2
        zero_shot = ~reference.any(1)
        masks = (closes, test, reference, inside | test)
        most = torch.stack([*(mask.sum(1).amax() for mask in masks), zero_shot.any().long()])
        facts, tested, referred, read, some_zero_shot = most.tolist()
        if not facts or not tested:
            return inputs_embeds
        # One gather of all that is read: each would cost a gradient of the whole input's size.
        at, _ = _where(inside | test, read)
        seen = _take(inputs_embeds, at)
        fact, has_words = _means(seen, inside.gather(1, at), closes.cumsum(1).gather(1, at), facts)
        at, is_patch = _where(test.gather(1, at), tested)
        patches = _take(seen, at)
        width = tested if some_zero_shot else min(self.config.patches, tested)
        if referred:
            at, is_other = _where(reference, referred)
            likeness = nearest_similarity(patches, _take(inputs_embeds.detach(), at), is_other)
            chosen = likeness.masked_fill(~is_patch, torch.inf).topk(width, largest=False).indices
            patches, is_patch = _take(patches, chosen), is_patch.gather(1, chosen)
            rank = torch.arange(width, device=chosen.device)
            is_patch = is_patch & (zero_shot[:, None] | (rank < self.config.patches))
        sees = is_patch.any(1, keepdim=True)
        added = self._attend(fact, patches, is_patch | ~sees)
        added = torch.tanh(self.alpha) * F.layer_norm(added, added.shape[-1:], self.gain, self.shift)
        ends, is_fact = _where(closes, facts)
        added = added.masked_fill(~(is_fact & has_words & sees)[..., None], 0.0)
        return inputs_embeds.scatter_add(1, _wide(ends, inputs_embeds), added.to(inputs_embeds.dtype))

    def _inside(self, ids: torch.Tensor, closes: torch.Tensor) -> torch.Tensor:
        """Bool [b, t], true after a `<fact>` up to the `</fact>` that follows, neither included."""
        opens = ids == self.config.open_id
        at = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
        last_open, last_close = (torch.where(mask, at, -1).cummax(1).values for mask in (opens, closes))
        return (last_open > last_close) & ~opens

    def _attend(self, facts: torch.Tensor, patches: torch.Tensor, keep: torch.Tensor) -> torch.Tensor:
        """Multi-head attention of facts [b, f, h] over patches [b, p, h] where `keep` [b, p] is true."""
        query, key, value = self.in_weight.chunk(3)
        biases = self.in_bias.chunk(3)
        dtype = self.in_weight.dtype
        facts, patches = facts.to(dtype), patches.to(dtype)
        q, k, v = (
            F.linear(x, w, b).unflatten(-1, (self.config.heads, -1)).transpose(1, 2)
            for x, w, b in zip((facts, patches, patches), (query, key, value), biases, strict=True)
        )
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=keep[:, None, None])
        return F.linear(mixed.transpose(1, 2).flatten(2), self.out_weight, self.out_bias)


@torch.no_grad()
def nearest_similarity(patches: torch.Tensor, others: torch.Tensor, is_other: torch.Tensor) -> torch.Tensor:
    """s_i = max_j cos(v_t,i, v_r,j): [b, p] from patches [b, p, h] and others [b, q, h]; -inf where a row has none."""
    # It only selects; in a half-precision autocast near ties would be decided by rounding.
    with torch.autocast(patches.device.type, enabled=False):
        units, targets = F.normalize(patches.float(), dim=-1), F.normalize(others.float(), dim=-1)
        cosines = units @ targets.transpose(1, 2)
    return cosines.masked_fill(~is_other[:, None], -torch.inf).amax(-1)


def _means(
    embeds: torch.Tensor, inside: torch.Tensor, closed: torch.Tensor, facts: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """t^g: the mean embedding of the text inside each fact [b, f, h], and whether there was any [b, f].

    `closed` [b, t] counts the facts that ended up to a token: the number of the fact it belongs to.
    """
    number = torch.arange(facts, device=embeds.device)[None, :, None]
    belongs = (closed[:, None] == number) & inside[:, None]
    count = belongs.sum(-1, keepdim=True)
    return (belongs / count.clamp(min=1)).to(embeds.dtype) @ embeds, count[..., 0] > 0


def _where(mask: torch.Tensor, most: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Positions of the true entries of each row [b, most], first to last, and which of them are real."""
    at = mask.long().argsort(dim=1, descending=True, stable=True)[:, :most]
    return at, mask.gather(1, at)


def _wide(at: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return at[..., None].expand(-1, -1, like.shape[-1])


def _take(rows: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
    return rows.gather(1, _wide(at, rows))
