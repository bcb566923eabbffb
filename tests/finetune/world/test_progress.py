"""The progress bar is silent where stderr is no terminal."""

from __future__ import annotations

from sage_inspect.finetune.world.progress import bar


def test_silent_without_a_terminal(capsys):
    with bar("pairs", 3, 1) as advance:
        advance(2)
    shown = capsys.readouterr()
    assert shown.out == shown.err == ""
