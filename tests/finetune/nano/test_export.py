"""What an export writes: every file of a stock model, no pickles, and what sage.json and the card tell is so."""

from __future__ import annotations

import json

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

from sage_inspect.finetune.nano.evaluate_data import Example
from sage_inspect.finetune.nano.export import THRESHOLD, composites, terms
from sage_inspect.finetune.world.families import families
from sage_inspect.models.familiarity import MODES, is_single
from sage_inspect.prompts import PROMPTS_VERSION


def test_files_are_complete_and_safe(trained):
    out = trained[0] / "out"
    names = {p.name for p in out.iterdir()}
    assert {
        "config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "processor_config.json",
        "chat_template.jinja", "sage.json", "familiarity.safetensors", "fusion.safetensors", "fusion.json", "MODEL_CARD.md",
    } <= names  # fmt: skip
    assert not [n for n in names if n.endswith((".bin", ".pt", ".pkl"))]
    sage = json.loads((out / "sage.json").read_text())
    assert sage["pair_channels"] is True
    assert sage["image_size"] == 96
    assert 0 < sage["familiarity_threshold"] < 0.1
    assert sage["familiarity_threshold"] == THRESHOLD
    assert sage["prompts_version"] == PROMPTS_VERSION
    assert sage["terms"] == terms()
    assert set(sage["objects"]) == {f.object for f in families(False)}
    assert {p.stat().st_mode & 0o777 for p in out.iterdir()} == {0o644}


def test_weights_are_bf16_and_hold_no_guide(trained):
    weights = load_file(trained[0] / "out" / "model.safetensors")
    assert {v.dtype for v in weights.values() if v.is_floating_point()} == {torch.bfloat16}
    assert not [k for k in weights if "fusion" in k or "guide" in k or "scale." in k or "decision" in k]


def test_the_card_tells_the_run(trained):
    folder, losses = trained
    card = (folder / "out" / "MODEL_CARD.md").read_text()
    assert "100 pairs of 96 px windows" in card
    for stage, values in losses.items():
        assert f"{stage}: {len(values)} steps" in card
    known, away = card.split("Held out, never trained on:")
    for one in families():
        assert one.name in (away if one.held_out else known)
    assert "{" not in card


def test_terms_ask_for_every_type_that_is_trained():
    told = terms()
    for one in families(False):
        for kind in one.types:
            assert {kind.name, *kind.synonyms} <= set(told[kind.name])
    assert not {"*", "!"} - told.keys()
    assert not set(told["*"]) & set(told["!"])


def test_composites_by_hand():
    grey = [Image.fromarray(np.full((96, 96), level, np.uint8)) for level in (255, 55)]
    examples = [Example(*grey), Example(*grey)]
    pair, reference, single = (composites(examples, image) for image in (0, 1, -1))
    assert pair.shape == (2, 3, 96, 96)
    # 255 -> 1; 55 -> -.569; 128 + (255 - 55) / 2 = 228 -> .788
    assert torch.allclose(pair[0, :, 5, 5], torch.tensor([1.0, -0.5686, 0.7882]), atol=1e-3)
    assert torch.allclose(reference[0, :, 5, 5], torch.tensor([-0.5686, -0.5686, 0.0039]), atol=1e-3)
    assert torch.allclose(single[0, :, 5, 5], torch.tensor([1.0, -1.0, -1.0]), atol=1e-3)
    assert is_single(torch.cat([pair, reference, single])) == [False] * 4 + [True] * 2


def test_familiarity_has_ranks_for_both_modes(trained):
    statistics = load_file(trained[0] / "out" / "familiarity.safetensors")
    for mode in MODES:
        for name in ("contrasts", "distances", "unevenness"):
            ranks = statistics[f"{mode}.{name}"]
            assert len(ranks) >= 30
            assert (ranks.diff() >= 0).all()
