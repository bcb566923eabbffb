"""From another agent's file to spans and a table, by command."""

import json

import pytest
from click.testing import CliRunner

from sage_inspect.cli import cli
from sage_inspect.errors import BadInput

from ..eval.importers.test_messages import OPENAI


def run(*words):
    return CliRunner().invoke(cli, ["eval", *map(str, words)], catch_exceptions=False)


def test_import_then_export(tmp_path):
    source, traces = tmp_path / "m.json", tmp_path / "out" / "traces.jsonl"
    source.write_text(json.dumps(OPENAI))
    done = run("import", source, "--format", "messages", "--out", traces, "--json")
    assert json.loads(done.stdout)["traces"] == 1 and json.loads(done.stdout)["claims"] == 2
    for name, out in (("openinference", tmp_path / "s.jsonl"), ("table", tmp_path / "t.csv")):
        assert run("export", traces, "--format", name, "--out", out).exit_code == 0
        assert out.read_text().count("\n") > 1


def test_bad_input_leaves_no_file(tmp_path):
    source, out = tmp_path / "m.json", tmp_path / "t.jsonl"
    source.write_text("nonsense")
    with pytest.raises(BadInput):
        run("import", source, "--format", "messages", "--out", out)
    with pytest.raises(BadInput):
        run("export", tmp_path / "none.jsonl", "--format", "table", "--out", out)
    assert not out.exists()
