"""What stage 2 leaves as it is."""

import pytest

from sage_inspect.finetune.edpo.frozen import freeze, vision_towers, without_dropout

from ...models.tiny_families import FAMILIES, fast_vlm, qwen
from ..tiny_questions import tiny


def test_vision_may_learn():
    model, _ = tiny()
    freeze(model, vision=False)
    assert all(p.requires_grad for p in model.model.vision_tower.parameters())
    freeze(model)
    assert not any(p.requires_grad for p in model.model.vision_tower.parameters())
    assert all(p.requires_grad for p in model.model.multi_modal_projector.parameters())
    qwens, _ = tiny(qwen)
    freeze(qwens)
    learns = {n for n, p in qwens.model.visual.named_parameters() if p.requires_grad}
    assert learns
    assert all(n.startswith("merger") for n in learns), "Qwen's projector stands inside its tower"


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_every_family_has_a_tower_a_projector_and_a_language_model(family):
    model, _ = tiny(family)
    (tower,) = vision_towers(model)
    freeze(model)
    learns = [n for n, p in model.named_parameters() if p.requires_grad]
    inside = {id(p) for p in tower.parameters() if p.requires_grad}
    mergers = {id(p) for n, p in model.named_parameters() if "merger" in n}
    assert inside <= mergers
    assert any("language_model" in n or "text_model" in n for n in learns)
    assert any("language_model" not in n and "text_model" not in n and "lm_head" not in n for n in learns)


def test_no_dropout_is_left():
    from peft import LoraConfig, get_peft_model

    model, _ = tiny(fast_vlm)
    layer = model.model.language_model.layers[0].self_attn
    layer.attention_dropout = 0.3
    lora = get_peft_model(model, LoraConfig(target_modules=["q_proj"], lora_dropout=0.5))
    without_dropout(lora)
    assert layer.attention_dropout == 0.0
    assert layer.q_proj.lora_dropout["default"].p == 0.0
