"""A merged folder answers as the adapters on their base did, with the fusion beside it."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

from sage_inspect.errors import BadInput
from sage_inspect.finetune.merge import merge
from sage_inspect.finetune.models_io import load, save
from sage_inspect.finetune.recipe import Model
from sage_inspect.models.engine import LocalEngine
from sage_inspect.models.fusion_attach import live_fusion
from sage_inspect.models.request import Request, Turn

from ..models.conftest import build


@pytest.fixture(scope="module")
def adapted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("merge")
    build(folder / "widget")
    torch.manual_seed(1)
    loaded = load(Model(base=str(folder / "widget"), lora={"rank": 4}), torch.device("cpu"))
    with torch.no_grad():
        for name, weight in loaded.plain.named_parameters():
            if weight.requires_grad and "fact_fusion" not in name:
                weight.add_(0.2 * torch.randn_like(weight))
        live_fusion(loaded.plain).alpha.fill_(0.9)
    save(loaded, folder / "lora", name="adapted")
    return folder


def answers(folder):
    rng = np.random.default_rng(2)
    engine = LocalEngine(folder, device="cpu")
    out = []
    for n in range(4):
        images = tuple(Image.fromarray(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)) for _ in range(1 + n % 2))
        text = f"[F1] Extra copper joins {n} conductors.\nAbove is known.\nDoes it show a short?"
        out.append(engine.generate(Request((Turn("user", images, text),), max_new_tokens=10)))
    engine.close()
    return out


def test_the_same_answers(adapted, tmp_path):
    out = merge(str(adapted / "lora"), tmp_path / "whole")
    names = {path.name for path in out.iterdir()}
    assert {"config.json", "model.safetensors", "fusion.json", "fusion.safetensors", "sage.json"} <= names
    assert not [name for name in names if "adapter" in name]
    assert json.loads((out / "sage.json").read_text())["name"] == "adapted"
    before, after, base = answers(adapted / "lora"), answers(out), answers(adapted / "widget")
    assert [a.text for a in after] == [b.text for b in before]
    assert [b.text for b in before] != [w.text for w in base]
    for a, b in zip(after, before, strict=True):
        assert a.logprobs["content"][0]["logprob"] == pytest.approx(b.logprobs["content"][0]["logprob"], abs=1e-4)


def test_what_cannot_be_merged(adapted, tmp_path):
    with pytest.raises(BadInput, match="it holds no adapters: there is nothing to merge"):
        merge(str(adapted / "widget"), tmp_path / "whole")
    with pytest.raises(BadInput, match="it holds a model already"):
        merge(str(adapted / "lora"), adapted / "widget")
