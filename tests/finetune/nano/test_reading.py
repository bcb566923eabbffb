"""Stages 2 and 3: what the batches hold, what the loss counts, and steps that resume."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from sage_inspect.finetune.nano.batches import ANSWER, CLOSE, FIRST, IMAGE, OPEN, PROMPT
from sage_inspect.finetune.nano.guides import Decides, Guides, Scales
from sage_inspect.finetune.nano.model import IMAGE_TOKENS, prototypes
from sage_inspect.finetune.nano.reading import build_fusion, corpus, imagined, losses_of, seen, train_reading
from sage_inspect.finetune.world.families import families, family_names, label_names
from sage_inspect.models.familiarity import is_single

HIDDEN = 192


def test_batches_hold_every_turn_and_every_image(encoder):
    rng = np.random.default_rng(0)
    batch, tokens = next(imagined(encoder, HIDDEN, 4, rng, [3]))
    assert batch.ids.shape == batch.part.shape
    assert len(tokens) * IMAGE_TOKENS == int((batch.ids == IMAGE).sum())
    assert len(tokens) == 0 or tokens.shape[1:] == (IMAGE_TOKENS, HIDDEN)
    row, place, _, _ = batch.asked
    assert (batch.part[row, place + 1] > 0).all()
    assert set(batch.ids[batch.summaries[0], batch.summaries[1]].tolist()) <= {CLOSE}


def images_of(batch):
    return ((batch.ids == IMAGE).sum(1) // IMAGE_TOKENS).tolist()


def test_imagined_images_show_what_the_answers_say(encoder):
    names, labels = family_names(), label_names()
    codes = prototypes(len(names) + len(labels) - 1, HIDDEN)
    shown = {True: 0, False: 0}
    for batch, tokens in islice(imagined(encoder, HIDDEN, 4, np.random.default_rng(1), [3]), 10):
        nearest = torch.cdist(tokens, codes[None]).argmin(2)
        told = {int(r): int(x) for r, _, x, weight in batch.asked.T if weight == 8}
        at = 0
        for row, count in enumerate(images_of(batch)):
            mine, at = nearest[at : at + count], at + count
            if row not in told or not count:
                continue
            ground = int(mine[-1].mode().values) if count == 2 else None
            if count == 2:
                assert ground < len(names)
                assert (mine[1] == ground).float().mean() > 0.9, "the reference is sound"
            if told[row]:
                assert (mine[0] == len(names) + told[row] - 1).any()
            else:
                assert (mine[0] < len(names)).float().mean() > 0.9
            shown[bool(told[row])] += 1
    assert min(shown.values()) > 3


def test_seen_windows_come_as_inference_makes_them(encoder, pool):
    singles = pairs = 0
    for batch, pixels in islice(seen([pool], (4,), encoder, np.random.default_rng(2)), 6):
        counts = images_of(batch)
        assert sum(counts) == len(pixels)
        alone = is_single(pixels)
        at = 0
        for count in counts:
            part, single, at = pixels[at : at + count], alone[at : at + count], at + count
            if count == 1:
                assert single == [True]
                singles += 1
            elif count == 2:
                assert single == [False, False]
                # The reference's own image: luma twice, and no difference.
                assert torch.equal(part[1, 0], part[1, 1])
                assert torch.equal(part[0, 1], part[1, 1]), "of the same window"
                assert part[1, 2].unique().tolist() == pytest.approx([128 / 127.5 - 1], abs=1e-6)
                pairs += 1
    assert pairs > 5
    assert pixels.abs().max() <= 1


def test_some_defects_come_as_minimal_pairs(encoder, pool):
    # Of the examinations in a chunk, those of one window stand for the pairs: same region line, other facts.
    texts = []
    for batch, _ in islice(seen([pool], (8,), encoder, np.random.default_rng(3)), 16):
        texts += [encoder.tokenizer.decode(row[row >= CLOSE].tolist()) for row in batch.ids]
    lines = [line for text in texts for line in text.split("[R")[1:2] if " px." in line]
    heads = [line.split("Answer with")[0] for line in lines]
    twice = len(heads) - len(set(heads))
    assert 0.08 * len(heads) < twice < 0.4 * len(heads)


@pytest.fixture
def setting(encoder, untrained):
    model, fusion = untrained
    model.model.language_model.set_attn_implementation("eager")
    batch, images = next(imagined(encoder, HIDDEN, 2, np.random.default_rng(4), [3]))
    heads = Guides(HIDDEN, len(label_names())), Scales(HIDDEN), Decides(HIDDEN, len(label_names()))
    return model, fusion, heads, batch, images


def test_the_loss_counts_first_tokens_eight_times_and_prompts_a_little(setting):
    model, fusion, heads, batch, images = setting
    where = {
        part: int((batch.part[0] == part).nonzero()[2 if part == PROMPT else 0]) for part in (PROMPT, ANSWER, FIRST)
    }

    def loss(*parts, prompt=0.05):
        marked = torch.zeros_like(batch.part)
        for part in parts:
            marked[0, where[part]] = part
        return losses_of(model, fusion, *heads, replace(batch, part=marked), images, prompt)[0].item()

    with torch.no_grad():
        embeds = model.get_input_embeddings()(batch.ids)
        embeds = embeds.masked_scatter((batch.ids == IMAGE)[..., None], images)
        logits = model.lm_head(model.model.language_model(inputs_embeds=embeds).last_hidden_state)
        alone = {part: cross_entropy(logits[0, at - 1], batch.ids[0, at]).item() for part, at in where.items()}
        # An untrained fusion has no effect: each token is foretold from the one before.
        for part, value in alone.items():
            assert loss(part) == pytest.approx(value, abs=1e-4)
        both = (8 * alone[FIRST] + alone[ANSWER]) / 9
        assert loss(FIRST, ANSWER) == pytest.approx(both, abs=1e-4)
        prompted = (8 * alone[FIRST] + 0.05 * alone[PROMPT]) / 8.05
        assert loss(FIRST, PROMPT) == pytest.approx(prompted, abs=1e-4)
        assert loss(FIRST, PROMPT, prompt=0.0) == pytest.approx(alone[FIRST], abs=1e-4)


def test_pixels_go_through_a_tower_that_does_not_learn(setting):
    model, fusion, heads, batch, images = setting
    model.train()
    model.model.vision_tower.eval()
    answer, aside = losses_of(model, fusion, *heads, batch, torch.rand(len(images), 3, 96, 96), 0.0)
    (answer + aside).backward()
    learns = {name.split(".")[1] for name, weight in model.named_parameters() if weight.grad is not None}
    assert learns == {"multi_modal_projector", "language_model"}
    assert fusion.alpha.grad is not None
    assert all(weight.grad is not None for head in heads for weight in head.parameters())


def test_an_untrained_fusion_has_no_effect_and_knows_its_tokens():
    fusion = build_fusion(HIDDEN)
    assert (fusion.config.open_id, fusion.config.close_id) == (OPEN, CLOSE)
    embeds = torch.randn(1, IMAGE_TOKENS + 4, HIDDEN)
    ids = torch.tensor([[*[IMAGE] * IMAGE_TOKENS, OPEN, 300, 301, CLOSE]])
    assert torch.equal(fusion.fuse(embeds, ids), embeds)
    with torch.no_grad():
        fusion.alpha.fill_(1.0)
    changed = (fusion.fuse(embeds, ids) != embeds).any(2)[0].nonzero().flatten().tolist()
    assert changed
    assert min(changed) >= IMAGE_TOKENS


@pytest.mark.parametrize("with_windows", [False, True], ids=["reading", "joint"])
def test_a_step_trains_its_parts_and_a_finished_stage_is_loaded(encoder, untrained, pool, tmp_path, with_windows):
    model, fusion = untrained
    before = {k: v.clone() for k, v in model.state_dict().items()}
    options = {"seconds": 0.01, "pools": [pool] if with_windows else (), "batch": (2,)}
    losses = train_reading(model, fusion, encoder, tmp_path / "r.pt", **options)
    assert losses
    changed = {k.split(".")[1] for k, v in model.state_dict().items() if not torch.equal(v, before[k])}
    assert changed - {"weight"} == {"language_model", *(["multi_modal_projector"] if with_windows else [])}
    assert model.model.language_model.config._attn_implementation == "sdpa"
    after = {k: v.clone() for k, v in model.state_dict().items()}
    model.load_state_dict(before)
    assert train_reading(model, fusion, encoder, tmp_path / "r.pt", **options) == losses
    assert all(torch.equal(v, after[k]) for k, v in model.state_dict().items())


def test_the_corpus_knows_families_that_are_held_out():
    texts = list(corpus(400, 1))
    assert texts == list(corpus(400, 1))
    assert texts != list(corpus(400, 2))
    joined = " ".join(texts)
    for one in families():
        assert one.object in joined
