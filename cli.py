"""The command line: a few lines a command. Results go to stdout, progress and complaints to stderr.

Exit codes: 0 it ran, 1 a gate the user set failed, 2 bad input, 3 failed while running. Heavy imports happen inside
the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import errno
import json
import os
import shlex
import sys
from pathlib import Path

import click

from . import __version__
from .commands.eval import evaluate
from .commands.golden import golden
from .commands.knowledge import knowledge
from .commands.thresholds import calibrated_goldens, flagged
from .errors import BadInput, RunFailed, SageInspectError
from .finetune.commands import finetune
from .json_option import JSON, tell

MODEL = click.option("--model", default=None, help="nano, a folder, org/name, openai:NAME or an OpenAI-compatible URL.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sage-inspect")
@click.option("--debug", is_flag=True, help="Show a traceback where something fails (works anywhere on the line).")
def cli(debug: bool) -> None:
    """Visual inspection whose reasoning can be checked."""


@cli.command()
@click.argument("test", required=False)
@click.option("--reference", "references", multiple=True, help="Golden image of the same object and view; repeatable.")
@click.option("--question", default=None, help='e.g. "Is any conductor broken?"; default: is there a defect?')
@click.option("--object", "object_name", default=None, help="What the image shows, e.g. pcb; default: find out.")
@MODEL
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Folder for the run.")
@click.option("--review", is_flag=True, help="Ask a person where the verdict is in doubt.")
@click.option("--resume", "resumed", default=None, metavar="RUN", help="Go on with a run (folder or id).")
@click.option("--fail-on", type=click.Choice(["normal", "anomalous", "uncertain"]), multiple=True, help="Exit 1 on it.")
@JSON
def inspect(
    test: str | None,
    references: tuple[str, ...],
    question: str | None,
    object_name: str | None,
    model: str | None,
    out: Path | None,
    review: bool,
    resumed: str | None,
    fail_on: tuple[str, ...],
    as_json: bool,
) -> None:
    """Inspect TEST: verdict, defects, answer, and a run folder with report, overlay and trace."""
    from . import console

    if test is None and resumed is None:
        raise BadInput("TEST", "no image was named", "sage-inspect inspect TEST.png [--reference GOLDEN.png]")
    with console.waiting("loading the model"):
        from .agents.api import follow, reopen, start
        from .settings import get_settings

        if resumed is not None:
            run = reopen(
                resumed, model=model, test=test, references=references, question=question, object=object_name, out=out
            )
        else:
            run = start(
                test or "", references=references, question=question, object=object_name,
                model=model or get_settings().model, review=review, out=out,
            )  # fmt: skip
    if not as_json:
        click.echo(f"run: {run.folder}", err=True)
    again = f"sage-inspect inspect --resume {shlex.quote(str(run.folder))}"
    try:
        waits = console.progress(follow(run, console.ask_reviewer if review else None), quiet=as_json)
    except (click.Abort, KeyboardInterrupt):
        click.echo(f"stopped; go on with: {again}", err=True)
        sys.exit(130)
    except RunFailed as failed:
        raise RunFailed(failed.what, failed.why, f"{failed.remedy}, then: {again}") from None
    if run.verdict is None:
        line = f"waits for a review: {waits.get('waiting')}\nanswer with: {again} --review"
        tell({**waits, "run": str(run.folder)}, as_json, line)
    elif as_json:
        click.echo(run.verdict.model_dump_json(indent=1))
    else:
        console.show_verdict(run.verdict)
    # A gate without a verdict stays shut.
    if fail_on and (run.verdict is None or run.verdict.verdict in fail_on):
        sys.exit(1)


@cli.command()
@click.argument("test")
@click.argument("references", nargs=-1)
@click.option("--object", "object_name", default=None, help="Judge by its stored threshold (golden calibrate).")
@click.option(
    "--encoder",
    default=None,
    help="What describes photographs: efficientnet (default), classical, nano, a folder, org/name.",
)
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Folder for heat map and overlay.")
@JSON
def compare(
    test: str,
    references: tuple[str, ...],
    object_name: str | None,
    encoder: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Compare TEST with one or several golden images, without the model.

    With --object and no golden image, with those that its threshold was derived from.
    """
    from . import console
    from .agents.report import write_comparison
    from .images import ImageStore
    from .settings import get_settings
    from .tools.compare import compare as compare_images

    if not references and object_name is None:
        raise BadInput("GOLDEN", "no golden image was named", "sage-inspect compare TEST GOLDEN..., or --object NAME")
    goldens = list(references) or calibrated_goldens(str(object_name))
    settings = get_settings()
    images = ImageStore(settings.images_dir, max_pixels=settings.max_pixels)
    found = compare_images(test, goldens, encoder=encoder, images=images)
    report = write_comparison(out or settings.home / "comparisons" / found.test.sha256[:16], found, images)
    if object_name is not None:
        above, threshold, _ = flagged(found.score, object_name)
        # What shows another object, or another view, was not judged at all: it must not pass.
        above = above or not found.registration.comparable
        report = report.model_copy(update={"flagged": above, "threshold": threshold})
    if as_json:
        click.echo(report.model_dump_json(indent=1))
    else:
        console.show_comparison(report)


@cli.group()
def trace() -> None:
    """Traces of runs."""


@trace.command("show")
@click.argument("run")
@JSON
def trace_show(run: str, as_json: bool) -> None:
    """Show the trace of RUN (a run folder, its id, or a trace.jsonl)."""
    from . import console
    from .agents.run import find_run
    from .eval.trace_file import read_trace

    found = read_trace(Path(run) if run.endswith(".jsonl") else find_run(run))
    if as_json:
        click.echo(found.model_dump_json(indent=1))
    else:
        console.show_trace(found)


@cli.command()
@MODEL
@JSON
def doctor(model: str | None, as_json: bool) -> None:
    """What is installed, which device and model, which stores."""
    from .agents.doctor import examine_installation

    rows = examine_installation(model)
    if as_json:
        click.echo(json.dumps({row.name: {"ok": row.ok, "value": row.value} for row in rows}, indent=1))
    else:
        for row in rows:
            click.echo(f"{'ok ' if row.ok else 'BAD'}  {row.name:<18} {row.value}")
    if not all(row.ok for row in rows):
        sys.exit(3)


for group in (knowledge, golden, finetune, evaluate):
    cli.add_command(group)


def main() -> None:
    """Entry point of `sage-inspect`: every failure is one line and an exit code."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    words = [w for w in sys.argv[1:] if w != "--debug"]
    debug = len(words) < len(sys.argv) - 1
    try:
        cli.main(words, prog_name="sage-inspect", standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        sys.exit(130)
    except Exception as error:  # the last place where a traceback can become a line
        if debug:
            raise
        line, code = _failure(error)
        click.echo(line, err=True)
        sys.exit(code)


def _failure(error: Exception) -> tuple[str, int]:
    if isinstance(error, SageInspectError):
        return f"error: {error}", error.exit_code
    if isinstance(error, click.UsageError):
        where = error.ctx.command_path if error.ctx else "sage-inspect"
        return f"error: {' '.join(error.format_message().split())}; see {where} --help", 2
    if isinstance(error, click.ClickException):
        return f"error: {' '.join(error.format_message().split())}", 2
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"error: {error.filename or 'disk'}: no space left; free some and run again", 3
    what = " ".join(str(error).split()) or "no message"
    return f"error: {type(error).__name__}: {what}; run again with --debug to see where", 3


if __name__ == "__main__":
    main()
