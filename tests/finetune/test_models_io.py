"""Loading and saving for training: what learns, what is refused, and a folder that gives the same answers."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from sage_inspect.errors import BadInput
from sage_inspect.finetune.model_parts import frozen_modules, language_of, part_of
from sage_inspect.finetune.models_io import (
    choose_trained,
    load,
    restore_fusion,
    save,
    stored_dtype,
)
from sage_inspect.finetune.recipe import Model
from sage_inspect.models.fusion_attach import live_fusion

from ..models.conftest import build

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def widget(tmp_path_factory):
    return build(tmp_path_factory.mktemp("base") / "widget")


def logits(loaded):
    tokens = loaded.processor.tokenizer
    texts = ["Does it show <fact>a short</fact> here?", "True."]
    ids = tokens(texts, return_tensors="pt", padding=True)
    with torch.no_grad():
        return loaded.model.eval()(**ids).logits


def test_what_learns_by_default(widget):
    settings = Model(base=str(widget))
    loaded = load(settings, CPU)
    counts = choose_trained(loaded, settings)
    assert set(counts) == {"projector", "language", "fusion"}
    assert [type(module).__name__ for module in frozen_modules(loaded.plain)] == ["ResNetModel"]
    every = sum(p.numel() for p in loaded.plain.parameters())
    vision = sum(p.numel() for n, p in loaded.plain.named_parameters() if "vision_tower" in n)
    assert sum(counts.values()) == every - vision
    assert "fusion" not in choose_trained(loaded, settings, fusion=False)
    assert "vision" in choose_trained(loaded, Model(base=str(widget), train_vision=True))
    nothing = {"train_projector": False, "train_language": False}
    with pytest.raises(BadInput, match="no part of the model learns"):
        choose_trained(loaded, Model(base=str(widget), **nothing), fusion=False)


def test_what_learns_with_lora(widget):
    settings = Model(base=str(widget), lora={"rank": 2, "dropout": 0.1})
    loaded = load(settings, CPU)
    learning = {n for n, p in loaded.plain.named_parameters() if p.requires_grad}
    language, _ = language_of(loaded.plain)
    assert {part_of(n, language) for n in learning} == {"fusion", "projector", "language"}
    assert all("lora_" in n for n in learning if part_of(n, language) == "language")
    # Adapters' own dropout stays on: only what is frozen is put to rest.
    assert not [m for m in frozen_modules(loaded.plain) if isinstance(m, torch.nn.Dropout)]


@pytest.mark.parametrize("lora", [None, {"rank": 2}], ids=["full", "lora"])
def test_save_and_load_again(widget, tmp_path, lora):
    torch.manual_seed(0)
    loaded = load(Model(base=str(widget), lora=lora), CPU)
    with torch.no_grad():
        for name, weight in loaded.plain.named_parameters():
            if weight.requires_grad and "fact_fusion" not in name:
                weight.add_(0.05 * torch.randn_like(weight))
        live_fusion(loaded.plain).alpha.fill_(0.7)
    expected = logits(loaded)
    save(loaded, tmp_path / "out", name="tuned")
    again = load(Model(base=str(tmp_path / "out"), fusion=False), CPU)
    assert again.fusion
    assert live_fusion(again.plain).alpha.item() == pytest.approx(0.7)
    # Logits of <fact> and </fact>, which no answer holds, come from rows that adapters do not keep.
    words = live_fusion(again.plain).config.open_id
    torch.testing.assert_close(logits(again)[..., :words], expected[..., :words], atol=1e-5, rtol=1e-4)
    assert json.loads((tmp_path / "out" / "sage.json").read_text())["name"] == "tuned"


def test_weights_keep_the_dtype_of_the_base(widget, tmp_path):
    from transformers import AutoModelForImageTextToText

    half = tmp_path / "half"
    build(half)
    AutoModelForImageTextToText.from_pretrained(half, dtype=torch.bfloat16).save_pretrained(half)
    assert (stored_dtype(widget), stored_dtype(half)) == (torch.float32, torch.bfloat16)
    loaded = load(Model(base=str(half)), CPU)
    assert {p.dtype for p in loaded.plain.parameters() if p.requires_grad} == {torch.float32}
    save(loaded, tmp_path / "out", name="x")
    assert stored_dtype(tmp_path / "out") == torch.bfloat16
    floats = {v.dtype for v in load_file(tmp_path / "out" / "model.safetensors").values() if v.is_floating_point()}
    assert floats == {torch.bfloat16}


def test_a_checkpoint_of_another_architecture_is_one_line(widget, tmp_path):
    other = build(tmp_path / "other")
    weights = load_file(other / "model.safetensors")
    kept = {k: v for k, v in weights.items() if "layers.1." not in k}
    save_file(kept, other / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(BadInput, match=r"\d+ weights are missing, e.g. .*layers.1"):
        load(Model(base=str(other)), CPU)
    config = json.loads((other / "config.json").read_text())
    config["model_type"] = "no_such_model"
    (other / "config.json").write_text(json.dumps(config))
    with pytest.raises(BadInput, match="it cannot be loaded") as told:
        load(Model(base=str(other)), CPU)
    assert "\n" not in str(told.value)


def test_a_language_model_alone_is_refused(tmp_path, tiny_llama):
    with pytest.raises(BadInput, match="it cannot be loaded"):
        load(Model(base=str(tiny_llama)), CPU)


@pytest.fixture
def tiny_llama(tmp_path):
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = {
        "vocab_size": 64,
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
    }
    LlamaForCausalLM(LlamaConfig(**sizes)).save_pretrained(tmp_path / "llama")
    return tmp_path / "llama"


def test_a_checkpoint_without_its_fusion_is_refused(widget, tmp_path):
    loaded = load(Model(base=str(widget)), CPU)
    with pytest.raises(BadInput, match="resume from the one before"):
        restore_fusion(tmp_path, loaded.plain)
