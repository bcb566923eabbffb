"""E-DPO's objective on a tiny model: TRL's own losses in the limit, and a margin that asks for more."""

import copy
import math

import pytest
import torch

from sage_inspect.finetune.edpo.trainer import EDPOTrainer

from ..tiny_questions import questions, tiny
from .tiny_trainer import config


def trl_loss(policy, reference, encoder, asked, kinds, **options):
    """TRL's own DPOTrainer on the same pairs, in one batch."""
    from datasets import Dataset, Features, Image, List, Value
    from trl import DPOConfig, DPOTrainer

    rows = []
    for question in asked:
        for pair in question.pairs:
            if pair.kind in kinds:
                words = [encoder.tokenizer.decode(encoder.answer(text)) for text in question.answers]
                assert encoder.tokenizer(words[0], add_special_tokens=False)["input_ids"] == encoder.answer(
                    question.answers[0]
                )
                images = [str(path) for path in question.images]
                prompt = encoder.prompt(question, images)
                rows.append({"images": images, "prompt": prompt, "chosen": words[pair.winner]})
                rows[-1]["rejected"] = words[pair.loser]
    text = Value("string")
    features = Features({"images": List(Image()), "prompt": text, "chosen": text, "rejected": text})
    data = Dataset.from_list(rows, features=features)
    args = DPOConfig(
        output_dir=str(asked[0].images[0].parent / "trl"), report_to="none", bf16=False, use_cpu=True, max_length=None,
        gradient_checkpointing=False, **options,
    )  # fmt: skip
    trainer = DPOTrainer(
        copy.deepcopy(policy), copy.deepcopy(reference), args, train_dataset=data, processing_class=encoder.processor
    )
    trainer.model.eval()
    return float(trainer.compute_loss(trainer.model, trainer.data_collator(list(data))).detach())


def edpo_loss_of(trainer, policy, asked):
    """The trainer's objective for `policy`, against the model that it was given as reference."""
    trainer.prepare_reference()
    with torch.no_grad():
        return float(trainer.compute_loss(policy, trainer.data_collator(asked)))


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """A reference model and a policy that has moved away from it."""
    folder = tmp_path_factory.mktemp("moved")
    reference, encoder = tiny()
    policy = copy.deepcopy(reference)
    torch.manual_seed(1)
    with torch.no_grad():
        for weight in policy.model.language_model.parameters():
            weight += 0.02 * torch.randn_like(weight)
    # TRL gives every row the same number of images.
    asked = [q for q in questions(folder, 5) if len(q.images) == 2]
    return folder, reference, policy, encoder, asked


@pytest.mark.parametrize(("pairs", "kinds"), [("far", ("far",)), ("far+near", ("far", "near"))])
def test_without_margin_it_is_trls_sigmoid_loss(moved, pairs, kinds):
    folder, reference, policy, encoder, both = moved
    asked = [q for q in questions(folder, 5, pairs=pairs) if len(q.images) == 2]
    args = config(folder / pairs, eta=0.0, preference_weight=1.0, bco_weight=0.0, sft_weight=0.0)
    trainer = EDPOTrainer(copy.deepcopy(reference), args, asked, encoder)
    ours = edpo_loss_of(trainer, policy, asked)
    theirs = trl_loss(policy, reference, encoder, both, kinds, loss_type=["sigmoid"], beta=0.1)
    assert abs(ours - math.log(2)) > 1e-2, "the policy has moved"
    assert ours == pytest.approx(theirs, abs=1e-6)


def test_with_auxiliaries_far_pairs_are_trls_mpo(moved):
    folder, reference, policy, encoder, both = moved
    asked = [q for q in questions(folder, 5, pairs="far") if len(q.images) == 2]
    trainer = EDPOTrainer(copy.deepcopy(reference), config(folder / "mpo", eta=0.0), asked, encoder)
    theirs = trl_loss(
        policy,
        reference,
        encoder,
        both,
        ("far",),
        loss_type=["sigmoid", "bco_pair", "sft"],
        loss_weights=[0.8, 0.2, 1.0],
    )
    assert edpo_loss_of(trainer, policy, asked) == pytest.approx(theirs, abs=1e-5)


def test_the_margin_asks_for_more(moved):
    folder, reference, policy, encoder, asked = moved
    losses = []
    for eta in (0.0, 0.5, 1.0, 2.0):
        trainer = EDPOTrainer(copy.deepcopy(reference), config(folder / "eta", eta=eta), asked, encoder)
        losses.append(edpo_loss_of(trainer, policy, asked))
    assert losses == sorted(losses)
    assert losses[0] < losses[-1] - 0.1
