"""Stage 2: the language model and the projector learn the agent's dialogues; the tower stays as stage 1 left it.

The loss is on answers only, apart from a first part of the run, in which the prompt's own text counts a little as well:
it repeats its ids and places, and copying is what the answers need. An average of the weights over the last
steps is kept and is what is exported.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import FastVlmForConditionalGeneration, PreTrainedTokenizerFast

from .contrasts import contrast_examine, contrast_permitted, contrast_verdict
from .crops import LABELS, Pool
from .dialogue import Dialogue, draw_examine, draw_identify, draw_self_guide, facts_for
from .dialogue_reason import draw_knowledge, draw_reason
from .nano_model import IMAGE_TOKENS, SPECIAL
from .nano_vision import compose, cut, to_pixels, zero_shot

_PAD, _EOS, _IMAGE, _USER, _ASSISTANT = range(len(SPECIAL))
_HEAD_TOKENS, _HEAD_WEIGHT, _FIRST_WEIGHT = 4, 3.0, 30.0
_SHORT = 0.9
"""Until this share of the stage most dialogues are short (2 facts, 3 findings at most); then all go up to 8 and 6."""
_CHUNK = 24
"""Batches drawn at once: their dialogues are sorted by length, so that little is padded."""


def draw_dialogues(label: int, rng: np.random.Generator, most: int = 8) -> tuple[Dialogue, Dialogue]:
    """Two training dialogues for a crop pair that shows `LABELS[label]`, some of them minimal pairs.

    `most` limits the facts; below 8 the dialogues are short and mostly pairs, from which a run learns what decides.
    """
    if most < 8:  # learning what decides: minimal pairs
        shares = (0.6, 0.75, 0.82) if label else (0.0, 0.25, 0.35)
    else:  # learning how often: criteria that permit are rare
        shares = (0.06, 0.1, 0.22) if label else (0.0, 0.04, 0.16)
    kind = int(np.searchsorted(shares, rng.random(), side="right"))
    if kind == 0:
        return contrast_examine(label, rng, most)
    if kind == 1:
        return contrast_permitted(rng, most)
    if kind == 2:
        return contrast_verdict(rng, most)
    return draw_dialogue(label, rng, most), draw_dialogue(label, rng, most)


def draw_dialogue(label: int, rng: np.random.Generator, most: int = 8) -> Dialogue:
    """A training dialogue for a crop pair that shows `LABELS[label]`: half of them examine it."""
    roll = rng.random()
    if roll < 0.5:
        return draw_examine(label, rng, facts_for(LABELS[label] if label else None, rng, most))
    if roll < 0.92:
        return draw_reason(rng, most=most)
    if roll < 0.96:
        return draw_knowledge(rng)
    return draw_self_guide(rng) if roll < 0.98 else draw_identify(rng)


def corpus(count: int, seed: int) -> Iterator[str]:
    """Prompts and answers to train the tokenizer on."""
    rng = np.random.default_rng((seed, 5))
    for _ in range(count):
        dialogue = draw_dialogue(int(rng.integers(7)), rng)
        yield dialogue.prompt
        yield dialogue.answer


def encode(tokenizer: PreTrainedTokenizerFast, dialogue: Dialogue) -> tuple[list[int], int]:
    """Token ids of a whole dialogue as the chat template writes it, and where its answer begins."""
    prompt = tokenizer(dialogue.prompt, add_special_tokens=False)["input_ids"]
    answer = tokenizer(dialogue.answer, add_special_tokens=False)["input_ids"]
    head = [_USER] + [_IMAGE] * (IMAGE_TOKENS * dialogue.images) + prompt + [_ASSISTANT]
    return head + answer + [_EOS], len(head)


def pair_pixels(images: Tensor, counts: list[int]) -> Tensor:
    """The images of a batch in order, as `models.pairing.pair_images` makes them.

    Args:
        images: `uint8[n, 2 or 3, 96, 96]`, test and reference luma.
        counts: images of each dialogue: 2 (composite and reference), 1 (test alone) or 0.

    Returns:
        `float[sum(counts), 3, 96, 96]`, -1..1.
    """
    out = []
    for pair, count in zip(images, counts, strict=True):
        test, reference = pair[None, 0], pair[None, 1]
        if count == 2:
            out += [compose(test, reference), compose(reference, reference)]
        elif count == 1:
            out.append(zero_shot(test))
    return to_pixels(torch.cat(out))


def batches(
    pool: Pool, tokenizer: PreTrainedTokenizerFast, size: int, rng: np.random.Generator, most: Callable[[], int]
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Endless `(pixels, ids int64[n, t] padded on the right, answer starts int64[n])`; `most` facts (asked anew)."""
    while True:
        index = np.sort(rng.integers(0, len(pool), size * _CHUNK // 2))
        drawn = []
        for i in index:
            for dialogue in draw_dialogues(int(pool.labels[i]), rng, most()):
                drawn.append((i, dialogue.images, *encode(tokenizer, dialogue)))
        drawn.sort(key=lambda d: len(d[2]))
        for k in rng.permutation(_CHUNK):
            part = drawn[k * size : (k + 1) * size]
            images = torch.from_numpy(pool.images[[d[0] for d in part], :2])
            counts = [d[1] for d in part]
            if not sum(counts):
                counts[0] = 1
                part[0] = (part[0][0], 1, [_USER] + [_IMAGE] * IMAGE_TOKENS + part[0][2][1:], part[0][3] + IMAGE_TOKENS)
            longest = max(len(d[2]) for d in part)
            ids = torch.full((size, longest), _PAD)
            for row, d in enumerate(part):
                ids[row, : len(d[2])] = torch.tensor(d[2])
            yield pair_pixels(cut(images, rng), counts), ids, torch.tensor([d[3] for d in part])


def dialogue_loss(
    model: FastVlmForConditionalGeneration, pixels: Tensor, ids: Tensor, starts: Tensor, prompt_weight: float
) -> Tensor:
    """Mean cross entropy of the answers, plus `prompt_weight` times that of the prompts' own text.

    An answer's True or False and its type count several times: they are what is decided, while much of the rest is a
    choice of wording.
    The sequences are padded on the right and attention is causal, so that no mask is needed.
    """
    inner = model.model
    with torch.no_grad():
        features = inner.vision_tower(pixels.contiguous(memory_format=torch.channels_last)).last_hidden_state
    tokens = inner.multi_modal_projector(features.flatten(2).permute(0, 2, 1))
    embeds = inner.get_input_embeddings()(ids)
    embeds = embeds.masked_scatter((ids == _IMAGE)[..., None], tokens.to(embeds.dtype))
    hidden = inner.language_model(inputs_embeds=embeds, use_cache=False).last_hidden_state
    target = ids[:, 1:]
    place = torch.arange(1, ids.shape[1])[None]
    answer = (place >= starts[:, None]) & (target != _PAD)
    weight = torch.where(place < starts[:, None] + _HEAD_TOKENS, _HEAD_WEIGHT, 1.0)
    weight = torch.where(place == starts[:, None], _FIRST_WEIGHT, weight)
    loss = _entropy(model, hidden[:, :-1], target, answer, weight)
    if prompt_weight:
        text = (place < starts[:, None]) & (target != _IMAGE) & (ids[:, :-1] != _IMAGE)
        loss = loss + prompt_weight * _entropy(model, hidden[:, :-1], target, text, torch.ones_like(weight))
    return loss


def _entropy(
    model: FastVlmForConditionalGeneration, hidden: Tensor, target: Tensor, chosen: Tensor, weight: Tensor
) -> Tensor:
    losses = nn.functional.cross_entropy(model.lm_head(hidden[chosen]).float(), target[chosen], reduction="none")
    weights = weight[chosen]
    return (losses * weights).sum() / weights.sum()


def train_language(
    model: FastVlmForConditionalGeneration,
    tokenizer: PreTrainedTokenizerFast,
    pool: Pool,
    checkpoint: Path,
    *,
    seconds: float,
    batch: int = 8,
    rate: float = 1e-3,
    seed: int = 0,
) -> list[float]:
    """Train projector and language model of `model` in place for `seconds` of wall time; return the answer losses.

    The rate is constant after a warm-up and falls to a twentieth over the last tenth. `checkpoint` is written every
    two minutes and at the end; where it exists, training goes on from it. Then `model` holds the averaged weights.
    """
    for parameter in model.model.vision_tower.parameters():
        parameter.requires_grad_(False)
    # On this CPU plain bf16 products beat the flash kernel (3.9k against 3.5k tokens/s); the files do not record it.
    model.model.language_model.set_attn_implementation("eager")
    model.model.vision_tower.eval().to(memory_format=torch.channels_last)
    trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
    matrices = [p for p in trained.values() if p.ndim > 1]
    vectors = [p for p in trained.values() if p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.97))
    mean = {n: p.detach().clone() for n, p in trained.items()}
    spent, losses = 0.0, []
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        with torch.no_grad():
            for name, value in state["weights"].items():
                trained[name].copy_(value)
        mean, spent, losses = state["mean"], state["spent"], state["losses"]
        optimizer.load_state_dict(state["optimizer"])
    rng = np.random.default_rng((seed, 6, len(losses)))
    source = batches(pool, tokenizer, batch, rng, lambda: 2 if spent < _SHORT * seconds and rng.random() < 0.8 else 8)
    model.model.language_model.train()
    saved = last = time.monotonic()
    while spent < seconds:
        pixels, ids, starts = next(source)
        done = spent / seconds
        fall = 1.0 if done < 0.9 else 0.05 + 0.95 * (1 - done) / 0.1
        for group in optimizer.param_groups:
            group["lr"] = rate * fall * min(1.0, (len(losses) + 1) / 150)
        with torch.autocast("cpu", torch.bfloat16):
            loss = dialogue_loss(model, pixels, ids, starts, 0.2 if len(losses) < 1200 else 0.0)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(trained.values(), 1.0)
        optimizer.step()
        losses.append(float(loss.detach()))
        keep = min(0.995, 1 - 1 / (1 + len(losses) / 4))
        with torch.no_grad():
            torch._foreach_lerp_(list(mean.values()), list(trained.values()), 1 - keep)
        now = time.monotonic()
        spent, last = spent + now - last, now
        if len(losses) % 100 == 0:
            print(f"language step {len(losses)} {spent:.0f} s loss {np.mean(losses[-100:]):.4f}", flush=True)
        if now - saved > 120 or spent >= seconds:
            saved = now
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
            fresh = checkpoint.with_suffix(".new")
            weights = {n: p.detach() for n, p in trained.items()}
            state = {"weights": weights, "mean": mean, "optimizer": optimizer.state_dict()}
            torch.save({**state, "spent": spent, "losses": losses}, fresh)
            fresh.replace(checkpoint)
    with torch.no_grad():
        for name, value in mean.items():
            trained[name].copy_(value)
    model.model.language_model.set_attn_implementation("sdpa")
    model.eval()
    return losses
