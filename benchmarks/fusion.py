"""What fusion attention adds to a forward pass, on models of random weights.

    python -m sage_inspect.benchmarks.fusion [--device cuda] [--train] [--runs N] [--threads N]

Two copies of one model, one with fusion, run in turns on the same inputs: two images, ten facts, a question. Told is
the median of the ratios of neighbouring runs (and quartiles), once on equal inputs, once against a prompt without
tokens around its facts. On a CPU it is processor time, which a busy machine disturbs least; on a GPU wall time, in
bfloat16. `--train` measures forward and backward too.
"""

from __future__ import annotations

import argparse
import copy
import os
import statistics
import time
from collections.abc import Callable

import torch
import transformers as tf

from ..models.fusion import FusionConfig, fitting_heads
from ..models.fusion_attach import attach
from ..models.image_tokens import ImageLayout
from .cost import row

IMAGE, OPEN, CLOSE = 1, 2, 3
FACTS, WORDS = 10, 20


def llava(image: int, width: int, layers: int) -> tuple[tf.LlavaForConditionalGeneration, int]:
    """A LLaVA with random weights, and its tokens per image."""
    vision = tf.CLIPVisionConfig(
        hidden_size=width // 2,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=8,
        image_size=image,
        patch_size=14,
    )
    text = tf.LlamaConfig(
        vocab_size=8000,
        hidden_size=width,
        intermediate_size=11 * width // 4,
        num_hidden_layers=layers,
        num_attention_heads=8,
        num_key_value_heads=8,
        max_position_embeddings=4096,
    )
    config = tf.LlavaConfig(vision_config=vision, text_config=text, image_token_index=IMAGE)
    return tf.LlavaForConditionalGeneration(config).eval(), (image // 14) ** 2


def inputs(batch: int, tokens: int, image: int, marked: bool) -> dict[str, torch.Tensor]:
    """A batch of prompts: two images, `FACTS` facts of `WORDS` words, a question."""
    random = torch.Generator().manual_seed(0)

    def words(n: int) -> torch.Tensor:
        return torch.randint(10, 8000, (batch, n), generator=random)

    def mark(token: int, n: int = 1) -> torch.Tensor:
        return torch.full((batch, n), token)

    parts = [words(8), mark(IMAGE, 2 * tokens), words(2)]
    for _ in range(FACTS):
        parts += [mark(OPEN), words(WORDS), mark(CLOSE)] if marked else [words(WORDS)]
    ids = torch.cat([*parts, words(30)], dim=1)
    pixels = torch.randn(2 * batch, 3, image, image, generator=random)
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "pixel_values": pixels}


def ratios(runs: int, cuda: bool, *works: Callable[[], None]) -> tuple[list[float], list[list[float]]]:
    """Median milliseconds of each work, and by work its ratios to the first; the works take turns."""
    clock = time.perf_counter if cuda else time.process_time
    taken: list[list[float]] = [[] for _ in works]
    for k in range(runs + 2):
        # Whoever is first after a pause runs colder: they swap places.
        for i in range(len(works)) if k % 2 else reversed(range(len(works))):
            began = clock()
            works[i]()
            if cuda:
                torch.cuda.synchronize()
            if k > 1:
                taken[i].append(1000 * (clock() - began))
    return [statistics.median(t) for t in taken], [[b / a for a, b in zip(taken[0], t, strict=True)] for t in taken]


def measure(name: str, batch: int, image: int, width: int, layers: int, given: argparse.Namespace) -> None:
    """Rows for one size of model: forward, and forward with backward."""
    torch.manual_seed(0)
    plain, tokens = llava(image, width, layers)
    fused = copy.deepcopy(plain)
    layout = ImageLayout((IMAGE,), "constant", tokens_per_image=tokens)
    fusion = attach(fused, config=FusionConfig(width, OPEN, CLOSE, layout, fitting_heads(width)))
    fusion.alpha.data.fill_(0.1)
    device = given.device
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    plain, fused = plain.to(device, dtype), fused.to(device, dtype)
    marked, bare = ({k: v.to(device) for k, v in inputs(batch, tokens, image, m).items()} for m in (True, False))
    marked["pixel_values"], bare["pixel_values"] = marked["pixel_values"].to(dtype), bare["pixel_values"].to(dtype)

    def forward(model: tf.LlavaForConditionalGeneration, asked: dict[str, torch.Tensor]) -> Callable[[], None]:
        def work() -> None:
            with torch.inference_mode():
                model(**asked, logits_to_keep=1)

        return work

    def step(model: tf.LlavaForConditionalGeneration, asked: dict[str, torch.Tensor]) -> Callable[[], None]:
        def work() -> None:
            model.zero_grad()
            model(**asked, labels=asked["input_ids"]).loss.backward()

        return work

    size = sum(p.numel() for p in plain.parameters()) / 1e6
    print(f"{name}: {size:.0f} M weights, batch {batch}, {marked['input_ids'].shape[1]} tokens, {FACTS} facts")
    for label, kind in (("forward", forward), ("forward and backward", step))[: 2 if given.train else 1]:
        medians, told = ratios(
            given.runs, device == "cuda", kind(plain, marked), kind(fused, marked), kind(plain, bare)
        )
        against = [b / c for b, c in zip(told[1], told[2], strict=True)]
        row(f"  {label}", f"{medians[0]:.1f} -> {medians[1]:.1f} ms", f"x {spread(told[1])}")
        row("    against facts as plain text", f"{medians[2]:.1f} ms", f"x {spread(against)}")


def spread(values: list[float]) -> str:
    """Median and quartiles."""
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.3f} ({low:.3f} to {high:.3f})"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    print(f"{os.cpu_count()} cores, {given.threads} threads, {given.device}, torch {torch.__version__}")
    measure("nano's size", 8, 84, 256, 4, given)
    measure("small", 1, 224, 384, 6, given)
    if given.device == "cuda":
        measure("large", 2, 336, 4096, 24, given)


if __name__ == "__main__":
    main()
