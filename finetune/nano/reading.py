"""Stages 2 and 3: the language model learns to read facts and findings, first apart from the eye, then with it.

In the *reading* stage prototypes stand for the images (model.prototypes), so that it needs no eye and no picture; in
the *joint* stage real windows go through tower and projector, and the fusion looks at them. What guides it: guides.py.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import FastVlmForConditionalGeneration

from ...models.fusion import FactFusion, FusionConfig, fitting_heads
from ...models.image_tokens import ImageLayout
from ..world.crops import WorldPool
from ..world.dialogues.dialogue import Dialogue
from ..world.dialogues.facts import pick
from ..world.dialogues.turned import draw_turned, turns_of
from ..world.families import families, family, family_names, label_names
from ..world.family import Family
from .batches import (
    CLOSE,
    IMAGE,
    OPEN,
    Batch,
    Encoder,
    collate,
    draw_dialogue,
)
from .checkpoints import load_stage, save_stage
from .guides import MIDDLE, Decides, Guides, Scales
from .model import IMAGE_TOKENS, prototypes
from .vision import GRID, compose, cut, to_pixels, zero_shot

_CHUNK = 16
"""Batches drawn at once: their dialogues are sorted by length, so that little is padded."""
_TURNED = 0.35
"""Share of defects that come with the two dialogues of a minimal pair."""
_SHORT = 0.35
"""Until this share of the reading stage dialogues hold 3 facts at most."""


def build_fusion(hidden: int) -> FactFusion:
    """An untrained fusion for a nano of width `hidden`."""
    layout = ImageLayout((IMAGE,), "constant", tokens_per_image=IMAGE_TOKENS)
    config = FusionConfig(hidden, OPEN, CLOSE, layout, fitting_heads(hidden), architecture="fast_vlm")
    return FactFusion(config, rms=0.05)


Source = Iterator[tuple[Batch, Tensor]]
"""Batches, and the projected tokens of their images in order, `[images, 36, hidden]`, or their pixels."""


def imagined(encoder: Encoder, hidden: int, size: int, rng: np.random.Generator, most: list[int]) -> Source:
    """Batches whose images are grids of prototypes, mixed and noisy as an eye in doubt would tell them."""
    worlds = families(False)
    names, labels = family_names(), label_names()
    codes = prototypes(len(names) + len(labels) - 1, hidden)
    while True:
        drawn = []
        for _ in range(size * _CHUNK):
            one = worlds[int(rng.integers(len(worlds)))]
            kind = "" if rng.random() < 0.3 else one.types[int(rng.integers(len(one.types)))].name
            dialogue = draw_dialogue(one, kind, rng, most[0], int(rng.integers(3, 9)))
            drawn.append(
                (encoder(dialogue), one.name, dialogue.label if dialogue.label is not None else kind, dialogue.images)
            )
        for part in _sorted(drawn, size, rng):
            grids = [g for _, name, kind, count in part for g in _grids(names.index(name), kind, count, labels, rng)]
            grid = torch.from_numpy(np.array(grids, np.int64).reshape(-1, IMAGE_TOKENS))
            tokens = codes[grid]
            other = codes[torch.from_numpy(rng.integers(0, len(codes), grid.shape))]
            # Mostly clear: with a third of the tokens mixed up to .6 it was not learned to see at all.
            share = torch.from_numpy((rng.random(grid.shape) ** 8 * 0.5).astype(np.float32))[..., None]
            tokens = tokens * (1 - share) + other * share
            yield collate([p[0] for p in part]), tokens + torch.randn(tokens.shape) * 0.015


def _sorted(drawn: list, size: int, rng: np.random.Generator) -> Iterator[list]:
    drawn.sort(key=lambda d: len(d[0].ids))
    for k in rng.permutation(len(drawn) // size):
        yield drawn[k * size : (k + 1) * size]


def _grids(ground: int, kind: str, images: int, labels: Sequence[str], rng: np.random.Generator) -> list[np.ndarray]:
    """Class indices of each image's 36 tokens: the test window with a patch of `kind`, then the sound reference."""
    grid = np.full((GRID, GRID), ground)
    if kind:
        high, wide = rng.integers(1, 4, 2)
        y, x = int(rng.integers(0, GRID - high + 1)), int(rng.integers(0, GRID - wide + 1))
        patch = grid[y : y + high, x : x + wide]
        patch[rng.random(patch.shape) < 0.8] = len(family_names()) + labels.index(kind) - 1
        grid[y, x] = len(family_names()) + labels.index(kind) - 1
    return [grid.ravel(), np.full(IMAGE_TOKENS, ground)][:images]


def seen(pools: Sequence[WorldPool], sizes: Sequence[int], encoder: Encoder, rng: np.random.Generator) -> Source:
    """Batches with real windows: `sizes` windows of each pool a batch, their images as pixels `[n, 3, 96, 96]`.

    A window comes with one dialogue, or (`_TURNED` of those with a defect) with the two of a minimal pair.
    """
    total = sum(sizes)
    while True:
        drawn = []
        for pool, size in zip(pools, sizes, strict=True):
            for i in np.sort(rng.integers(0, len(pool), size * _CHUNK)):
                one = family(pool.family_names[pool.families[i]])
                label = pool.label_names[pool.labels[i]] if pool.labels[i] else ""
                dialogues = _dialogues(one, label, rng)
                drawn += [(encoder(d), pool, i, d.images) for d in dialogues]
        for part in _sorted(drawn, total, rng):
            pixels = []
            for _, pool, i, count in part:
                pair = cut(torch.from_numpy(pool.images[i, :2])[None], rng)[0]
                test, reference = pair[None, 0], pair[None, 1]
                pixels += (
                    [zero_shot(test)]
                    if count == 1
                    else [compose(test, reference), compose(reference, reference)][:count]
                )
            yield collate([p[0] for p in part]), to_pixels(torch.cat(pixels)) if pixels else torch.zeros(0, 3, 96, 96)


def _dialogues(one: Family, label: str, rng: np.random.Generator) -> Sequence[Dialogue]:
    if label and rng.random() < _TURNED:
        known = turns_of(one)
        # The turn of a name is learned slowest of all, and only boards show it: half of their pairs.
        how = "polarity" if "polarity" in known and rng.random() < 0.5 else pick(known, rng)
        return draw_turned(one, one.type(label), how, rng, most=5)
    return [draw_dialogue(one, label, rng, 8, int(rng.integers(1, 7)))]


def losses_of(
    model: FastVlmForConditionalGeneration,
    fusion: FactFusion,
    guides: Guides,
    scales: Scales,
    decides: Decides,
    batch: Batch,
    images: Tensor,
    prompt: float,
) -> tuple[Tensor, Tensor]:
    """The answers' mean cross entropy (first tokens eight times, prompts' text `prompt` times), and the guides' loss.

    Args:
        images: projected tokens `[n, 36, h]`, or pixels `[n, 3, 96, 96]`.
    """
    tokens = images
    if images.dim() == 4 and len(images):
        with torch.no_grad():
            raw = model.model.vision_tower(images.contiguous(memory_format=torch.channels_last)).last_hidden_state
        tokens = model.model.multi_modal_projector(raw.flatten(2).permute(0, 2, 1))
    embeds = model.get_input_embeddings()(batch.ids)
    if len(images):
        embeds = embeds.masked_scatter((batch.ids == IMAGE)[..., None], tokens.to(embeds.dtype))
    embeds = fusion.fuse(embeds, batch.ids)
    out = model.model.language_model(
        inputs_embeds=embeds, use_cache=False, output_attentions=True, output_hidden_states=True
    )
    part = batch.part[:, 1:]
    weight = torch.tensor([0.0, prompt, 1.0, 8.0], device=part.device)[part]
    chosen = weight > 0
    entropy = nn.functional.cross_entropy(
        model.lm_head(out.last_hidden_state[:, :-1][chosen]).float(), batch.ids[:, 1:][chosen], reduction="none"
    )
    answer = (entropy * weight[chosen]).sum() / weight[chosen].sum()
    middle = out.hidden_states[MIDDLE]
    aside = guides(middle, out.attentions[MIDDLE], batch) + 4 * scales(middle, batch)
    return answer, aside + 2 * decides(out.hidden_states[MIDDLE + 2], batch)


def train_reading(
    model: FastVlmForConditionalGeneration,
    fusion: FactFusion,
    encoder: Encoder,
    checkpoint: Path,
    *,
    seconds: float,
    pools: Sequence[WorldPool] = (),
    batch: Sequence[int] = (16,),
    rate: float = 2e-3,
    guide: float = 0.3,
    seed: int = 0,
) -> list[float]:
    """Train language model and fusion in place for `seconds` of wall time; with `pools` the projector too, on windows.

    The rate is constant after a warm-up and falls to a twentieth over the last quarter.

    Args:
        pools: none for the reading stage; batch: dialogues a step, of each pool.
        checkpoint: written every two minutes and at the end; where it exists, training goes on from it.

    Returns:
        The answers' losses, one a step.
    """
    hidden, device = model.config.text_config.hidden_size, model.device
    fusion.to(device)
    guides = Guides(hidden, len(label_names()))
    parts = nn.ModuleDict({"language": model.model.language_model, "fusion": fusion, "guides": guides})
    if pools:
        parts["projector"] = model.model.multi_modal_projector
    parts["scales"] = scales = Scales(hidden)
    parts["decides"] = decides = Decides(hidden, len(label_names()))
    # Guides need the attention's weights, and on a CPU plain bf16 products are faster; the files do not record it.
    model.model.language_model.set_attn_implementation("eager")
    model.model.vision_tower.eval().to(memory_format=torch.channels_last)
    trained = list(parts.to(device).parameters())
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": 0.05},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))
    spent, losses = load_stage(checkpoint, parts, optimizer)
    rng = np.random.default_rng((seed, 6 + bool(pools), len(losses)))
    torch.manual_seed(seed + len(losses))
    most = [3]
    source = seen(pools, batch, encoder, rng) if pools else imagined(encoder, hidden, batch[0], rng, most)
    parts.train()
    saved = last = time.monotonic()
    guided: list[float] = []
    while spent < seconds:
        done = spent / seconds
        most[0] = 3 if done < _SHORT else 8
        rows, images = next(source)
        rows, images = rows.to(device), images.to(device)
        fall = 1.0 if done < 0.75 else 0.05 + 0.95 * (1 - done) / 0.25
        for group in optimizer.param_groups:
            group["lr"] = rate * fall * min(1.0, (len(losses) + 1) / 100)
        with torch.autocast(device.type, torch.bfloat16):
            answer, aside = losses_of(model, fusion, guides, scales, decides, rows, images, 0.05 if not pools else 0.0)
        optimizer.zero_grad()
        (answer + guide * aside).backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        losses.append(float(answer.detach()))
        guided.append(float(aside.detach()))
        now = time.monotonic()
        spent, last = spent + now - last, now
        if len(losses) % 50 == 0:
            told = f"answers {np.mean(losses[-50:]):.3f} guides {np.mean(guided[-50:]):.3f}"
            print(f"step {len(losses)} {spent:.0f} s {told} length {rows.ids.shape[1]}", flush=True)
        if now - saved > 120 or spent >= seconds:
            saved = now
            save_stage(checkpoint, parts, optimizer, spent, losses)
    model.model.language_model.set_attn_implementation("sdpa")
    parts.eval()
    return losses


def corpus(count: int, seed: int, worlds: Sequence[Family] | None = None) -> Iterator[str]:
    """Prompts and answers to train the tokenizer on, of every family: words of those held out are no surprise."""
    rng = np.random.default_rng((seed, 5))
    worlds = worlds or families()
    for _ in range(count):
        one = worlds[int(rng.integers(len(worlds)))]
        kind = "" if rng.random() < 0.2 else one.types[int(rng.integers(len(one.types)))].name
        for turn in draw_dialogue(one, kind, rng, 8, 3).turns:
            yield turn.prompt
            yield turn.answer
