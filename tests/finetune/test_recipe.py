"""What a recipe holds: where stages write, what stage 2 begins with, and what no recipe may say."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from sage_inspect.finetune.recipe import Ablation, Edpo, EvaluationSet, Model, Recipe, Sft

SFT, EDPO = {"train": ["a.jsonl"]}, {"train": ["b.jsonl"]}


def recipe(**parts):
    return Recipe.model_validate({"out": "runs/a", "model": {"base": "nano"}, **parts})


def test_each_stage_has_a_folder():
    made = recipe(sft=SFT)
    assert [made.folder(stage) for stage in ("sft", "edpo", "ablation")] == [
        Path("runs/a/sft"),
        Path("runs/a/edpo"),
        Path("runs/a/ablation"),
    ]


def test_stage_2_begins_with_its_own_base_else_stage_1_else_the_model():
    assert recipe(sft=SFT, edpo={**EDPO, "base": "elsewhere"}).edpo_base() == "elsewhere"
    assert recipe(sft=SFT, edpo=EDPO).edpo_base() == "runs/a/sft"
    assert recipe(edpo=EDPO).edpo_base() == "nano"


def test_a_recipe_trains_something():
    with pytest.raises(ValidationError, match="nothing to train"):
        recipe()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"evaluate": [{"name": "a", "data": "x"}, {"name": "a", "data": "y"}]}, "evaluate holds one twice"),
        ({"seeds": [0, 1, 0]}, "seeds holds one twice"),
        ({"seeds": []}, "at least 1 item"),
    ],
)
def test_an_ablation_holds_nothing_twice(change, told):
    sets = {"evaluate": [{"name": "a", "data": "x"}, {"name": "b", "data": "x"}]}
    assert Ablation.model_validate(sets).seeds == (0, 1, 2)
    with pytest.raises(ValidationError, match=told):
        Ablation.model_validate({**sets, **change})


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (Sft, {**SFT, "train": []}),
        (Sft, {**SFT, "batch": 0}),
        (Sft, {**SFT, "learning_rate": 1.0}),
        (Sft, {**SFT, "clip": 0}),
        (Sft, {**SFT, "max_length": 8}),
        (Sft, {**SFT, "fusion_rate": 0}),
        (Edpo, {**EDPO, "beta": 0}),
        (Edpo, {**EDPO, "eta": -0.5}),
        (Edpo, {**EDPO, "tau": 0}),
        (Edpo, {**EDPO, "pairs": "all"}),
        (Edpo, {**EDPO, "selection": "entropy"}),
        (Edpo, {**EDPO, "sft_weight": -1}),
        (Model, {"base": ""}),
        (Model, {"base": "nano", "lora": {"rank": 0}}),
        (Model, {"base": "nano", "lora": {"dropout": 1}}),
        (Model, {"base": "nano", "precision": "fp16"}),
        (EvaluationSet, {"name": "a"}),
        (Edpo, {**EDPO, "fusion_rate": 0.1}),  # the fusion is frozen in stage 2
    ],
)
def test_what_is_out_of_range_is_refused(kind, wrong):
    with pytest.raises(ValidationError):
        kind.model_validate(wrong)


def test_defaults_are_the_papers_objective_and_a_frozen_encoder():
    edpo = Edpo.model_validate(EDPO)
    assert (edpo.preference_weight, edpo.bco_weight, edpo.sft_weight) == (0.8, 0.2, 1.0)
    assert edpo.pairs == "far+near"
    assert edpo.eta > 0
    assert not Model(base="nano").train_vision
    with pytest.raises(ValidationError):
        edpo.eta = 0.0
