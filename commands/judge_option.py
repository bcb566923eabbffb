"""The options of every command that takes a judge, and the judge they name."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ..errors import BadInput

if TYPE_CHECKING:
    from ..eval.judge import Judge

CACHE = "judge"
"""Folder of replies below the home: what was asked once is not asked again."""


class JudgeOptions(NamedTuple):
    """What the options said; `model` is None where no judge was asked for."""

    model: str | None
    repeats: int
    temperature: float | None
    calibration: Path | None

    def plain(self) -> dict[str, str] | None:
        """What grades depend on, JSON-plain: a folder of scores is only gone on with under the same; None: no judge."""
        if self.model is None:
            return None
        return {name: str(value) for name, value in self._asdict().items() if value is not None}


def judge_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--judge`, `--repeats`, `--temperature` and `--calibration`; the command gets them as `judged`."""

    @functools.wraps(command)
    def called(
        judge: str | None, repeats: int, temperature: float | None, calibration: Path | None, **options: Any
    ) -> Any:
        return command(judged=JudgeOptions(judge, repeats, temperature, calibration), **options)

    for option in (
        click.option(
            "--calibration", type=click.Path(path_type=Path), default=None, help="Mapping that `eval calibrate` wrote."
        ),
        click.option("--temperature", type=float, default=None, help="Of the judge; default: the model's own."),
        click.option("--repeats", type=click.IntRange(1), default=1, show_default=True, help="Judge's calls an axis."),
        click.option("--judge", default=None, metavar="MODEL", help="A model as judge: what `inspect --model` takes."),
    ):
        called = option(called)
    return called


def open_judge(told: JudgeOptions) -> Judge | None:
    """The judge that the options name, with its replies kept below the home; None where none is asked for.

    Raises:
        BadInput, RunFailed: as `models.loading.load_model`; a calibration that cannot be read.
    """
    if told.model is None:
        if told.calibration is not None:
            raise BadInput("--calibration", "there is no judge to calibrate", "name one with --judge MODEL")
        return None
    from ..eval.judge import Judge
    from ..models.loading import invoke_safely, load_model
    from ..settings import get_settings

    return Judge(
        load_model(told.model),
        repeats=told.repeats,
        temperature=told.temperature,
        cache=get_settings().home / CACHE,
        invoke=invoke_safely,
        calibration=None if told.calibration is None else _mappings(told.calibration),
    )


def _mappings(path: Path) -> dict[str, Any]:
    from pydantic import ValidationError

    from ..eval.calibration import Mapping

    try:
        axes = json.loads(path.read_text(encoding="utf-8"))["axes"]
        return {axis.removeprefix("judge_"): Mapping.model_validate(told["mapping"]) for axis, told in axes.items()}
    except OSError as error:
        raise BadInput(str(path), f"it cannot be read ({error.strerror})", "run sage-inspect eval calibrate") from None
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError):
        raise BadInput(str(path), "this is no calibration", "run sage-inspect eval calibrate") from None
