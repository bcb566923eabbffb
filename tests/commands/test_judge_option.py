"""The judge that options name: none, one with its replies below the home, or one line about what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from sage_inspect.commands.judge_option import JudgeOptions, judge_options, open_judge
from sage_inspect.errors import BadInput

DEAD = "http://127.0.0.1:9/v1#m"


def test_options_reach_the_command():
    @click.command()
    @judge_options
    @click.option("--other")
    def command(judged, other):
        click.echo(json.dumps([judged.plain(), other]))

    told = CliRunner().invoke(command, ["--judge", "nano", "--repeats", "3", "--other", "x"]).stdout
    assert json.loads(told) == [{"model": "nano", "repeats": "3"}, "x"]
    assert json.loads(CliRunner().invoke(command, []).stdout) == [None, None]
    assert CliRunner().invoke(command, ["--repeats", "0"]).exit_code == 2


def test_no_judge():
    assert open_judge(JudgeOptions(None, 1, None, None)) is None
    with pytest.raises(BadInput, match="there is no judge to calibrate"):
        open_judge(JudgeOptions(None, 1, None, Path("c.json")))


def test_a_judge_with_its_calibration(tmp_path):
    path = tmp_path / "c.json"
    path.write_text(json.dumps({"axes": {"judge_logic": {"mapping": {"kind": "offset", "offset": -1.0}}}}))
    judge = open_judge(JudgeOptions(DEAD, 2, 0.5, path))
    assert judge.repeats == 2 and judge._calibration["logic"].apply(4) == 3
    assert "127.0.0.1:9" in judge.name and judge.calls == 0


@pytest.mark.parametrize(
    "text", ["{}", "[]", "no", '{"axes": {"judge_logic": {}}}', '{"axes": {"l": {"mapping": {"kind": "x"}}}}']
)
def test_a_calibration_that_is_none(tmp_path, text):
    path = tmp_path / "c.json"
    with pytest.raises(BadInput, match="cannot be read"):
        open_judge(JudgeOptions(DEAD, 1, None, path))
    path.write_text(text)
    with pytest.raises(BadInput, match="this is no calibration"):
        open_judge(JudgeOptions(DEAD, 1, None, path))
