"""Gates as a command closes them: lines on stderr, and exit code 1."""

from __future__ import annotations

import pytest

from sage_inspect.commands.gates_option import close_gates, leave_by_gates


def test_each_closed_gate_is_told_with_whose_it_is(capsys):
    assert close_gates({"a": 0.5, "b": 1.0, "c": 0.0}, {"a": 0.4, "b": None, "c": 0.0}, of="mine")
    assert capsys.readouterr() == ("", "mine: gate a: 0.4 is below 0.5\nmine: gate b: unscored, and 1 is needed\n")
    assert not close_gates({"a": 0.5}, {"a": 0.5}) and capsys.readouterr().err == ""


def test_leaving(capsys):
    leave_by_gates({}, {})
    with pytest.raises(SystemExit) as left:
        leave_by_gates({"a": 1.0}, {})
    assert left.value.code == 1 and capsys.readouterr().err == "gate a: unscored, and 1 is needed\n"
