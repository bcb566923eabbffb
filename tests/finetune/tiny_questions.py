"""Ranked questions with drawn pictures, and tiny random models that read them."""

import numpy as np
import torch
from PIL import Image

from sage_inspect.finetune.edpo.questions import gather
from sage_inspect.finetune.encoder import Encoder
from sage_inspect.finetune.records import Preference, RankedAnswer

from ..models.conftest import tokenizer
from ..models.tiny_families import fast_vlm

TEXTS = (
    "True. The trace at the left is broken [R1].",
    "True. Something is there [R1], perhaps a spur of copper.",
    "False. It is permitted.",
    "False. Nothing is there, as the reference shows it.",
)


def record(number=0, scores=(5.0, 3.33, 2.67, 1.0), images=2, texts=TEXTS, facts=1):
    prompt = "Facts:\n" + "[F1] An open is a gap in a trace.\n" * facts + "Is there a defect?"
    answers = tuple(RankedAnswer(text=t, score=s) for t, s in zip(texts, scores, strict=True))
    names = (f"{number}a.png", f"{number}b.png")[:images]
    return Preference(id=f"q{number}", images=names, prompt=prompt, answers=answers)


def draw(folder, number):
    rng = np.random.default_rng(number)
    for name in "ab":
        Image.fromarray(rng.integers(0, 256, (40, 48, 3), dtype=np.uint8)).save(folder / f"{number}{name}.png")


def questions(folder, count=4, **choices):
    """Questions of unlike length; every third has one image."""
    for i in range(count):
        draw(folder, i)
    records = [record(i, images=1 if i % 3 == 2 else 2, facts=1 + i % 3) for i in range(count)]
    return gather(((r, folder) for r in records), **choices).items


def tiny(family=fast_vlm, seed=0, **options):
    """A random model in eval mode and its encoder."""
    torch.manual_seed(seed)
    model, processor = family(tokenizer())
    return model.eval(), Encoder(processor, limit=options.pop("limit", 1024), **options)
