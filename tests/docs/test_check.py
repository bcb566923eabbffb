"""The documentation's own check finds what is stale, and the documentation is not."""

from __future__ import annotations

import pytest

from sage_inspect.docs import check


def test_published_schemas_match_the_types():
    assert check.stale_schemas() == []


def test_commands_in_the_documentation_exist():
    assert check.wrong_commands() == []


@pytest.mark.parametrize(
    "line",
    [
        "sage-inspect inspct a.png",
        "sage-inspect inspect a.png --colour",
        "sage-inspect knowledge forget x",
        "sage-inspect compare",
    ],
)
def test_a_wrong_command_is_found(tmp_path, monkeypatch, line):
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text(f"```\n{line}\nsage-inspect doctor --json\n```\n")
    monkeypatch.setattr(check, "ROOT", tmp_path)
    assert len(check.wrong_commands()) == 1
