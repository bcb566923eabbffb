"""The group `eval`: every command is in it, and says what it does."""

from __future__ import annotations

from click.testing import CliRunner

from sage_inspect.cli import cli


def test_every_command_of_the_group_answers_for_itself():
    listed = CliRunner().invoke(cli, ["eval", "--help"]).output
    for name in ("agreement", "answers", "calibrate", "compare", "export", "import", "mutate", "sensitivity", "trace"):
        assert f"\n  {name} " in listed
        assert CliRunner().invoke(cli, ["eval", name, "--help"]).exit_code == 0
