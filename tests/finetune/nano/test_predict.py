"""Asking in bulk: answers in order, the same whatever else is in the batch, with words and without."""

from __future__ import annotations

import pytest
import torch

from sage_inspect.finetune.nano.evaluate_data import drawn
from sage_inspect.finetune.nano.predict import Asked, ask
from sage_inspect.models.familiarity import Familiarity
from sage_inspect.models.fusion_attach import live_fusion
from sage_inspect.models.pairing import pair_images
from sage_inspect.models.parts import load_parts


@pytest.fixture(scope="module")
def loaded(trained):
    model, processor, _ = load_parts(trained[0] / "out", torch.device("cpu"))
    return model, processor


@pytest.fixture(scope="module")
def questions():
    example = drawn(1, 9)[0]
    pair, single = pair_images(example.test, example.reference, 96), pair_images(example.test, None, 96)
    return [
        Asked(pair, "Does region [R1] show a defect?"),
        Asked(single, "And a longer question?"),
        Asked([], "?"),
    ]


def test_what_was_written_answers(trained, loaded, questions):
    model, processor = loaded
    assert live_fusion(model) is not None
    told = ask(model, processor, questions, tokens=4)
    assert len(told) == 3
    assert all(0 <= t.p_true <= 1 for t in told)
    # The same chance without generation, and whatever else is in the batch.
    assert ask(model, processor, questions[:1], words=False)[0].p_true == pytest.approx(told[0].p_true, abs=0.02)
    statistics = Familiarity.load(trained[0] / "out")
    pixels = processor.image_processor([questions[0].images[0]], return_tensors="pt")["pixel_values"]
    assert 0 < statistics.score(model, pixels)[0] <= 1


def test_answers_come_in_the_order_of_the_questions(loaded, questions):
    asked = [*questions, Asked([], "Is there a scratch, or a dent, or anything else at all?"), questions[0]]
    together = ask(*loaded, asked, words=False)
    one_by_one = [ask(*loaded, [q], words=False)[0] for q in asked]
    in_pairs = ask(*loaded, asked, words=False, batch=2)
    for told in (one_by_one, in_pairs):
        assert [t.p_true for t in told] == pytest.approx([t.p_true for t in together], abs=0.02)
    assert all(t.words == "" for t in together)
    assert len({round(t.p_true, 4) for t in one_by_one}) > 2, "the questions are told apart"


def test_facts_are_read_through_the_fusion(loaded, questions):
    model, processor = loaded
    fusion = live_fusion(model)
    before = fusion.alpha.detach().clone()
    asked = Asked(questions[0].images, "[F1] A scratch is permitted.\nDoes region [R1] show a defect?")
    without = Asked(asked.images, "A scratch is permitted.\nDoes region [R1] show a defect?")
    try:
        chances = []
        for alpha in (0.0, 3.0):
            with torch.no_grad():
                fusion.alpha.fill_(alpha)
            chances.append([ask(model, processor, [q], words=False)[0].p_true for q in (asked, without)])
    finally:
        with torch.no_grad():
            fusion.alpha.copy_(before)
    assert chances[0][0] != chances[1][0], "a fact line is wrapped"
    assert chances[0][1] == chances[1][1], "what is no fact line is not"


def test_no_question_no_answer(loaded):
    assert ask(*loaded, []) == []
