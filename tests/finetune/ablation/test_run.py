"""The ablation end to end on a tiny random model: every row is run, at equal pairs, once, and reported."""

from __future__ import annotations

import json
import shutil

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.finetune.ablation.measure import Result
from sage_inspect.finetune.ablation.rows import RUNS
from sage_inspect.finetune.ablation.run import run_ablation, seconds_of, timed
from sage_inspect.models.fusion_files import has_fusion


@pytest.fixture(scope="module")
def done(recipe_for, base, tmp_path_factory):
    """An ablation of a base that has a fusion, whatever is in it: it is left out."""
    folder = tmp_path_factory.mktemp("run")
    fused = shutil.copytree(base / "widget", folder / "fused")
    (fused / "fusion.json").write_text("{}")
    made = recipe_for(folder / "out", model_base=str(fused))
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
    asked = [json.loads(line) for line in (out / "questions" / "questions.jsonl").read_text().splitlines()]
    assert any(line["prompt"].startswith("[F1] ") for line in asked)


def test_rows_have_the_fusion_that_they_are_named_for(done):
    _, out = done
    assert not has_fusion(out / "base")
    for run in RUNS:
        stage = "edpo" if run.after else "sft"
        assert has_fusion(out / "runs" / run.name / "seed3" / stage) == run.fusion
    told = json.loads((out / "ablation.json").read_text())
    assert told["fusion_left_out"]
    assert " without its fusion, seeds 3." in (out / "table.md").read_text()


def test_only_the_runs_that_are_not_finished_are_repeated(done, recipe_for, tmp_path, capsys):
    made, out = done
    moved = made.model_copy(update={"out": tmp_path / "moved"})
    shutil.copytree(out, moved.folder("ablation"))
    lost, unmeasured = (moved.folder("ablation") / "runs" / name / "seed3" for name in ("text", "sfe-both"))
    before = Result.load(lost / "result.json")
    shutil.rmtree(lost)
    (unmeasured / "result.json").unlink()
    with pytest.raises(BadInput, match="holds an ablation already"):
        run_ablation(moved)
    with pytest.raises(BadInput, match="begun with another edpo"):
        run_ablation(recipe_for(tmp_path / "moved", edpo_beta=0.7, model_base=made.model.base), resume=True)
    kept = {p: p.stat().st_mtime_ns for p in moved.out.rglob("result.json")}
    kept[unmeasured / "edpo" / "model.safetensors"] = (unmeasured / "edpo" / "model.safetensors").stat().st_mtime_ns
    capsys.readouterr()
    run_ablation(moved, resume=True)
    told = capsys.readouterr().err
    assert told.count("finished before ") == len(RUNS) - 2
    assert "run 2 of 8: + facts as text, seed 3" in told
    assert {path: path.stat().st_mtime_ns for path in kept} == kept  # a finished model is measured, not trained, again
    after = Result.load(lost / "result.json")
    # The same seed gives the same answers, but for the last bits, which depend on what shared a batch.
    assert [told.right for told in after.told] == [told.right for told in before.told]
    assert [told.p_true for told in after.told] == pytest.approx([told.p_true for told in before.told], abs=1e-4)
    first, second = (json.loads((f / "ablation.json").read_text()) for f in (out, moved.folder("ablation")))
    assert first["sets"] == second["sets"]


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_seconds_of_a_run_that_was_stopped_are_added_up(tmp_path, device):
    path = tmp_path / "run" / "seconds.json"
    with pytest.raises(RuntimeError), timed(path, device):
        raise RuntimeError
    assert 0 <= seconds_of(path) < 40
    path.write_text("40.0")
    with timed(path, device):
        pass
    assert seconds_of(path) >= 40


def test_without_any_set_there_is_nothing_to_ask(recipe_for, tmp_path):
    away = [{"name": "Moon", "data": "nowhere/moon", "optional": True}]
    with pytest.raises(BadInput, match="none of its sets is there"):
        run_ablation(recipe_for(tmp_path, ablation_evaluate=away))
