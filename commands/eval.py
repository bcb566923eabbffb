"""The group `sage-inspect eval`: each of its commands stands in a file of its own, eval_*.py."""

from __future__ import annotations

import click

from .eval_answers import answers
from .eval_compare import agreement, calibrate, compare
from .eval_import import export_command, import_command
from .eval_mutate import mutate, sensitivity
from .eval_trace import eval_trace


@click.group("eval")
def evaluate() -> None:
    """Score what agents said: whole traces and answers; prove that a score measures; compare agents."""


for command in (
    eval_trace,
    answers,
    compare,
    calibrate,
    agreement,
    mutate,
    sensitivity,
    import_command,
    export_command,
):
    evaluate.add_command(command)
