"""The rows: what each differs in from the one that it is compared with, at an equal number of pairs."""

from __future__ import annotations

from sage_inspect.finetune.ablation.data import TrainingFiles
from sage_inspect.finetune.ablation.rows import DIFFERENCES, PAPER, RUNS, STAGE_2, folder_of, recipe_of


def test_differences_name_runs_and_runs_follow_what_they_begin_with():
    names = [run.name for run in RUNS]
    assert all(d.first in names and d.second in names for d in DIFFERENCES)
    assert all(not run.after or names.index(run.after) < n for n, run in enumerate(RUNS))
    assert {STAGE_2.first, STAGE_2.second} <= set(names[:PAPER])


def test_the_grid_has_all_four_cells():
    grid = {(run.pairs, run.margin) for run in RUNS if run.after == "fused"}
    assert grid == {("far", False), ("far", True), ("far+near", False), ("far+near", True)}


def test_stage_two_of_every_row_has_as_many_pairs_a_step(recipe_for, tmp_path):
    files = TrainingFiles(tmp_path, 4, 2, 4, ())
    recipe = recipe_for(tmp_path, edpo_batch=3)
    for run in (run for run in RUNS if run.after):
        told = recipe_of(run, 3, recipe, files, tmp_path)
        assert told.edpo.batch * (2 if run.pairs == "far+near" else 1) == 6
        assert told.edpo.eta == (0.5 if run.margin else 0)
        assert told.edpo.train == (files.preferences(run.facts, run.pairs),)
        assert told.edpo_base() == str(folder_of(run.after, 3, tmp_path) / "sft")
        assert told.model.fusion == run.fusion == (run.after == "fused")
        assert told.seed == 3
        assert told.sft is None


def test_stage_one_of_every_row_has_its_prompts_and_its_fusion(recipe_for, tmp_path):
    files = TrainingFiles(tmp_path, 4, 2, 4, ())
    for run in (run for run in RUNS if not run.after):
        told = recipe_of(run, 5, recipe_for(tmp_path), files, tmp_path)
        assert told.sft.train == (files.examples(run.facts),)
        assert told.model.fusion == run.fusion
        assert told.edpo is None
        assert told.out == folder_of(run.name, 5, tmp_path)
