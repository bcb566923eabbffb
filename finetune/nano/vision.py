"""Stage 1: the tower and the projector learn to see defects of every family of the world.

Each projected token is moved towards the prototype (model.prototypes) of what lies under it: a defect type, or the
family's sound surface. Where it is in doubt it becomes a mixture, so that what the language model will receive says how
sure the eye is. A head for the whole window helps, and is thrown away.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import FastVlmForConditionalGeneration

from ..world.boards.crops import SIDE, STORED
from ..world.crops import WorldPool
from .checkpoints import load_stage, save_stage
from .model import STRIDE, prototypes

GRID = SIDE // STRIDE
_SHARP = 6.0
"""Factor on the products of tokens and prototypes (in units of a prototype's length) in the softmax."""


def to_pixels(composite: Tensor) -> Tensor:
    """`uint8[n, 3, h, w]` to what the processor makes of it: float32, -1..1."""
    return composite.float() / 127.5 - 1


def compose(test: Tensor, reference: Tensor) -> Tensor:
    """`models.pairing.composite` for tensors: two `uint8[n, h, w]` to `uint8[n, 3, h, w]`."""
    signed = (128 + ((test.short() - reference.short()) >> 1)).clamp(0, 255).to(torch.uint8)
    return torch.stack([test, reference, signed], 1)


def zero_shot(test: Tensor) -> Tensor:
    """The image of a test window without a reference: `uint8[n, h, w]` to `uint8[n, 3, h, w]`."""
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


def token_classes(mask: Tensor, labels: Tensor, families: Tensor, count: int) -> Tensor:
    """What lies under each token, row by row: `int64[n, 36]`.

    Classes are the families' sound surfaces (0 .. count - 1), then the defect types (label 1 is class `count`).

    Args:
        mask: `uint8[n, SIDE, SIDE]`; labels, families: `int64[n]`; count: of families.
    """
    share = nn.functional.avg_pool2d(mask.float()[:, None], STRIDE)[:, 0].flatten(1)
    defect = (share > 0.01) & (labels > 0)[:, None]
    return torch.where(defect, (count + labels - 1)[:, None], families[:, None])


def class_count(pool: WorldPool) -> int:
    """How many prototypes there are for a pool's families and labels."""
    return len(pool.family_names) + len(pool.label_names) - 1


def batches(
    pools: Sequence[WorldPool], sizes: Sequence[int], rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Endless `(pixels float[n, 3, 96, 96], labels int64[n], token classes int64[n, 36])`: `sizes` of each pool.

    A tenth of the windows come without their reference, and a few are references on their own (which show nothing).
    """
    count = len(pools[0].family_names)
    while True:
        parts = []
        for pool, size in zip(pools, sizes, strict=True):
            index = np.sort(rng.integers(0, len(pool), size))
            parts.append((cut(torch.from_numpy(pool.images[index]), rng), pool.labels[index], pool.families[index]))
        images = torch.cat([p[0] for p in parts])
        labels = torch.from_numpy(np.concatenate([p[1] for p in parts]).astype(np.int64))
        families = torch.from_numpy(np.concatenate([p[2] for p in parts]).astype(np.int64))
        test, reference, mask = images[:, 0], images[:, 1], images[:, 2]
        alone = torch.from_numpy(rng.random(len(images)) < 0.05)
        test = torch.where(alone[:, None, None], reference, test)
        labels = torch.where(alone, 0, labels)
        pixels = compose(test, reference)
        without = torch.from_numpy(rng.random(len(images)) < 0.1)
        pixels = torch.where(without[:, None, None, None], zero_shot(test), pixels)
        yield to_pixels(pixels), labels, token_classes(mask, labels, families, count)


def project(model: FastVlmForConditionalGeneration, pixels: Tensor) -> Tensor:
    """Projected tokens `[n, 36, hidden]` of pixels `[n, 3, 96, 96]`."""
    features = model.model.vision_tower(pixels.contiguous(memory_format=torch.channels_last)).last_hidden_state
    return model.model.multi_modal_projector(features.flatten(2).permute(0, 2, 1))


def train_vision(
    model: FastVlmForConditionalGeneration,
    pools: Sequence[WorldPool],
    checkpoint: Path,
    *,
    seconds: float,
    batch: Sequence[int] = (44, 20),
    rate: float = 2e-3,
    seed: int = 0,
) -> list[float]:
    """Train tower and projector of `model` in place for `seconds` of wall time and return the losses, one a step.

    Args:
        pools: windows; `batch`: how many of each a step takes.
        checkpoint: written every two minutes and at the end; where it exists, training goes on from it (a finished one
            is only loaded).
    """
    hidden, device = model.config.text_config.hidden_size, model.device
    codes = prototypes(class_count(pools[0]), hidden).to(device)
    head = nn.Linear(hidden, len(pools[0].label_names)).to(device)
    parts = nn.ModuleDict(
        {"tower": model.model.vision_tower, "projector": model.model.multi_modal_projector, "head": head}
    )
    optimizer = torch.optim.AdamW(parts.parameters(), lr=rate, weight_decay=0.03)
    spent, losses = load_stage(checkpoint, parts, optimizer)
    if spent >= seconds:
        parts.eval()
        return losses
    source = batches(pools, batch, np.random.default_rng((seed, len(losses))))
    parts.train().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    saved = last = time.monotonic()
    weight = torch.ones(len(codes), device=device)
    weight[: len(pools[0].family_names)] = 0.2
    while spent < seconds:
        pixels, labels, classes = (t.to(device) for t in next(source))
        for group in optimizer.param_groups:
            warm = min(1.0, (len(losses) + 1) / 100)
            group["lr"] = rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, spent / seconds))))
        with torch.autocast(device.type, torch.bfloat16):
            tokens = project(model, pixels)
            whole = head(tokens.mean(1))
        flat = tokens.float().flatten(0, 1) / codes.norm(dim=1).mean()
        unit = codes / codes.norm(dim=1).mean()
        loss = nn.functional.cross_entropy(_SHARP * flat @ unit.T, classes.flatten(), weight)
        loss = loss + (flat - unit[classes.flatten()]).square().sum(1).mean()
        loss = loss + nn.functional.cross_entropy(whole.float(), labels, label_smoothing=0.02)
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
            save_stage(checkpoint, parts, optimizer, spent, losses)
    parts.eval()
    return losses
