"""Reading recipes: every error at once, before anything heavy is even imported."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.finetune.recipe import Recipe
from sage_inspect.finetune.recipe_files import SHIPPED, find_recipe, load_recipe


def write(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text)
    return str(path)


def records(folder: Path, **changes: object) -> Path:
    path = folder / "train.jsonl"
    path.write_text(json.dumps({"id": "a", "prompt": "Is it?", "answer": "True.", **changes}) + "\n")
    return path


def test_a_good_recipe(tmp_path):
    data = records(tmp_path)
    text = f'out = "runs"\n[model]\nbase = "nano"\n[model.lora]\nrank = 4\n[sft]\ntrain = ["{data}"]\nbatch = 2\n'
    recipe = load_recipe(write(tmp_path, text), "sft", ["sft.steps=7", "seed=3", 'out="elsewhere"', "name=widget"])
    assert recipe.model.lora.rank == 4
    assert (recipe.sft.steps, recipe.sft.batch, recipe.seed, recipe.name) == (7, 2, 3, "widget")
    assert recipe.out == Path("elsewhere")
    unnamed = load_recipe(write(tmp_path, text), "sft", ["model.base = nano"])
    assert (unnamed.name, unnamed.model.base) == ("mine", "nano")


def test_all_errors_are_told_at_once(tmp_path):
    text = """
out = "runs"
[model]
bse = "nano"
lora = {rnk = 8}
[sft]
train = ["nowhere.jsonl"]
batch = 0
learning_rat = 1e-4
[sft2]
"""
    with pytest.raises(BadInput) as told:
        load_recipe(write(tmp_path, text), "sft", ["sft.clip=-1", "no value"])
    line = str(told.value)
    assert "\n" not in line
    for part in (
        "model.base: missing",
        "model.bse: unknown key (did you mean base?)",
        "model.lora.rnk: unknown key (did you mean rank?)",
        "sft.learning_rat: unknown key (did you mean learning_rate?)",
        "sft2: unknown key (did you mean sft?)",
        "sft.batch: 0: ",
        "sft.clip: -1: ",
        "sft.train[0]: nowhere.jsonl: no such file",
        "'no value': not of the form key=value",
        "nothing was loaded",
    ):
        assert part in line, part
    assert "9 errors" in line


def test_an_unlike_key_is_answered_with_the_known_ones(tmp_path):
    text = f'out = "runs"\n[model]\nbase = "nano"\nzzz = 1\n[sft]\ntrain = ["{records(tmp_path)}"]\n'
    with pytest.raises(BadInput, match=r"model.zzz: unknown key \(known: base, lora, fusion"):
        load_recipe(write(tmp_path, text), "sft")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ({"images": ["gone.png"]}, "image gone.png is not there"),
        ({"answer": ""}, "answer: String should have at least 1 character"),
        ({"extra": 1}, "extra: Extra inputs"),
    ],
)
def test_lines_of_the_data_are_checked(tmp_path, line, told):
    text = f'out = "runs"\n[model]\nbase = "nano"\n[sft]\ntrain = ["{records(tmp_path, **line)}"]\n'
    with pytest.raises(BadInput, match=f"train.jsonl:1: {told}"):
        load_recipe(write(tmp_path, text), "sft")


def test_empty_data_a_missing_stage_and_an_unknown_base(tmp_path):
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    path = write(tmp_path, f'out = "runs"\n[model]\nbase = "./no-model"\n[sft]\ntrain = ["{empty}"]\n')
    with pytest.raises(BadInput, match=r"holds no records; model.base: .*no such folder"):
        load_recipe(path, "sft")
    with pytest.raises(BadInput, match=r"edpo: missing \(this command runs it\)"):
        load_recipe(path, "edpo")


def test_stage_2_takes_ranked_answers_and_its_own_base(tmp_path):
    ranked = tmp_path / "prefs.jsonl"
    answers = [{"text": "True.", "score": 2}, {"text": "False.", "score": 4}]
    ranked.write_text(json.dumps({"id": "a", "prompt": "Is it?", "answers": answers}) + "\n")
    text = f'out = "runs"\n[model]\nbase = "nano"\n[edpo]\nbase = "nano"\ntrain = ["{ranked}"]\n'
    with pytest.raises(BadInput, match="scores rise along the ranks"):
        load_recipe(write(tmp_path, text), "edpo")
    ranked.write_text(json.dumps({"id": "a", "prompt": "Is it?", "answers": answers[::-1]}) + "\n")
    assert load_recipe(write(tmp_path, text), "edpo").edpo_base() == "nano"


def test_no_toml_and_no_file(tmp_path):
    with pytest.raises(BadInput, match="this is no TOML"):
        load_recipe(write(tmp_path, "out = = 1"), "sft")
    with pytest.raises(BadInput, match="no such file; give a .toml file or the name of a shipped one .*nano"):
        find_recipe("nanoo")


def test_a_file_stands_before_a_shipped_recipe_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_recipe("nano") == SHIPPED / "nano.toml"
    (tmp_path / "nano").write_text("")
    assert find_recipe("nano") == Path("nano")


def test_an_ablation_needs_both_stages_and_an_override_no_table(tmp_path):
    data = records(tmp_path)
    path = write(tmp_path, f'out = "runs"\n[model]\nbase = "nano"\n[sft]\ntrain = ["{data}"]\n')
    with pytest.raises(BadInput) as told:
        load_recipe(path, "ablation", ["out.deeper=1"])
    for part in ("out.deeper: out is no table", "edpo: missing", "ablation: missing"):
        assert part in str(told.value)
    assert "sft: missing" not in str(told.value)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_recipes_are_valid(path):
    recipe = Recipe.model_validate(tomllib.loads(path.read_text()))
    assert find_recipe(path.stem) == path
    assert recipe.sft
    assert recipe.edpo


def test_a_wrong_recipe_is_told_without_torch(tmp_path):
    path = write(tmp_path, 'out = "runs"\n[model]\nbase = "nano"\n[sft]\ntrain = ["nowhere.jsonl"]\n')
    code = (
        "import sys\nfrom sage_inspect.finetune.recipe_files import load_recipe\n"
        f"try:\n    load_recipe({path!r}, 'sft')\nexcept Exception as e:\n"
        "    print(type(e).__name__, sorted({'torch', 'transformers', 'trl'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "BadInput []"
