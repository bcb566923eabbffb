"""Asking a model in bulk, as evaluation and calibration need it: P(True) and written answers, with left padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from PIL import Image

from ...models.fact_lines import wrap_facts
from ...models.fusion_attach import live_fusion


class Asked(NamedTuple):
    """One question to the model: the images before it (as `models.pairing.pair_images` makes them) and its text."""

    images: list[Image.Image]
    prompt: str


class Told(NamedTuple):
    """What the model said: its words ("" where none were asked for), and P(True) against False at the first token."""

    words: str
    p_true: float


@torch.no_grad()
def ask(
    model: Any, processor: Any, questions: Sequence[Asked], *, words: bool = True, batch: int = 32, tokens: int = 64
) -> list[Told]:
    """Answers to `questions`, in order; greedy. `words=False` reads P(True) only, which is much faster."""
    tokenizer = processor.tokenizer
    marked = wrap_facts if live_fusion(model) is not None else str
    yes, no = (tokenizer.encode(w, add_special_tokens=False)[0] for w in ("True", "False"))
    order = sorted(range(len(questions)), key=lambda i: (len(questions[i].images), len(questions[i].prompt)))
    out: list[Told | None] = [None] * len(questions)
    for begin in range(0, len(order), batch):
        index = order[begin : begin + batch]
        part = [questions[i] for i in index]
        texts = [
            processor.apply_chat_template(
                [
                    {
                        "role": "user",
                        "content": [*({"type": "image"} for _ in q.images), {"type": "text", "text": marked(q.prompt)}],
                    }
                ],
                add_generation_prompt=True,
                tokenize=False,
            )
            for q in part
        ]
        images = [q.images for q in part]
        given = {"images": images} if any(images) else {}
        inputs = processor(text=texts, padding=True, return_tensors="pt", **given)
        if "pixel_values" in inputs:
            inputs["pixel_values"] = inputs["pixel_values"].to(model.dtype)
        if words:
            made = model.generate(
                **inputs, max_new_tokens=tokens, do_sample=False, return_dict_in_generate=True, output_logits=True
            )
            first = made.logits[0].float()
            said = tokenizer.batch_decode(made.sequences[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        else:
            positions = inputs["attention_mask"].cumsum(1).sub(1).clamp_min(0)
            first = model(**inputs, position_ids=positions, logits_to_keep=1).logits[:, -1].float()
            said = [""] * len(part)
        chance = torch.softmax(first[:, [yes, no]], 1)[:, 0]
        for i, text, p in zip(index, said, chance.tolist(), strict=True):
            out[i] = Told(text, p)
    return [told for told in out if told is not None]
