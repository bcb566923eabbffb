"""The command `sage-inspect eval answers`: answers of any model scored from a file of predictions."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import BadInput, RunFailed
from ..json_option import JSON, tell
from .judge_option import JudgeOptions, judge_options, open_judge

if TYPE_CHECKING:
    from ..eval.predictions.mmad import Choice, MMADScore
    from ..eval.predictions.scoring import AnswerScore, Judging
    from ..eval.predictions.summary import Figure

FAIL_UNDER = click.option(
    "--fail-under", "gates", multiple=True, metavar="FIGURE=MIN", help="Exit 1 where a figure is lower; repeatable."
)


@click.command("answers")
@click.argument("predictions", type=click.Path(path_type=Path))
@click.option("--questions", type=click.Path(path_type=Path), help="AD-PL, MANTA or MMAD file that knows the truth.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for scored answers and summary.")
@click.option("--similarity/--no-similarity", default=True, help="Sentence-embedding similarity to the reference.")
@judge_options
@FAIL_UNDER
@JSON
def answers(
    predictions: Path,
    questions: Path | None,
    out: Path,
    similarity: bool,
    judged: JudgeOptions,
    gates: tuple[str, ...],
    as_json: bool,
) -> None:
    """Score PREDICTIONS (JSON lines): MLE, accuracy by level, Acc-G, similarity; each with its coverage.

    The form of a line stands in eval/predictions/prediction.py. The same command goes on where a judge's endpoint
    failed: what it said is kept.
    """
    from ..eval.gates import known_gates, read_gates
    from ..eval.predictions.mmad import choices, score_mmad
    from ..eval.predictions.prediction import read_predictions
    from ..eval.predictions.question_files import Joined, asked_questions, is_mmad, join, read_json
    from ..eval.predictions.scoring import Judging
    from ..eval.predictions.summary import FIGURES

    wanted, told, found = read_gates(gates), Joined(), read_predictions(predictions)
    truth: Any = None if questions is None else read_json(questions)
    if is_mmad(truth):
        if judged.model is not None:
            raise BadInput("--judge", "MMAD's answers are letters; there is nothing to judge", "leave it out")
        known_gates(wanted, ("strict", "compatible", "failures"))
        answered = choices(truth, found, str(questions))
        _mmad(answered, score_mmad(answered), out, wanted, as_json)
        return
    known_gates({k: v for k, v in wanted.items() if not k.startswith("accuracy[")}, FIGURES)
    if truth is not None:
        found = join(found, asked_questions(truth, str(questions)), told)
    judge = open_judge(judged)
    judging = Judging(judge) if judge else None
    figures = _score(found, out, similarity, judging)
    about = {"predictions": str(predictions), "questions": None if questions is None else str(questions)}
    if judge is not None:
        about |= {"judge": judge.name, "repeats": str(judge.repeats), "judge_calls": str(judge.calls)}
    notes = {
        "unanswered": told.unanswered,
        "left_out": len(told.strangers),
        "not_judged": judging.left if judging else 0,
    }
    _show(figures, about, notes, out, as_json)
    if told.strangers:
        click.echo(f"left out, for they belong to no question: {', '.join(told.strangers[:5])} ...", err=True)
    if judging is not None and not judging.graded and judging.fault:
        click.echo(f"the judge graded nothing ({judging.fault}): this model is no judge", err=True)
    if judging is not None and judging.failure is not None:
        failed = judging.failure
        kept = f"{failed.remedy}, then run the same again: what the judge said is kept, {judging.left} answers are left"
        raise RunFailed(failed.what, failed.why, kept)
    close_gates(wanted, {f.name: f.value for f in figures})


def close_gates(wanted: dict[str, float], figures: dict[str, float | None]) -> None:
    """Tell the gates that are not passed, and leave with 1 where there are any."""
    from ..eval.gates import shut

    if lines := shut(wanted, figures):
        click.echo("\n".join(lines), err=True)
        sys.exit(1)


def _score(found: Iterable[Any], out: Path, similarity: bool, judging: Judging | None) -> list[Figure]:
    """Score as they come, each on disk at once; the file takes its name when it is whole."""
    from ..eval.predictions.scoring import score_predictions
    from ..eval.predictions.summary import Columns
    from ..knowledge.embedding import embed

    columns = Columns()
    fresh = out / "answers.jsonl.new"
    try:
        out.mkdir(parents=True, exist_ok=True)
        with fresh.open("w", encoding="utf-8") as file:
            for answer in _counted(score_predictions(found, embed=embed if similarity else None, judging=judging)):
                file.write(answer.model_dump_json() + "\n")
                columns.add(answer)
        fresh.replace(out / "answers.jsonl")
    except OSError as error:
        raise RunFailed(str(out), f"it cannot be written ({error.strerror})", "free space or name another") from None
    return columns.figures()


def _counted(scored: Iterator[AnswerScore]) -> Iterator[AnswerScore]:
    """A running number on a terminal's stderr."""
    from .. import console

    with console.waiting("scoring") as status:
        for number, answer in enumerate(scored, 1):
            if status is not None and number % 10 == 0:
                status.update(f"{number} answers scored ...")
            yield answer


def _show(figures: list[Figure], about: dict[str, Any], notes: dict[str, int], out: Path, as_json: bool) -> None:
    from .. import console
    from ..eval.predictions.summary import as_rows

    rows = as_rows(figures)
    whole = {**about, **notes, "figures": rows}
    write_json(out / "summary.json", whole)
    with (out / "summary.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    if as_json:
        tell(whole, True, "")
        return
    shown = [
        {"figure": f.name, "mean [95 %]": f.interval or "unscored", "scored": f"{f.scored} of {f.of}",
         "clusters": f.interval.clusters if f.interval else ""}
        for f in figures if f.interval or not f.name.startswith("judge_") or "judge" in about
    ]  # fmt: skip
    console.show_table(shown, ("figure", "mean [95 %]", "scored", "clusters"))
    extra = [f"{n} {name.replace('_', ' ')}" for name, n in notes.items() if n]
    click.echo(f"{'; '.join(extra) + '; ' if extra else ''}scored answers: {out / 'answers.jsonl'}")


def _mmad(answered: list[Choice], score: MMADScore, out: Path, wanted: dict[str, float], as_json: bool) -> None:
    from .. import console
    from ..eval.predictions.mmad import read_choice

    figures = {"strict": score.strict, "compatible": score.compatible, "failures": score.failures}
    tables = {"strict": score.strict_table, "compatible": score.compatible_table}
    whole = {**figures, "answers": score.answers, "skipped_publicly": score.skipped, "tables": tables}
    try:
        out.mkdir(parents=True, exist_ok=True)
        with (out / "answers.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(("case", "cluster", "accuracy"))
            for number, one in enumerate(answered):
                right = read_choice(one.answer, one.options) == one.correct
                table.writerow((f"{one.image}#{number}", one.image, int(right)))
        write_json(out / "summary.json", whole)
    except OSError as error:
        raise RunFailed(str(out), f"it cannot be written ({error.strerror})", "free space or name another") from None
    if as_json:
        tell(whole, True, "")
    else:
        kinds = dict.fromkeys(k for row in score.strict_table.values() for k in row)
        rows = [{"strict": name, **row} for name, row in score.strict_table.items()]
        console.show_table(rows, ("strict", *kinds))
        strict = "unscored" if score.strict is None else f"{score.strict:.4f}"
        compatible = "unscored" if score.compatible is None else f"{score.compatible:.4f}"
        click.echo(
            f"strict {strict}; as the public scorer counts {compatible} ({score.skipped} of {score.answers} left out "
            f"there); no option plainly said in {score.failures:.4f}"
        )
    # Fewer failures are better: that gate is an upper bound.
    most = wanted.pop("failures", None)
    if most is not None and score.failures > most:
        click.echo(f"gate failures: {score.failures:.4g} is above {most:g}", err=True)
        sys.exit(1)
    close_gates(wanted, figures)


def write_json(path: Path, whole: dict[str, Any]) -> None:
    """Write an object, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    fresh.replace(path)
