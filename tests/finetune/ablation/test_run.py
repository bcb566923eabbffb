"""The ablation end to end on a tiny random model: every row is run, at equal pairs, once, and reported."""

from __future__ import annotations

import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from sage_inspect.errors import BadInput
from sage_inspect.eval.datasets import read_cases
from sage_inspect.finetune.ablation.data import plain_preference, without_facts, write_training
from sage_inspect.finetune.ablation.measure import Result
from sage_inspect.finetune.ablation.questions import ask_set
from sage_inspect.finetune.ablation.rows import DIFFERENCES, RUNS, recipe_of
from sage_inspect.finetune.ablation.run import run_ablation
from sage_inspect.finetune.edpo.questions import read_questions
from sage_inspect.finetune.preferences.build import build_preferences
from sage_inspect.finetune.recipe import EvaluationSet, Recipe
from sage_inspect.finetune.records import Example, Preference, RankedAnswer, read_records
from sage_inspect.models.fusion_files import CONFIG
from sage_inspect.prompts import reason_prompt
from sage_inspect.schema import Fact, RecalledFact

from ...models.conftest import build


def plates(root, seed):
    """A set in MVTec's layout: noisy plates, two good ones to compare with, one to ask about, two with a dark patch."""
    rng = np.random.default_rng(seed)
    marks = {"train/good/000": None, "test/good/000": None, "test/stain/000": (5, 5), "test/bent/000": (30, 40)}
    for name, mark in marks.items():
        picture = np.kron(rng.normal(140, 40, (8, 8)), np.ones((8, 8))).clip(0, 255).astype(np.uint8)
        if mark:
            picture[mark[0] : mark[0] + 14, mark[1] : mark[1] + 14] = 5
            path = root / f"{name.replace('test', 'ground_truth')}_mask.png"
            path.parent.mkdir(parents=True)
            Image.fromarray((picture == 5).astype(np.uint8) * 255).save(path)
        path = root / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    return root


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A tiny model with room for facts, training records of some plates, and other plates to be asked about."""
    folder = tmp_path_factory.mktemp("ablation")
    config = build(folder / "widget") / "config.json"
    told = json.loads(config.read_text())
    told["text_config"]["max_position_embeddings"] = 2048
    config.write_text(json.dumps(told))
    build_preferences(read_cases(plates(folder / "trained" / "plate", 1)), folder / "prefs")
    plates(folder / "held" / "plate", 2)
    return folder


def recipe(base, out, **changes):
    data = {
        "out": out, "name": "mine", "model": {"base": str(base / "widget"), "device": "cpu"},
        "sft": {"train": [base / "prefs" / "examples.jsonl"], "steps": 1, "batch": 2},
        "edpo": {"train": [base / "prefs" / "preferences.jsonl"], "steps": 1, "batch": 1, "eta": 0.5},
        "ablation": {
            "seeds": [3], "written": 1,
            "evaluate": [
                {"name": "Plates", "data": base / "held" / "plate", "cases": 2},
                {"name": "Moon", "data": "nowhere/moon", "optional": True},
            ],
        },
    }  # fmt: skip
    for key, value in changes.items():
        part, _, name = key.partition("_")
        data[part][name] = value
    return Recipe.model_validate(data)


@pytest.fixture(scope="module")
def done(base, tmp_path_factory):
    made = recipe(base, tmp_path_factory.mktemp("run"))
    return made, run_ablation(made)


def test_every_row_is_run_and_reported(done):
    _, out = done
    told = json.loads((out / "ablation.json").read_text())
    assert set(told["sets"][0]["rows"]) == {run.name for run in RUNS}
    for figures in told["sets"][0]["rows"].values():
        assert {"accuracy", "Acc-G", "standard comparison", "defect diagnosis"} <= figures.keys()
        assert all(f["low"] - 1e-9 <= f["value"] <= f["high"] + 1e-9 for f in figures.values())
    assert {"torch", "trl"} <= told["versions"].keys()
    assert told["recipe"]["edpo"]["eta"] == 0.5
    assert told["seeds"] == [3]
    assert told["data"][0]["sha256"]
    assert len({model for of in told["models"].values() for model in of}) == len(RUNS)  # no row is another's model
    table = (out / "table.md").read_text()
    for label in ("base", "+ facts as text", "+ DPO", "SFE + E-DPO (far + near, eta 0.5)", "*grid:* SFE, far, eta 0.5"):
        assert f"\n| {label} |" in table
    assert "Does stage 2 beat plain DPO at an equal number of pairs? Accuracy:" in table
    assert "Not measured: Moon" in table
    assert (out / "plates.png").stat().st_size > 1000
    assert not list(out.rglob("checkpoint-*"))


def test_only_the_runs_that_are_not_finished_are_repeated(done, base, tmp_path):
    made, out = done
    again = made.model_copy(update={"out": tmp_path / "moved"})
    shutil.copytree(out, again.folder("ablation"))
    lost = again.folder("ablation") / "runs" / "text" / "seed3"
    before = Result.load(lost / "result.json")
    shutil.rmtree(lost)
    with pytest.raises(BadInput, match="holds an ablation already"):
        run_ablation(again)
    with pytest.raises(BadInput, match="begun with another edpo"):
        run_ablation(recipe(base, tmp_path / "moved", edpo_beta=0.7), resume=True)
    times = {path: path.stat().st_mtime_ns for path in again.out.rglob("result.json")}
    run_ablation(again, resume=True)
    assert {path: path.stat().st_mtime_ns for path in times} == times
    after = Result.load(lost / "result.json")
    # The same seed gives the same answers, but for the last bits, which depend on what shared a batch.
    assert [told.right for told in after.told] == [told.right for told in before.told]
    assert [told.p_true for told in after.told] == pytest.approx([told.p_true for told in before.told], abs=1e-4)
    first, second = (json.loads((f / "ablation.json").read_text()) for f in (out, again.folder("ablation")))
    assert first["sets"] == second["sets"]


def test_stage_two_sees_as_many_pairs_in_every_row(done):
    made, out = done
    files = write_training(made, out / "data")
    far, both = (read_questions([files.preferences(True, kind)], pairs=kind) for kind in ("far", "far+near"))
    assert far.pairs == both.pairs == files.pairs == 2
    assert {q.id for q in both.items} < {q.id for q in far.items}
    plain = read_questions([files.preferences(False, "far")], pairs="far")
    assert [q.id for q in plain.items] == [q.id for q in far.items]
    for run in (run for run in RUNS if run.after):
        told = recipe_of(run, 3, made, files, out)
        assert told.edpo.batch * (2 if run.pairs == "far+near" else 1) == 2
        assert told.edpo.eta == (0.5 if run.margin else 0)
        assert told.edpo_base().endswith(f"runs/{run.after}/seed3/sft")
        assert told.model.fusion == run.fusion == (run.after == "fused")


def test_rows_without_facts_never_see_one(done):
    _, out = done
    for name, kind in (("examples-plain", Example), ("far-plain", Preference)):
        for record in read_records(out / "data" / f"{name}.jsonl", kind):
            assert not re.search(r"^\[F", record.prompt, re.MULTILINE)
            answers = [record.answer] if kind is Example else [a.text for a in record.answers]
            assert not any("[F" in text for text in answers)
            assert len(set(answers)) == len(answers)
    assert '"prompt":"[F1] ' in (out / "data" / "examples-facts.jsonl").read_text()
    asked = [json.loads(line) for line in (out / "questions" / "questions.jsonl").read_text().splitlines()]
    assert any(line["prompt"].startswith("[F1] ") for line in asked)


def test_a_prompt_without_facts_is_the_one_that_nothing_was_recalled_for():
    fact = Fact(id="f", object="plate", text="A <dent> is [bad].", kind="criterion")
    facts = [RecalledFact(id=f"F{n}", fact=fact, score=1) for n in (1, 2)]
    asked = "Is there a dent?"
    with_facts = reason_prompt(asked, object="plate", facts=facts)
    assert without_facts(with_facts) == reason_prompt(asked, object="plate") != with_facts


def test_answers_that_differ_in_citations_only_are_no_preference_without_facts():
    texts = ("True. Dent: deep [F1] [R1].", "True. Dent: deep [F2] [R1].", "False. No defect: smooth.")
    answers = tuple(RankedAnswer(text=t, score=s) for t, s in zip(texts, (5, 3.5, 1), strict=True))
    record = Preference(id="a", prompt="[F1] A.\nIs it?", answers=answers)
    plain = plain_preference(record)
    assert [(a.text, a.score) for a in plain.answers] == [("True. Dent: deep [R1].", 5), (texts[2], 1)]
    assert plain_preference(record.model_copy(update={"answers": answers[:2]})) is None


def test_truth_of_a_row_without_facts_knows_none(base, tmp_path):
    asked = ask_set(EvaluationSet(name="Plates", data=base / "held" / "plate"), tmp_path, ())
    question = next(q for q in asked.questions if q.truth.facts)
    prompt, truth = question.as_asked(False)
    assert not re.search(r"^\[F", prompt, re.MULTILINE)
    assert not truth.facts
    assert truth.value == question.truth.value
    assert question.as_asked(True) == (question.prompt, question.truth)


def test_differences_name_runs_and_runs_follow_what_they_begin_with():
    names = [run.name for run in RUNS]
    assert all(d.first in names and d.second in names for d in DIFFERENCES)
    assert all(not run.after or names.index(run.after) < n for n, run in enumerate(RUNS))


def test_images_that_were_trained_on_are_not_asked_about(base, tmp_path):
    told = {"name": "Plates", "data": base / "trained" / "plate"}
    made = recipe(base, tmp_path, ablation_evaluate=[told])
    with pytest.raises(BadInput, match="about images of the training data"):
        run_ablation(made)
    held = recipe(base, tmp_path / "b", ablation_evaluate=[{**told, "data": "nowhere/moon"}])
    with pytest.raises(BadInput, match="nowhere/moon is not there"):
        run_ablation(held)


def test_a_base_with_fusion_is_refused(base, tmp_path):
    shutil.copytree(base / "widget", tmp_path / "widget")
    (tmp_path / "widget" / CONFIG).write_text("{}")
    with pytest.raises(BadInput, match="has fusion already"):
        run_ablation(recipe(base, tmp_path / "out", model_base=str(tmp_path / "widget")))
