"""The option `--fail-under` of every command that scores, and the exit code 1 of what is not passed."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import click

FAIL_UNDER = click.option(
    "--fail-under", "gates", multiple=True, metavar="FIGURE=MIN", help="Exit 1 where a figure is lower; repeatable."
)
"""The command gets the words as `gates`; eval/gates.py reads them."""


def close_gates(wanted: Mapping[str, float], figures: Mapping[str, float | None], of: str = "") -> bool:
    """Tell the gates that are not passed on stderr, with whose they are (`of`); whether there are any."""
    from ..eval.gates import shut

    lines = shut(wanted, figures)
    for line in lines:
        click.echo(f"{of}: {line}" if of else line, err=True)
    return bool(lines)


def leave_by_gates(wanted: Mapping[str, float], figures: Mapping[str, float | None]) -> None:
    """Leave with 1 where a gate is not passed, and tell which."""
    if close_gates(wanted, figures):
        sys.exit(1)
