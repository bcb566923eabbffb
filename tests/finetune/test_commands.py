"""The commands, as typed: help for all, one stage run through, and errors that are one line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sage_inspect.errors import BadInput
from sage_inspect.finetune.commands import finetune

from ..models.conftest import build


def call(*words):
    return CliRunner().invoke(finetune, [str(word) for word in words])


def failed(*words):
    done = call(*words)
    assert isinstance(done.exception, BadInput), done.output
    return str(done.exception)


def test_help_names_every_command():
    told = call("--help").output
    for name in ("synth", "sft", "preferences", "edpo", "merge", "ablation"):
        assert f"  {name} " in told
        assert call(name, "--help").exit_code == 0


def test_synth_then_preferences(tmp_path):
    done = call("synth", "--out", tmp_path / "synth", "--pairs", 4, "--size", 64, "--seed", 1, "--json")
    assert done.exit_code == 0, done.exception
    assert json.loads(done.output)["written"].endswith("manifest.json")
    done = call("preferences", "--data", tmp_path / "synth", "--out", tmp_path / "prefs", "--json")
    assert done.exit_code == 0, done.exception
    assert json.loads(done.output)["questions"] > 0
    assert (tmp_path / "prefs" / "examples.jsonl").is_file()


def test_sft_through_the_command(tmp_path):
    build(tmp_path / "widget")
    data = tmp_path / "train.jsonl"
    data.write_text("".join(json.dumps({"id": str(n), "prompt": "x", "answer": "y"}) + "\n" for n in range(4)))
    config = tmp_path / "mine.toml"
    config.write_text(
        f'out = "unused"\n[model]\nbase = "{tmp_path}/widget"\ndevice = "cpu"\n[sft]\ntrain = ["{data}"]\n'
    )
    done = call("sft", config, "--out", tmp_path / "run", "--seed", 5, "--set", "sft.steps=2", "--json")
    assert done.exit_code == 0, done.exception
    told = json.loads(done.stdout)
    assert told["steps"] == 2
    written = json.loads((tmp_path / "run" / "sft" / "training.json").read_text())
    assert written["recipe"]["seed"] == 5
    assert "it holds a run already" in failed("sft", config, "--out", tmp_path / "run", "--set", "sft.steps=2")


@pytest.mark.parametrize("stage", ["sft", "edpo", "ablation"])
def test_a_wrong_recipe_is_refused(tmp_path, stage):
    config = tmp_path / "mine.toml"
    config.write_text(
        'out = "x"\n[model]\nbase = "nano"\n[sft]\ntrain = ["gone.jsonl"]\n[edpo]\ntrain = ["lost.jsonl"]\n'
    )
    told = failed(stage, config, "--set", "model.bse=1")
    assert "model.bse: unknown key (did you mean base?)" in told
    assert ("gone.jsonl" in told) == (stage != "edpo")
    assert ("lost.jsonl" in told) == (stage != "sft")


def test_merge_without_adapters(tmp_path):
    assert "nothing to merge" in failed("merge", build(tmp_path / "widget"), "--out", tmp_path / "whole")
