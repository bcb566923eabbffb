"""Fusion on every supported architecture, tiny and random: no effect before training, all of it afterwards."""

import copy

import pytest
import torch
from transformers import AutoModelForImageTextToText

from sage_inspect.errors import BadInput
from sage_inspect.models.fact_lines import wrap_facts
from sage_inspect.models.fusion_attach import NAME, add_fact_tokens, attach, live_fusion
from sage_inspect.models.fusion_files import load_fusion, save_model

from .tiny_families import FAMILIES, llava, qwen

FACTS = "[F1] A short joins two conductors.\n[F2] True.\nAbove is known. Does it show?"
LONGER = "[F1] False: it is an open.\nDoes the board show it at the upper left or not?"


@pytest.fixture
def make(tiny_tokenizer):
    def make(family, *, alpha=None):
        torch.manual_seed(0)
        model, processor = family(tiny_tokenizer())
        processor.tokenizer.padding_side = "left"
        if alpha is not None:
            train(attach(model.eval(), processor), alpha)
        return model.eval(), processor

    return make


def train(fusion, alpha=0.8):
    with torch.no_grad():
        fusion.alpha.fill_(alpha)
        fusion.in_bias.normal_()


def ask(processor, images, *texts):
    prompts = []
    for text in texts:
        content = [*({"type": "image"} for _ in images), {"type": "text", "text": wrap_facts(text)}]
        prompts.append(processor.apply_chat_template([{"role": "user", "content": content}]))
    inputs = processor(text=prompts, images=[list(images)] * len(texts), padding=True, return_tensors="pt")
    return dict(inputs)


@torch.no_grad()
def logits(model, inputs):
    return model(**inputs).logits


@pytest.mark.parametrize("family", FAMILIES)
def test_no_effect_before_training_and_a_round_trip_after(family, make, picture, tmp_path):
    model, processor = make(family)
    add_fact_tokens(model, processor)
    pictures = picture(1).resize((90, 60)), picture(2).resize((60, 60))
    asked = [ask(processor, pictures[:n], FACTS) for n in (1, 2)]  # zero-shot, one-shot
    before = [logits(model, inputs) for inputs in asked]
    fusion = attach(model, processor)
    for inputs, stock in zip(asked, before, strict=True):
        assert torch.equal(logits(model, inputs), stock)
    train(fusion)
    after = [logits(model, inputs) for inputs in asked]
    assert not any(torch.allclose(a, b) for a, b in zip(after, before, strict=True))

    save_model(model, None, tmp_path)
    again, told = AutoModelForImageTextToText.from_pretrained(tmp_path, dtype=torch.float32, output_loading_info=True)
    assert not told["unexpected_keys"] and not told["missing_keys"]
    assert not any(key.startswith(NAME) for key in again.state_dict())
    load_fusion(tmp_path, again.eval(), processor)
    for inputs, trained in zip(asked, after, strict=True):
        assert torch.allclose(logits(again, inputs), trained, atol=1e-6)


@pytest.mark.parametrize("family", [llava, qwen])
def test_gradients(family, make, picture):
    model, processor = make(family, alpha=0.5)
    inputs = ask(processor, (picture(1), picture(2)), FACTS, LONGER)
    found = []
    for checkpointing in (False, True):
        if checkpointing:
            model.gradient_checkpointing_enable()
        model.train().zero_grad()
        model(**inputs, labels=inputs["input_ids"]).loss.backward()
        found.append({name: p.grad.clone() for name, p in model.fact_fusion.named_parameters()})
        assert all(grad.isfinite().all() and grad.any() for grad in found[-1].values())
    assert all(torch.allclose(found[0][name], found[1][name], atol=1e-5) for name in found[0])


@pytest.mark.parametrize("family", [llava, qwen])
def test_generate_with_cache_and_left_padding(family, make, picture):
    model, processor = make(family, alpha=0.8)
    images = picture(1), picture(2)
    alone = [ask(processor, images, text) for text in (FACTS, LONGER)]
    both = ask(processor, images, FACTS, LONGER)
    assert not both["attention_mask"].all()
    how = {"max_new_tokens": 8, "do_sample": False, "output_scores": True, "return_dict_in_generate": True}

    def run(inputs, **more):
        torch.manual_seed(0)
        out = model.generate(**inputs, **how, **more)
        return out.sequences[:, -len(out.scores) :], torch.stack(out.scores, 1)

    tokens, scores = run(both)
    bare, _ = run(both, use_cache=False)
    assert torch.equal(tokens, bare)
    for k, inputs in enumerate(alone):
        one, its = run(inputs)
        length = its.shape[1]
        assert torch.equal(one[0], tokens[k, :length]) and torch.allclose(its[0], scores[k, :length], atol=1e-4)
    model.fact_fusion.alpha.data.zero_()
    assert not torch.allclose(run(both)[1][:, 0], scores[:, 0])


def test_a_deep_copy_has_hooks_of_its_own(make, picture):
    model, processor = make(llava, alpha=0.8)
    inputs = ask(processor, (picture(1), picture(2)), FACTS)
    before = logits(model, inputs)
    twin = copy.deepcopy(model)
    twin.fact_fusion.alpha.data.zero_()
    assert torch.equal(logits(model, inputs), before) and not torch.allclose(logits(twin, inputs), before)


def test_ids_do_not_outlive_a_forward_pass(make, picture):
    model, processor = make(llava, alpha=0.8)
    inputs = ask(processor, (picture(1), picture(2)), FACTS)
    with pytest.raises(Exception):  # noqa: B017, too few image features
        model(**{**inputs, "pixel_values": inputs["pixel_values"][:1]})
    embeds = torch.randn(1, inputs["input_ids"].shape[1], 32)
    before = logits(model, {"inputs_embeds": embeds})
    model.fact_fusion.alpha.data.zero_()
    assert torch.equal(logits(model, {"inputs_embeds": embeds}), before)


@pytest.mark.parametrize("family", [llava, qwen])
def test_peft_trains_the_live_copy_and_stage_2_keeps_it(family, make, picture, tmp_path):
    peft = pytest.importorskip("peft")
    model, processor = make(family, alpha=0.5)
    inputs = ask(processor, (picture(1), picture(2)), FACTS, LONGER)
    before = logits(model, inputs)
    lora = {"r": 4, "target_modules": r".*language_model.*\.(q|v)_proj"}
    tuned = peft.get_peft_model(model, peft.LoraConfig(**lora, modules_to_save=[NAME]))
    assert torch.allclose(logits(tuned, inputs), before)
    optimizer = torch.optim.Adam([p for p in tuned.parameters() if p.requires_grad], lr=1e-2)
    for _ in range(2):
        tuned(**inputs, labels=inputs["input_ids"]).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    live = live_fusion(tuned)
    assert abs(float(live.alpha) - 0.5) > 1e-3
    assert float(tuned.get_base_model().fact_fusion.original_module.alpha) == 0.5
    trained = logits(tuned, inputs)
    live.alpha.data.mul_(-1)
    assert not torch.allclose(logits(tuned, inputs), trained)
    live.alpha.data.mul_(-1)

    # Stage 1 is merged; stage 2 trains another LoRA over the fusion, which is frozen but takes part.
    merged = tuned.merge_and_unload()
    assert torch.allclose(logits(merged, inputs), trained, atol=1e-4)
    assert float(live_fusion(merged).alpha) == float(live.alpha)
    save_model(merged, None, tmp_path)
    loaded = AutoModelForImageTextToText.from_pretrained(tmp_path, dtype=torch.float32).eval()
    load_fusion(tmp_path, loaded, processor)
    second = peft.get_peft_model(loaded, peft.LoraConfig(**lora))
    assert not any(NAME in name for name, p in second.named_parameters() if p.requires_grad)
    second(**inputs, labels=inputs["input_ids"]).loss.backward()
    assert torch.allclose(logits(second, inputs), trained, atol=1e-4)
    live_fusion(second).alpha.data.zero_()
    assert not torch.allclose(logits(second, inputs), trained, atol=1e-3)


def test_all_linear_adapters_leave_it_alone(make):
    peft = pytest.importorskip("peft")
    model, _ = make(llava, alpha=0.5)
    tuned = peft.get_peft_model(model, peft.LoraConfig(r=2, target_modules="all-linear"))
    assert not any(NAME in name and "lora" in name for name, _ in tuned.named_parameters())


def test_what_cannot_carry_a_fusion_is_refused(make, tiny_tokenizer):
    import transformers as tf

    model, processor = make(llava, alpha=0.5)
    with pytest.raises(BadInput, match="a fusion already"):
        attach(model, processor)
    text = tf.LlamaForCausalLM(tf.LlamaConfig(hidden_size=32, num_hidden_layers=1, vocab_size=99))
    with pytest.raises(BadInput, match="no input to hook"):
        attach(text, processor)
    other, _ = make(qwen)
    with pytest.raises(BadInput, match=r"fusion for llava.*checkpoint is qwen2_5_vl"):
        attach(other, config=live_fusion(model).config)
