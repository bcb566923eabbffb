"""Stage 1: the tower and the projector learn to see defects, through auxiliary heads that are thrown away after it.

The heads read the *projected* tokens: one says for each of the 6 x 6 tokens which type lies under it (a mask and a type
in one), one says the type of the whole crop. So what the language model will receive already tells the types apart.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import FastVlmForConditionalGeneration

from .crops import LABELS, SIDE, STORED, Pool
from .nano_model import STRIDE

GRID = SIDE // STRIDE


class Heads(nn.Module):
    """The auxiliary heads: one a token, one for the whole crop."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.token = nn.Linear(hidden, len(LABELS))
        self.crop = nn.Linear(hidden, len(LABELS))

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Token logits `[n, 36, 7]` and crop logits `[n, 7]` of projected tokens `[n, 36, hidden]`."""
        return self.token(tokens), self.crop(tokens.mean(1))


def to_pixels(composite: Tensor) -> Tensor:
    """`uint8[n, 3, h, w]` to what the processor makes of it: float32, -1..1."""
    return composite.float() / 127.5 - 1


def compose(test: Tensor, reference: Tensor) -> Tensor:
    """`models.pairing.composite` for tensors: two `uint8[n, h, w]` to `uint8[n, 3, h, w]`."""
    signed = (128 + ((test.short() - reference.short()) >> 1)).clamp(0, 255).to(torch.uint8)
    return torch.stack([test, reference, signed], 1)


def zero_shot(test: Tensor) -> Tensor:
    """The image of a test crop without a reference: `uint8[n, h, w]` to `uint8[n, 3, h, w]`."""
    empty = torch.zeros_like(test)
    return torch.stack([test, empty, empty], 1)


def cut(images: Tensor, rng: np.random.Generator | None) -> Tensor:
    """`uint8[n, c, STORED, STORED]` to `uint8[n, c, SIDE, SIDE]`: the middle, or shifted and flipped by `rng`."""
    room = STORED - SIDE
    if rng is None:
        return images[..., room // 2 : room // 2 + SIDE, room // 2 : room // 2 + SIDE]
    y, x = rng.integers(0, room + 1, 2)
    images = images[..., y : y + SIDE, x : x + SIDE]
    if rng.random() < 0.5:
        images = images.flip(-1)
    return torch.rot90(images, int(rng.integers(4)), (-2, -1))


def token_labels(mask: Tensor, labels: Tensor) -> Tensor:
    """The label under each token: `uint8[n, SIDE, SIDE]`, `int64[n]` to `int64[n, 36]`, row by row."""
    share = nn.functional.avg_pool2d(mask.float()[:, None], STRIDE)[:, 0].flatten(1)
    return torch.where(share > 0.01, labels[:, None], torch.zeros_like(labels)[:, None])


def batches(pool: Pool, size: int, rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Endless `(pixels float[n, 3, 96, 96], labels int64[n], token labels int64[n, 36])`, shuffled and augmented.

    A tenth of the crops come without their reference, and a few are references on their own (which show nothing).
    """
    while True:
        order = rng.permutation(len(pool))
        for begin in range(0, len(pool) - size + 1, size):
            index = np.sort(order[begin : begin + size])
            images = cut(torch.from_numpy(pool.images[index]), rng)
            labels = torch.from_numpy(pool.labels[index].astype(np.int64))
            test, reference, mask = images[:, 0], images[:, 1], images[:, 2]
            alone = torch.from_numpy(rng.random(size) < 0.04)
            test = torch.where(alone[:, None, None], reference, test)
            labels = torch.where(alone, 0, labels)
            pixels = compose(test, reference)
            without = torch.from_numpy(rng.random(size) < 0.1)
            pixels = torch.where(without[:, None, None, None], zero_shot(test), pixels)
            yield to_pixels(pixels), labels, token_labels(mask, labels)


def train_vision(
    model: FastVlmForConditionalGeneration,
    pool: Pool,
    checkpoint: Path,
    *,
    seconds: float,
    batch: int = 64,
    rate: float = 2e-3,
    seed: int = 0,
) -> list[float]:
    """Train tower and projector of `model` in place for `seconds` of wall time and return the losses, one a step.

    `checkpoint` is written every two minutes and at the end; where it exists, training goes on from it (a finished one
    is only loaded).
    """
    tower, projector = model.model.vision_tower, model.model.multi_modal_projector
    heads = Heads(model.config.text_config.hidden_size)
    parts = nn.ModuleDict({"tower": tower, "projector": projector, "heads": heads})
    optimizer = torch.optim.AdamW(parts.parameters(), lr=rate, weight_decay=0.03)
    spent, losses = 0.0, []
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        parts.load_state_dict(state["parts"])
        optimizer.load_state_dict(state["optimizer"])
        spent, losses = state["spent"], state["losses"]
    source = batches(pool, min(batch, len(pool)), np.random.default_rng((seed, len(losses))))
    parts.train().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    saved = last = time.monotonic()
    while spent < seconds:
        pixels, labels, tokens = next(source)
        for group in optimizer.param_groups:
            warm = min(1.0, (len(losses) + 1) / 100)
            group["lr"] = rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, spent / seconds))))
        with torch.autocast("cpu", torch.bfloat16):
            features = tower(pixels.contiguous(memory_format=torch.channels_last)).last_hidden_state
            token_logits, crop_logits = heads(projector(features.flatten(2).permute(0, 2, 1)))
        weight = torch.ones(len(LABELS))
        weight[0] = 0.2
        loss = nn.functional.cross_entropy(crop_logits.float(), labels, label_smoothing=0.02)
        loss = loss + nn.functional.cross_entropy(token_logits.float().flatten(0, 1), tokens.flatten(), weight)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parts.parameters(), 5.0)
        optimizer.step()
        losses.append(float(loss.detach()))
        now = time.monotonic()
        spent, last = spent + now - last, now
        if len(losses) % 100 == 0:
            print(f"vision step {len(losses)} {spent:.0f} s loss {np.mean(losses[-100:]):.3f}", flush=True)
        if now - saved > 120 or spent >= seconds:
            saved = now
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
            fresh = checkpoint.with_suffix(".new")
            torch.save(
                {"parts": parts.state_dict(), "optimizer": optimizer.state_dict(), "spent": spent, "losses": losses},
                fresh,
            )
            fresh.replace(checkpoint)
    parts.eval()
    return losses


@torch.no_grad()
def crop_logits(model: FastVlmForConditionalGeneration, checkpoint: Path, pixels: Tensor) -> Tensor:
    """The auxiliary crop head's logits `[n, 7]` (order: `LABELS`), for measuring stage 1 alone."""
    state = torch.load(checkpoint, weights_only=True)["parts"]
    heads = Heads(model.config.text_config.hidden_size)
    heads.load_state_dict({k.removeprefix("heads."): v for k, v in state.items() if k.startswith("heads.")})
    out = []
    for part in pixels.split(128):
        with torch.autocast("cpu", torch.bfloat16):
            features = model.model.vision_tower(part).last_hidden_state.flatten(2).permute(0, 2, 1)
            out.append(heads(model.model.multi_modal_projector(features))[1].float())
    return torch.cat(out)
