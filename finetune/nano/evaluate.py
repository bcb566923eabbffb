"""Measure a trained nano: `python -m sage_inspect.finetune.nano.evaluate --model DIR`; prints a table.

Drawn crops and dialogues come from seeds of their own. The shared data (`SAGE_DATA` or ../shared/data) is only measured
on, and left out where it isn't there.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import cv2
import torch

from ...models.familiarity import Familiarity
from ...models.pairing import pair_images
from ...models.parts import load_parts
from ..world.boards.crops import SIDE
from ..world.families import families
from .evaluate_data import Example, deeppcb, drawn, photographs, shared_data, whole_windows
from .evaluate_dialogues import (
    Figures,
    measure_detection,
    measure_examine,
    measure_facts_decide,
    measure_reason,
)
from .figures import share

SEED = 70_001
"""Of everything drawn here; training draws from small seeds (train.py)."""


def rejected(
    model: Any, processor: Any, examples: list[Example], threshold: float, *, single: bool = False
) -> float | None:
    """Share of examples whose familiarity lies below `threshold`; None where the model has no statistics."""
    statistics = Familiarity.load(model.config._name_or_path)
    if statistics is None:
        return None
    images = [pair_images(e.test, None if single else e.reference, SIDE)[0] for e in examples]
    pixels = processor.image_processor(images, return_tensors="pt")["pixel_values"]
    return share([p < threshold for p in statistics.score(model, pixels)])


def evaluate(
    folder: Path, *, crops: int = 600, questions: int = 40, data: Path | None = None, seed: int = SEED
) -> dict[str, Figures]:
    """Every figure, by section.

    Args:
        folder: the model.
        crops: drawn crops (and as many of DeepPCB) for detection; half as many for what needs several answers.
        questions: reasoning questions of each kind.
        data: the shared data, None to leave it out.
        seed: of everything that is drawn; not one that training uses.
    """
    model, processor, _ = load_parts(folder, torch.device("cpu"))
    sage = json.loads((folder / "sage.json").read_text())
    threshold = float(sage.get("familiarity_threshold", 0.01))
    fresh = drawn(2 * crops, seed)
    away = drawn(crops, seed, families(True))
    table: dict[str, Figures] = {
        "known families, no facts": measure_detection(model, processor, fresh, seed),
        "families held out, no facts": measure_detection(model, processor, away, seed),
        "known families, drawn facts": measure_examine(model, processor, fresh[: crops // 2], seed),
        "facts decide": measure_facts_decide(model, processor, fresh[crops // 2 : crops * 4 // 5], seed),
        "reasoning": measure_reason(model, processor, fresh[:40], questions, seed),
    }
    low = f"rejected (familiarity < {threshold:g})"
    table["familiarity"] = {f"drawn: {low}": rejected(model, processor, fresh, threshold)}
    if data is not None and (data / "deeppcb" / "manifest.json").exists():
        still = deeppcb(data, positives=crops // 2, negatives=crops // 2, seed=seed)
        moved = deeppcb(data, positives=crops // 2, negatives=crops // 2, shift=2.5, angle=1.5, seed=seed + 1)
        table["DeepPCB crops"] = measure_detection(model, processor, still, seed)
        table["DeepPCB crops, golden +-2.5 px, +-1.5 deg"] = measure_detection(model, processor, moved, seed)
        table["familiarity"][f"DeepPCB: {low}"] = rejected(model, processor, still, threshold)
        table["familiarity"][f"DeepPCB, jittered: {low}"] = rejected(model, processor, moved, threshold)
        table["familiarity"][f"DeepPCB, no golden: {low}"] = rejected(model, processor, still, threshold, single=True)
    if data is not None:
        kinds: dict[str, list[Example]] = defaultdict(list)
        for name, example in photographs(data, max(10, crops // 10)):
            kinds[name].append(example)
        for name, examples in kinds.items():
            table["familiarity"][f"{name}: {low}"] = rejected(model, processor, examples, threshold)
            alone = rejected(model, processor, examples, threshold, single=True)
            table["familiarity"][f"{name}, no golden: {low}"] = alone
        for name in ("deeppcb", *kinds):
            seen = whole_windows(data, name, max(4, crops // 25))
            table["familiarity"][f"{name}, windows of whole images: {low}"] = rejected(
                model, processor, seen, threshold
            )
    return table


def as_table(table: dict[str, Figures]) -> str:
    """The figures as a Markdown table."""
    lines = ["| measured on | figure | value |", "|---|---|---|"]
    for section, figures in table.items():
        for name, value in figures.items():
            lines.append(f"| {section} | {name} | {'-' if value is None else f'{value:.3f}'} |")
    return "\n".join(lines)


def write_card(folder: Path, text: str) -> None:
    """Put the table into the model card's `Figures` section, replacing what stood there."""
    card = folder / "MODEL_CARD.md"
    head = card.read_text(encoding="utf-8").split("\n## Figures")[0].rstrip()
    command = (
        "`python -m sage_inspect.finetune.nano.evaluate --model DIR` "
        "(seeds that training does not use; shared data only measured on)"
    )
    card.write_text(f"{head}\n\n## Figures\n\n{command}\n\n{text}\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="sage_inspect.finetune.nano.evaluate", description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--crops", type=int, default=600)
    parser.add_argument("--questions", type=int, default=40, help="reasoning questions of each kind")
    parser.add_argument("--seed", type=int, default=SEED, help="of what is drawn: another one, other windows")
    parser.add_argument("--card", action="store_true", help="also write the table into MODEL_CARD.md")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    table = evaluate(given.model, crops=given.crops, questions=given.questions, data=shared_data(), seed=given.seed)
    text = as_table(table)
    print(text)
    if given.card:
        write_card(given.model, text)


if __name__ == "__main__":
    main()
