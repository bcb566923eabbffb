"""The commands under `sage-inspect eval`."""

from __future__ import annotations

import click

from .eval_answer_commands import answers
from .eval_compare_commands import agreement, calibrate, compare


@click.group("eval")
def evaluation() -> None:
    """Score answers and whole traces, compare agents, set scores beside people's."""


for command in (answers, compare, calibrate, agreement):
    evaluation.add_command(command)
