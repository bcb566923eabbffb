"""The commands, as typed: help for all, one stage run through, and errors that are one line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from PIL import Image

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
    for name in ("synth", "sft", "preferences", "edpo", "leaks", "merge", "ablation"):
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


def test_leaks_names_each_twin_and_how_alike_it_is(tmp_path):
    for seed in (1, 2):
        assert call("synth", "--out", tmp_path / str(seed), "--pairs", 2, "--size", 96, "--seed", seed).exit_code == 0
    asked = ("leaks", "--tuning", tmp_path / "1", "--evaluation", tmp_path / "2")
    done = call(*asked)
    assert (done.exit_code, done.stdout) == (0, "leaks: 0 of 4 evaluation images, against 4 tuning images\n")
    ours, theirs = tmp_path / "1" / "images", tmp_path / "2" / "images"
    with Image.open(ours / "000000_test.png") as image:
        image.save(theirs / "copy.bmp")
    with Image.open(ours / "000001_test.png") as image:
        image.save(theirs / "again.jpg", quality=60)
    done = call(*asked)
    assert done.exit_code == 1
    assert f"{theirs / 'copy.bmp'} is in the tuning data as {ours / '000000_test.png'} (the same pixels)" in done.stdout
    assert done.stdout.endswith("leaks: 2 of 6 evaluation images, against 4 tuning images\n")
    done = call(*asked, "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert (told["tuning"], told["evaluation"]) == (4, 6)
    assert {(leak["evaluation"], leak["tuning"], leak["kind"]) for leak in told["leaks"]} == {
        (str(theirs / "copy.bmp"), str(ours / "000000_test.png"), "pixels"),
        (str(theirs / "again.jpg"), str(ours / "000001_test.png"), "near"),
    }


def test_leaks_of_a_wrong_path(tmp_path):
    (tmp_path / "empty").mkdir()
    picture = tmp_path / "one.png"
    Image.new("L", (16, 16)).save(picture)
    for name, why in (("gone", "no such file"), ("empty", "no image in it"), ("one.png", "neither a folder nor")):
        assert why in failed("leaks", "--tuning", tmp_path, "--evaluation", tmp_path / name)


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
