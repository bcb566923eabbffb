"""Packed answers get the log-probabilities that they have alone, on every supported architecture."""

import copy

import pytest
import torch

from sage_inspect.finetune.edpo.batch import PADDING, Collator
from sage_inspect.finetune.edpo.forward import block_mask, choose_mode, inner, longest_of, score_tokens

from ...models.tiny_families import FAMILIES, fast_vlm, gemma3, qwen3
from ..tiny_questions import questions, tiny


def collator_of(model, encoder, mode="packed"):
    return Collator(encoder, mode, positions=getattr(model.base_model, "get_rope_index", None))


def alone(model, encoder, asked):
    """Every answer in a forward pass of its own, by the plainest means."""
    found = []
    for question in asked:
        for text in question.answers:
            inputs = encoder.prompts([question])
            answer = torch.tensor([encoder.answer(text)])
            ids = torch.cat([inputs["input_ids"], answer], 1)
            types = {
                k: torch.cat([v, torch.zeros_like(answer)], 1) for k, v in inputs.items() if k.endswith("type_ids")
            }
            rest = {k: v for k, v in inputs.items() if k not in ("input_ids", "attention_mask") and k not in types}
            logits = model(input_ids=ids, attention_mask=torch.ones_like(ids), **types, **rest).logits[0]
            logps = logits.log_softmax(-1)[-len(answer[0]) - 1 : -1]
            found.append(logps.gather(1, answer.T)[:, 0])
    return torch.cat(found)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
@torch.no_grad()
def test_sharing_changes_nothing(family, tmp_path):
    model, encoder = tiny(family)
    asked = questions(tmp_path, 3)
    collator = collator_of(model, encoder)
    expected = alone(model, encoder, asked)
    mode = choose_mode(model, collator, longest_of(asked), lambda batch: batch, longest=max(encoder.check(asked)))
    assert mode == ("shared" if family is gemma3 else "packed")
    for shared in {mode, "repeated"}:
        collator.mode = shared
        assert torch.allclose(score_tokens(model, collator(asked)).logps, expected, atol=1e-4)


@torch.no_grad()
def test_gemma_is_not_packed_within_its_window_either(tmp_path):
    model, encoder = tiny(gemma3)
    model.config.text_config.sliding_window = 4096
    for layer in model.modules():
        if getattr(layer, "sliding_window", None) == 64:
            layer.sliding_window = 4096
    asked = questions(tmp_path, 1)
    assert choose_mode(model, collator_of(model, encoder), asked[0], lambda batch: batch, longest=300) == "shared"


@torch.no_grad()
def test_what_is_wrong_or_fails_falls_back(tmp_path, monkeypatch):
    model, encoder = tiny(fast_vlm)
    asked = questions(tmp_path, 1)
    collator = collator_of(model, encoder)
    keep = type(model).forward

    def refuses(self, *args, attention_mask=None, mm_encoder_outputs=None, **kwargs):
        if attention_mask.dim() == 4 or mm_encoder_outputs is not None:
            raise NotImplementedError("plain inputs only")
        return keep(self, *args, attention_mask=attention_mask, **kwargs)

    def ignores(self, *args, attention_mask=None, **kwargs):
        return keep(self, *args, attention_mask=None if attention_mask.dim() == 4 else attention_mask, **kwargs)

    for forward, mode in ((refuses, "repeated"), (ignores, "shared")):
        monkeypatch.setattr(type(model), "forward", forward)
        if forward is ignores:
            # The signature of the stand-in hides what the model takes.
            ignores.__signature__ = __import__("inspect").signature(keep)
        assert choose_mode(model, collator, asked[0], lambda batch: batch) == mode
        assert collator.mode == "packed", "left as found"


@torch.no_grad()
def test_configurations_that_a_mask_does_not_reach(tmp_path):
    model, encoder = tiny(fast_vlm)
    asked = questions(tmp_path, 1)
    for name, value in (("sliding_window", 16), ("layer_types", ["linear_attention", "full_attention"])):
        other = copy.deepcopy(model)
        setattr(other.config.text_config, name, value)
        assert choose_mode(other, collator_of(other, encoder), asked[0], lambda b: b, longest=100) != "packed"


def test_gradients_are_those_of_rows_of_their_own(tmp_path):
    model, encoder = tiny(fast_vlm)
    asked = questions(tmp_path, 2)
    grads = {}
    for mode in ("packed", "shared", "repeated"):
        model.zero_grad()
        batch = collator_of(model, encoder, mode)(asked)
        weights = torch.linspace(-1, 1, len(batch["owner"]))
        (score_tokens(model, batch).logps * weights).sum().backward()
        grads[mode] = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    assert any("projector" in n for n in grads["packed"])
    for mode in ("packed", "shared"):
        for name, grad in grads["repeated"].items():
            assert torch.allclose(grads[mode][name], grad, atol=1e-4 * (1 + float(grad.abs().max()))), name


def test_images_are_encoded_once(tmp_path):
    model, encoder = tiny(fast_vlm)
    asked = questions(tmp_path, 1)
    seen = []
    model.model.vision_tower.register_forward_hook(lambda module, args, output: seen.append(len(args[0])))
    counts = {}
    for mode in ("packed", "shared", "repeated"):
        seen.clear()
        with torch.no_grad():
            score_tokens(model, collator_of(model, encoder, mode)(asked))
        counts[mode] = sum(seen)
    assert counts == {"packed": 2, "shared": 2, "repeated": 8}


def test_entropy_of_what_is_predicted(tmp_path):
    model, encoder = tiny(fast_vlm)
    asked = questions(tmp_path, 1)
    with torch.no_grad():
        scores = score_tokens(model, collator_of(model, encoder)(asked))
        model.lm_head.weight.zero_()
        flat = score_tokens(model, collator_of(model, encoder)(asked))
    vocabulary = torch.tensor(float(model.lm_head.weight.shape[0])).log()
    assert torch.allclose(flat.entropy, vocabulary.expand_as(flat.entropy), atol=1e-4)
    assert torch.allclose(flat.logps, -vocabulary.expand_as(flat.logps), atol=1e-4)
    assert (scores.entropy >= 0).all()
    assert scores.entropy.max() < vocabulary


def test_block_mask():
    segments = torch.tensor([[PADDING, 0, 0, 1, 1, 2, PADDING]])
    allowed = block_mask(segments, torch.float32)[0, 0] == 0
    wanted = ["1000000", "0100000", "0110000", "0111000", "0111100", "0110010", "0110001"]
    assert ["".join(str(int(x)) for x in row) for row in allowed.tolist()] == wanted


def test_fusion_takes_part_in_packed_rows(tmp_path):
    from sage_inspect.finetune.encoder import Encoder
    from sage_inspect.models.fusion_attach import attach

    model, plain = tiny(fast_vlm)
    fusion = attach(model, plain.processor)
    encoder = Encoder(plain.processor, facts=True)
    asked = questions(tmp_path, 3)
    with torch.no_grad():
        without = score_tokens(model, collator_of(model, encoder)(asked)).logps
        fusion.alpha.fill_(1.0)
        fused = score_tokens(model, collator_of(model, encoder)(asked)).logps
        assert (fused - without).abs().max() > 1e-2
        assert torch.allclose(fused, alone(model, encoder, asked), atol=1e-4)
        assert choose_mode(model, collator_of(model, encoder), asked[0], lambda batch: batch) == "packed"


@torch.no_grad()
def test_half_precision_is_tried_with_its_own_tolerance(tmp_path):
    model, encoder = tiny(fast_vlm)
    asked = questions(tmp_path, 1)
    collator = collator_of(model, encoder)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert choose_mode(model, collator, asked[0], lambda batch: batch) == "packed"
    model.bfloat16()
    assert choose_mode(model, collator, asked[0], lambda batch: batch) == "packed"


@torch.no_grad()
def test_eager_attention_takes_the_mask_too(tmp_path):
    model, encoder = tiny(fast_vlm)
    asked = questions(tmp_path, 2)
    expected = score_tokens(model, collator_of(model, encoder)(asked)).logps
    model.set_attn_implementation("eager")
    assert torch.allclose(score_tokens(model, collator_of(model, encoder)(asked)).logps, expected, atol=1e-4)


def test_inner_of_wrappers():
    from peft import LoraConfig, get_peft_model

    model, _ = tiny(fast_vlm)
    wrapped = get_peft_model(model, LoraConfig(target_modules=["q_proj"]))
    assert inner(wrapped) is model
    assert inner(torch.nn.DataParallel(wrapped)) is model
    assert inner(model) is model


def test_a_family_without_shared_features_repeats(tmp_path):
    model, encoder = tiny(qwen3)
    model.config.text_config.layer_types = ["linear_attention"]
    with torch.no_grad():
        mode = choose_mode(model, collator_of(model, encoder), questions(tmp_path, 1)[0], lambda batch: batch)
    assert mode == "repeated"
