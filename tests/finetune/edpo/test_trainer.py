"""E-DPO's trainer on tiny models: what learns and what not, what is logged, what is refused."""

import math

import pytest
import torch

from sage_inspect.errors import BadInput
from sage_inspect.finetune.edpo.trainer import EDPOConfig, EDPOTrainer
from sage_inspect.finetune.encoder import Encoder

from ...models.tiny_families import gemma3, qwen
from ..tiny_questions import questions, record, tiny
from .tiny_trainer import config, lines, make


def test_a_short_run_raises_the_margin(tmp_path):
    trainer = make(tmp_path, max_steps=12, learning_rate=2e-3, report_to="tensorboard")
    trainer.train()
    first, last = trainer.state.log_history[0], trainer.state.log_history[-2]
    # Batch statistics of the frozen tower too: at step 0 policy and reference are one.
    assert abs(first["margins/far"]) < 1e-4
    assert abs(first["kl"]) < 1e-6
    for kind in ("far", "near"):
        assert last[f"margins/{kind}"] > 0.1
        assert last[f"accuracy/{kind}"] == 1.0
    assert last["loss"] < first["loss"]
    assert last["kl"] > 0
    assert last["entropy"] > 0
    assert last["pairs"] == 4.0
    parts = 0.8 * last["loss/preference"] + 0.2 * last["loss/bco"] + last["loss/sft"]
    assert last["loss"] == pytest.approx(parts, abs=1e-5)
    assert list((tmp_path / "out" / "runs").rglob("events*")), "TensorBoard by default"
    assert config(tmp_path).to_dict()["report_to"] != EDPOConfig(output_dir=str(tmp_path)).report_to == ["tensorboard"]


def test_what_is_frozen_stays(tmp_path):
    from sage_inspect.models.fusion_attach import attach

    model, plain = tiny()
    fusion = attach(model, plain.processor)
    fusion.alpha.data.fill_(0.5)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    encoder = Encoder(plain.processor, limit=1024, facts=True)
    trainer = EDPOTrainer(model, config(tmp_path / "out", max_steps=2), questions(tmp_path), encoder)
    trainer.train()
    changed = {k for k, v in model.state_dict().items() if not torch.equal(v, before[k])}
    assert any("multi_modal_projector" in k for k in changed)
    assert any("language_model" in k for k in changed)
    # Buffers as well: the tower has batch statistics.
    assert not [k for k in changed if "vision_tower" in k or "fact_fusion" in k]


def test_the_reference_of_a_lora_is_the_model_as_it_was_given(tmp_path):
    from peft import LoraConfig, get_peft_model

    model, encoder = tiny()
    lora = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj", "v_proj"], lora_dropout=0.5))
    with torch.no_grad():
        for name, weight in lora.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.1)  # an adapter that stage 1 trained
    base = model.model.language_model.layers[0].self_attn.q_proj.base_layer.weight.clone()
    trainer = EDPOTrainer(lora, config(tmp_path / "out", max_steps=3), questions(tmp_path), encoder)
    trainer.train()
    assert abs(lines(trainer, "margins/far")[0]) < 1e-4, "without dropout, with the adapter"
    assert lines(trainer, "margins/far")[-1] > 0
    assert torch.equal(base, model.model.language_model.layers[0].self_attn.q_proj.base_layer.weight)


def test_gradient_checkpointing_gives_the_same_losses(tmp_path):
    from peft import LoraConfig, get_peft_model

    curves = []
    for checkpointing in (False, True):
        model, encoder = tiny()
        # A stock tower without checkpointing support: only the language model is recomputed.
        model.model.supports_gradient_checkpointing = True
        lora = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj"]))
        args = config(tmp_path / f"{checkpointing}", max_steps=3, gradient_checkpointing=checkpointing)
        trainer = EDPOTrainer(lora, args, questions(tmp_path), encoder)
        trainer.train()
        curves.append(lines(trainer))
    assert curves[0] == pytest.approx(curves[1], abs=1e-5)


@pytest.mark.parametrize(("family", "sharing"), [(qwen, "packed"), (gemma3, "shared")])
def test_other_families_train(family, sharing, tmp_path, caplog):
    trainer = make(tmp_path, family, max_steps=3, learning_rate=1e-4)
    trainer.train()
    assert trainer.sharing == sharing
    assert lines(trainer, "margins/far")[-1] > lines(trainer, "margins/far")[0]
    assert ("not packed" in caplog.text) == (sharing == "shared"), "it is said"


def test_accumulation_and_grouping_by_length(tmp_path):
    plain = make(tmp_path, max_steps=2, per_device_train_batch_size=4)
    plain.train()
    parts = make(tmp_path, max_steps=2, per_device_train_batch_size=1, gradient_accumulation_steps=4, eta=1.0)
    parts.train()
    # Each question has two pairs, so that the mean of the means is the mean; answers differ in length (sft).
    assert lines(parts, "loss/preference")[0] == pytest.approx(lines(plain, "loss/preference")[0], abs=1e-5)
    assert lines(parts)[0] == pytest.approx(lines(plain)[0], rel=0.02)
    grouped = make(tmp_path, max_steps=1, train_sampling_strategy="group_by_length")
    lengths = [grouped._lengths[i] for i in grouped._get_train_sampler()]
    assert lengths[0] == max(lengths)
    grouped.train()


def test_validation_is_logged_by_pair_kind(tmp_path):
    held_out = questions(tmp_path, 3)
    trainer = make(tmp_path, max_steps=2, validation=held_out, eval_strategy="steps", eval_steps=1)
    trainer.train()
    evaluated = [line for line in trainer.state.log_history if "eval_loss" in line]
    assert len(evaluated) == 2
    assert evaluated[0]["eval_pairs"] == 6.0
    assert evaluated[1]["eval_margins/far"] > 0
    assert evaluated[1]["eval_loss/preference"] < math.log(1 + math.e)
    (tmp_path / "more").mkdir()
    late = questions(tmp_path / "more", 5)[4:]
    with pytest.raises(BadInput, match="record q4: its reference is not known"):
        trainer.evaluate(late)


def test_evaluation_before_training(tmp_path):
    trainer = make(tmp_path, validation=questions(tmp_path, 2))
    assert abs(trainer.evaluate()["eval_margins/far"]) < 1e-4


def test_pairs_come_from_the_configuration(tmp_path):
    import json

    (tmp_path / "p.jsonl").write_text(json.dumps(record(images=0).model_dump()) + "\n")
    far = config(tmp_path, pairs="far", selection="score").read([tmp_path / "p.jsonl"])
    assert [(p.kind, p.delta) for p in far.items[0].pairs] == [("far", 1.0)]
    with pytest.raises(BadInput, match="4 answers, not 5"):
        config(tmp_path).read([tmp_path / "p.jsonl"], answers=5)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"beta": 0.0}, "beta=0.0"),
        ({"eta": -1.0}, "eta=-1.0"),
        ({"tau": float("nan")}, "tau=nan"),
        ({"pairs": "all"}, "use far.near, far, near"),
        ({"selection": "entropy"}, "use pairwise, term, score"),
        ({"sharing": "half"}, "use auto, packed, shared, repeated"),
        ({"bco_weight": -0.1}, "weights"),
        ({"preference_weight": 0.0, "bco_weight": 0.0, "sft_weight": 0.0}, "weights"),
    ],
)
def test_what_cannot_be_is_told(change, match, tmp_path):
    with pytest.raises(BadInput, match=match):
        config(tmp_path, **change)


def test_a_record_that_does_not_fit_is_named_before_training(tmp_path):
    model, plain = tiny()
    encoder = Encoder(plain.processor, limit=50)
    with pytest.raises(BadInput, match=r"record q0: \d+ tokens with its longest answer, the model takes 50"):
        EDPOTrainer(model, config(tmp_path / "out"), questions(tmp_path), encoder)
