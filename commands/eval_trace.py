"""The command `sage-inspect eval trace`: whole traces scored, with gates, tables and HTML reports."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import BadInput
from ..json_option import JSON
from .judge_option import JudgeOptions, judge_options, open_judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..eval.score_summary import Summary
    from ..images import ImageStore


@click.command("trace")
@click.argument("traces", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--labels", type=click.Path(path_type=Path), default=None, help="JSONL with the truth about the images.")
@click.option("--masks", type=click.Path(path_type=Path), default=None, help="Folder of masks named like the images.")
@click.option("--format", "format_name", default="", metavar="NAME", help="Importer for another agent's files.")
@judge_options
@click.option("--fail-under", multiple=True, metavar="NAME=VALUE", help="Exit 1 where this mean is below; repeatable.")
@click.option("--reports", default=50, show_default=True, help="HTML reports to write, those with the worst scores.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder; gone on with where it has scores.")
@JSON
def eval_trace(
    traces: tuple[Path, ...],
    labels: Path | None,
    masks: Path | None,
    format_name: str,
    judged: JudgeOptions,
    fail_under: tuple[str, ...],
    reports: int,
    out: Path,
    as_json: bool,
) -> None:
    """Score TRACES: run folders, folders of them, trace.jsonl files or JSONL with one trace, or one mutant, a line."""
    from ..eval.label_file import LabelFile
    from ..eval.read_traces import read_traces, to_stderr
    from ..eval.score_run import ScoreRun
    from ..eval.score_summary import summarise_scores, write_csv
    from ..eval.trace_pages import write_pages

    gates = [_gate(word) for word in fail_under]
    truth = LabelFile(labels, masks) if labels or masks else None
    settings = {
        "labels": hashlib.sha256(labels.read_bytes()).hexdigest() if labels else None,
        "masks": str(masks.resolve()) if masks else None, "judge": judged.plain(), "format": format_name,
    }  # fmt: skip
    run, images = ScoreRun(out, settings), _images()
    judging = open_judge(judged)
    with _progress(traces) as moved:
        reads = read_traces(traces, format=format_name, skip=run.scored, complain=to_stderr, moved=moved)
        new = sum(
            1 for _ in run.score(reads, labels=truth, judge=judging, images=images, complain=to_stderr)
        )  # fmt: skip
    if not run.before + new:
        raise BadInput(" ".join(map(str, traces)), "no trace in it could be scored", "see the lines above")
    summary = summarise_scores(run.rows())
    (out / "summary.json").write_text(summary.model_dump_json(indent=1), encoding="utf-8")
    write_csv(out / "scores.csv", run.rows(), summary.means)
    write_pages(run, traces, summary, most=reports, format=format_name, labels=truth, images=images)
    if as_json:
        click.echo(summary.model_dump_json(indent=1))
    else:
        _show(summary, out, run.before)
    if any(_below(summary, name, least) for name, least in gates):
        sys.exit(1)


def _gate(word: str) -> tuple[str, float]:
    from ..eval.checks import CHECKS
    from ..eval.metrics import METRICS
    from ..eval.score_summary import AXES

    name, _, value = word.partition("=")
    known = {*AXES, *METRICS, *(m for check in CHECKS.values() for m in check.metrics)}
    if name.endswith(")") or name in known:
        try:
            return name, float(value)
        except ValueError:
            pass
    raise BadInput(f"--fail-under {word}", "it is no NAME=VALUE of a score", f"names: {', '.join(sorted(known))}")


def _below(summary: Summary, name: str, least: float) -> bool:
    """Whether a gate fails; one on what nobody could measure stays shut."""
    found = summary.means.get(name)
    mean = found.mean if found else None
    if mean is not None and mean >= least:
        return False
    told = "unscored" if mean is None else f"{mean:.4f}"
    click.echo(f"gate: {name} is {told}, below {least:g}", err=True)
    return True


def _images() -> ImageStore | None:
    """The settings' image store, where there is one."""
    from ..settings import get_settings

    settings = get_settings()
    if not settings.images_dir.is_dir():
        return None
    from ..images import ImageStore

    return ImageStore(settings.images_dir, max_pixels=settings.max_pixels)


@contextmanager
def _progress(paths: tuple[Path, ...]) -> Iterator[Callable[[int], None]]:
    """A bar over the bytes that are read, on a terminal's stderr; elsewhere nothing."""
    from .. import console

    if not console.err.is_terminal:
        yield lambda count: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from ..eval.read_traces import trace_files

    size = sum(f.stat().st_size for p in paths if p.exists() for f in trace_files(p))
    columns = (TextColumn("scoring"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console.err, transient=True) as bar:
        task = bar.add_task("scoring", total=size)
        yield lambda count: bar.update(task, advance=count)


def _show(summary: Summary, out: Path, before: int) -> None:
    from .. import console

    console.out.print(f"{summary.traces} traces" + (f" ({before} of them scored before)" if before else ""))
    rows = [
        {
            "score": k,
            "mean": "unscored" if m.mean is None else m.mean,
            "coverage": f"{m.coverage:.0%}",
            "n": m.scored,
        }
        for k, m in summary.means.items()
    ]
    console.show_table(rows, ("score", "mean", "coverage", "n"))
    told = ", ".join(f"{name} {count}" for name, count in summary.outcomes.items())
    console.out.print(f"outcomes: {told}; right for the wrong reason: {summary.right_for_wrong_reason}")
    firsts = ", ".join(f"{name} {count}" for name, count in list(summary.first_errors.items())[:6])
    console.out.print(f"without an error: {summary.without_error}; first errors: {firsts or 'none'}")
    console.out.print(f"report: {out / 'index.html'}", highlight=False, soft_wrap=True)
