"""Writing a trained nano to a folder: stock files, `sage.json`, familiarity statistics and the model card.

Calibration is measured and told, never folded into the weights: a temperature hidden there would be lost on the next
training stage and could not be checked.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from transformers import FastVlmForConditionalGeneration
from transformers import PreTrainedTokenizerFast as Tokenizer

from ...models.familiarity import MODES, Familiarity, features, surprise, unevenness
from ...models.fusion import FactFusion
from ...models.fusion_files import write_fusion
from ...models.pairing import pair_images
from ...models.parts import load_parts
from ...models.windows import windows
from ...prompts import PROMPTS_VERSION
from ..world.boards.crops import SIDE
from ..world.families import families
from ..world.sample import draw_sample
from .evaluate_data import Example, drawn, drawn_windows
from .evaluate_dialogues import Figures, measure_detection
from .model import build_processor
from .others import draw_others

FAMILIARITY_SEED, CALIBRATION_SEED = 501, 60_001
_BOARD_TERMS = {
    "open": ["open", "broken", "break", "interrupt", "cut through", "discontinu", "severed", "missing", "lack"],
    "short": ["short", "joined", "join", "bridg", "connected", "touch", "extra", "additional", "excess", "unwanted"],
    "mousebite": ["mousebite", "mouse bite", "bite", "bitten", "nick", "notch", "missing", "lack"],
    "spur": ["spur ", "spurs", "protru", "stick out", "sticks out", "extra", "additional", "excess", "unwanted"],
    "spurious copper": ["spurious", "stray", "island", "extra", "additional", "excess", "unwanted"],
    "pin-hole": ["pin-hole", "pinhole", "pin hole", "void", "missing", "lack"],
    "*": ["defect", "fault", "flaw", "wrong", "anomal", "damage", "problem", "reject"],
    "!": ["ok", "okay", "fine", "good", "intact", "perfect", "acceptable", "sound", "free of"],
}


def terms() -> dict[str, list[str]]:
    """Beginnings of the words that ask for a type; `*` for any defect, `!` for none (agents/grounding.py)."""
    out = {name: list(words) for name, words in _BOARD_TERMS.items()}
    for one in families(False):
        for kind in one.types:
            known = out.setdefault(kind.name, [])
            known += [w for w in (kind.name, *kind.synonyms) if w not in known]
    return out


THRESHOLD = 0.004
"""Below this p-value a region is called unfamiliar: a region that differs is unusual by nature, so it takes a lot."""
SURPRISED = 0.95
"""Share of drawn pictures that the limit on an image's surprise lets pass."""
PICTURE_SEED, PICTURE_SIDE = 777_001, 384

_CARD = """# nano

The embedded model of Sage Inspect: a stock `FastVlmForConditionalGeneration` (ResNet tower, {tokens} tokens an image;
Llama of {layers} layers, width {hidden}) of {parameters:.2f} M parameters with SFE fusion beside it, trained from
scratch by `python -m sage_inspect.finetune.nano --out DIR --minutes {minutes:g}` on one CPU thread.

**Data.** Only images that the project draws itself: {pool} pairs of 96 px windows of {families}, with none or one of
{types} defect types, and dialogues in the agent's own prompts (version {prompts}). Held out, never trained on: {away}.
No photograph and no public data set was trained on, and no pretrained weights were used.

**Budget.** {steps}.{note}

**Calibration** of P(True) on {held} freshly drawn windows without facts: Brier {brier}, ECE {ece}, AUROC {auroc}. No
temperature is applied.

**Limits.** It reads windows of about 72 to 200 px around a region, not whole images: to questions about them it says
what the findings in the prompt say. It knows the drawn families above; photographs and other objects are not its world,
and `familiarity.safetensors` with `surprise_limit` and `familiarity_threshold` in `sage.json` exist to notice that. Its
English is the grammar of its training: facts and questions in words far from it may be misread.
"""


def composites(examples: Sequence[Example], image: int) -> Tensor:
    """Composites (`image` 0), references (1) or lone tests (-1) as pixels, `float[n, 3, 96, 96]`, -1..1."""
    made = [pair_images(e.test, None if image < 0 else e.reference, SIDE)[max(0, image)] for e in examples]
    return torch.from_numpy(np.stack([np.asarray(i) for i in made])).permute(0, 3, 1, 2).float() / 127.5 - 1


def fit_familiarity(model: FastVlmForConditionalGeneration, count: int) -> Familiarity:
    """Statistics of `2 * count` drawn crops against as many drawn other pictures; ranks from `count` more crops."""

    def pixels(examples: list[Example], seed: int = 0) -> dict[str, Tensor]:
        pairs = [composites(examples, 0), composites(examples[::4], 1)]
        if seed:
            pairs.append(composites(drawn_windows(len(examples), seed), 0))
        return dict(zip(MODES, (torch.cat(pairs), composites(examples, -1)), strict=True))

    def vectors(drawings: dict[str, Tensor]) -> dict[str, Tensor]:
        return {mode: features(model, values) for mode, values in drawings.items()}

    held_out = pixels(drawn(count, FAMILIARITY_SEED + 1), FAMILIARITY_SEED + 1)
    return Familiarity.fit(
        vectors(pixels(drawn(2 * count, FAMILIARITY_SEED), FAMILIARITY_SEED)),
        vectors(pixels(draw_others(2 * count, FAMILIARITY_SEED))),
        vectors(held_out),
        {mode: unevenness(values) for mode, values in held_out.items()},
    )


def fit_surprise(model: Any, statistics: Familiarity, count: int) -> float:
    """The limit on `familiarity.surprise` that `SURPRISED` of drawn whole pictures keep, `count` of each known family.

    The windows are those that the agent looks at to find out what an image shows.
    """
    values = []
    for number, one in enumerate(families(False)):
        for i in range(count):
            picture = draw_sample(one.name, np.random.default_rng((PICTURE_SEED, number, i)), PICTURE_SIDE).test
            crops = [Image.fromarray(picture[b.y1 : b.y2, b.x1 : b.x2]) for b in windows(picture)]
            pairs = [np.asarray(pair_images(crop, crop, SIDE)[0]) for crop in crops]
            pixels = torch.from_numpy(np.stack(pairs)).permute(0, 3, 1, 2).float() / 127.5 - 1
            values.append(surprise(statistics.score(model, pixels)))
    return round(float(np.quantile(values, SURPRISED)), 3)


def export(
    model: FastVlmForConditionalGeneration,
    fusion: FactFusion,
    tokenizer: Tokenizer,
    out: Path,
    *,
    losses: dict[str, list[float]],
    minutes: float,
    pool: int,
    held_out: int,
    note: str = "",
) -> Figures:
    """Write the model to `out` (made if need be), reload it from there and measure its calibration.

    Args:
        losses: of each stage, one a step.
        minutes, pool, note: of the run, for the model card.
        held_out: drawn crops for calibration and for the ranks of familiarity.
    """
    out.mkdir(parents=True, exist_ok=True)
    half = copy.deepcopy(model).to(torch.bfloat16)
    half.save_pretrained(out)
    half.generation_config.save_pretrained(out)
    build_processor(tokenizer).save_pretrained(out)
    write_fusion(fusion, half.get_input_embeddings().weight[[fusion.config.open_id, fusion.config.close_id]], out)
    sage = {
        "name": "nano",
        "version": "3",
        "pair_channels": True,
        "regions_only": True,
        "image_size": SIDE,
        "objects": [f.object for f in families(False)],
        "prompts_version": PROMPTS_VERSION,
        "max_new_tokens": 64,
        "familiarity_threshold": THRESHOLD,
        "terms": terms(),
    }
    (out / "sage.json").write_text(json.dumps(sage, indent=2) + "\n", encoding="utf-8")
    loaded, processor, _ = load_parts(out, torch.device("cpu"))
    statistics = fit_familiarity(loaded, held_out)
    statistics.save(out)
    sage["surprise_limit"] = fit_surprise(loaded, statistics, max(2, held_out // 30))
    (out / "sage.json").write_text(json.dumps(sage, indent=2) + "\n", encoding="utf-8")
    figures = measure_detection(
        loaded, processor, drawn(held_out // 3, CALIBRATION_SEED), CALIBRATION_SEED, types=False
    )

    def told(name: str) -> str:
        value = figures[name]
        return "unknown" if value is None else f"{value:.3f}"

    text = model.config.text_config
    card = _CARD.format(
        tokens=model.config.image_seq_length,
        layers=text.num_hidden_layers,
        hidden=text.hidden_size,
        parameters=sum(p.numel() for p in model.parameters()) / 1e6,
        minutes=minutes,
        pool=pool,
        prompts=PROMPTS_VERSION,
        families=", ".join(f.name for f in families(False)),
        types=len({t.name for f in families(False) for t in f.types}),
        away=", ".join(f.name for f in families(True)),
        steps="; ".join(f"{n}: {len(v)} steps, last losses {np.mean(v[-100:]):.3f}" for n, v in losses.items() if v),
        held=held_out // 3,
        note=f" {note}" if note else "",
        brier=told("Brier"),
        ece=told("ECE"),
        auroc=told("AUROC of P(True)"),
    )
    (out / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    for path in out.iterdir():  # safetensors writes for the owner alone
        path.chmod(0o644)
    return figures
