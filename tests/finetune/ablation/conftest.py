"""A tiny model, training records of some plates, and other plates to be asked about."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from sage_inspect.eval.datasets import read_cases
from sage_inspect.finetune.preferences.build import build_preferences
from sage_inspect.finetune.recipe import Recipe

from ...models.conftest import build


def plates(root, seed):
    """A set in MVTec's layout: noisy plates, two good ones to compare with, one to ask about, two with a dark patch."""
    rng = np.random.default_rng(seed)
    marks = {"train/good/000": None, "test/good/000": None, "test/stain/000": (5, 5), "test/bent/000": (30, 40)}
    for name, mark in marks.items():
        picture = np.kron(rng.normal(140, 40, (8, 8)), np.ones((8, 8))).clip(0, 255).astype(np.uint8)
        if mark:
            picture[mark[0] : mark[0] + 14, mark[1] : mark[1] + 14] = 5
            path = root / f"{name.replace('test', 'ground_truth')}_mask.png"
            path.parent.mkdir(parents=True)
            Image.fromarray((picture == 5).astype(np.uint8) * 255).save(path)
        path = root / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    return root


@pytest.fixture(scope="package")
def base(tmp_path_factory):
    """Folder with `widget` (a model with room for facts), `prefs` (records), `trained/plate` and `held/plate`."""
    folder = tmp_path_factory.mktemp("ablation")
    config = build(folder / "widget") / "config.json"
    told = json.loads(config.read_text())
    told["text_config"]["max_position_embeddings"] = 2048
    config.write_text(json.dumps(told))
    build_preferences(read_cases(plates(folder / "trained" / "plate", 1)), folder / "prefs")
    plates(folder / "held" / "plate", 2)
    return folder


@pytest.fixture(scope="package")
def recipe_for(base):
    """`recipe_for(out, part_key=value, ...)`: one step a stage, one seed, one case of the held-out plates."""

    def make(out, **changes):
        data = {
            "out": out, "name": "mine", "model": {"base": str(base / "widget"), "device": "cpu"},
            "sft": {"train": [base / "prefs" / "examples.jsonl"], "steps": 1, "batch": 2},
            "edpo": {"train": [base / "prefs" / "preferences.jsonl"], "steps": 1, "batch": 1, "eta": 0.5},
            "ablation": {
                "seeds": [3], "written": 1,
                "evaluate": [
                    {"name": "Plates", "data": base / "held" / "plate", "cases": 1},
                    {"name": "Moon", "data": "nowhere/moon", "optional": True},
                ],
            },
        }  # fmt: skip
        for key, value in changes.items():
            part, _, name = key.partition("_")
            data[part][name] = value
        return Recipe.model_validate(data)

    return make
