"""The parts of a model are told apart by name, and what neither learns nor holds still is found."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sage_inspect.errors import BadInput
from sage_inspect.finetune.model_parts import frozen_modules, is_lora, language_of, part_of

from ..models.conftest import tokenizer
from ..models.tiny_families import fast_vlm, gemma3, qwen


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("model.language_model.layers.0.self_attn.q_proj.weight", "language"),
        ("lm_head.weight", "language"),
        ("model.multi_modal_projector.linear_1.weight", "projector"),
        ("model.vision_tower.embedder.weight", "vision"),
        ("model.visual.blocks.0.attn.qkv.weight", "vision"),
        ("model.visual.merger.mlp.0.weight", "projector"),  # Qwen's stands inside its vision module
        ("model.visual.deepstack_merger_list.1.norm.weight", "projector"),
        ("model.connector.proj.weight", "projector"),
        ("fact_fusion.alpha", "fusion"),
        ("model.language_model_of_another.weight", "vision"),  # a name that only begins alike
    ],
)
def test_parts_by_name(name, part):
    assert part_of(name, "model.language_model") == part


@pytest.mark.parametrize("family", [fast_vlm, qwen, gemma3])
def test_every_weight_of_a_stock_model_has_a_part(family):
    model, _ = family(tokenizer())
    name, module = language_of(model)
    assert model.get_submodule(name) is module is model.get_decoder()
    sizes = {"language": 0, "projector": 0, "vision": 0}
    for weight, values in model.named_parameters():
        sizes[part_of(weight, name)] += values.numel()
    assert min(sizes.values()) > 0
    tied = model.lm_head.weight is model.get_input_embeddings().weight
    head = 0 if tied else model.lm_head.weight.numel()
    assert sizes["language"] == sum(p.numel() for p in module.parameters()) + head


def test_a_model_whose_language_model_is_itself_is_refused():
    class Alone(nn.Module):
        def get_decoder(self):
            return self

    with pytest.raises(BadInput, match="Alone: its language model cannot be told apart"):
        language_of(Alone())


def test_frozen_modules_are_the_outermost_that_move_and_do_not_learn():
    tower = nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), nn.Sequential(nn.Linear(2, 2)))
    still = nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2))
    adapted = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))
    model = nn.ModuleDict({"tower": tower, "still": still, "adapted": adapted})
    assert frozen_modules(model) == []
    tower.requires_grad_(False)
    still.requires_grad_(False)
    adapted[0].bias.requires_grad_(False)
    assert frozen_modules(model) == [tower]  # not its parts, not what is at rest anyway, no dropout beside a weight
    tower[0][0].bias.requires_grad_(True)
    assert frozen_modules(model) == [tower[0][1]]


def test_lora_is_told():
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    model, _ = fast_vlm(tokenizer())
    assert not is_lora(model)
    assert is_lora(get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj"])))
