"""The commands `sage-inspect eval mutate` and `eval sensitivity`: mutants of correct traces, and what a scorer sees."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import BadInput, RunFailed
from ..json_option import JSON, tell

if TYPE_CHECKING:
    from ..eval.labels import Labels
    from ..schema import Trace

_TRACES = click.argument("traces", nargs=-1, required=True, type=click.Path(path_type=Path))
_LABELS = click.option("--labels", type=click.Path(path_type=Path), default=None, help="JSONL: what is true of them.")
_SEED = click.option("--seed", default=0, show_default=True, help="Of the draws.")
MUTANTS = "mutants.jsonl"


@click.command("mutate")
@_TRACES
@_LABELS
@_SEED
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder that gets mutants.jsonl.")
@JSON
def mutate(traces: tuple[Path, ...], labels: Path | None, seed: int, out: Path, as_json: bool) -> None:
    """Plant faults of known kinds in correct TRACES: a JSONL, one mutant a line, with the step at which it errs."""
    from ..eval.mutant_file import mutant_line
    from ..eval.mutants import mutants_of

    counted: dict[str, int] = {}
    read = 0
    try:
        out.mkdir(parents=True, exist_ok=True)
        part = out / f"{MUTANTS}.part"
        with part.open("w", encoding="utf-8") as file:
            for name, trace, known in _cases(traces, labels):
                read += 1
                for mutant in mutants_of(trace, known, seed=seed):
                    counted[mutant.family] = counted.get(mutant.family, 0) + 1
                    file.write(json.dumps(mutant_line(name, mutant, known), ensure_ascii=False) + "\n")
        if not read:
            raise BadInput(" ".join(map(str, traces)), "no trace in it could be read", "see the lines above")
        part.replace(out / MUTANTS)
    except OSError as error:
        why = f"the mutants cannot be written ({error.strerror})"
        raise RunFailed(str(out), why, "free space or name another folder") from None
    done = {"traces": read, "mutants": counted, "file": str(out / MUTANTS)}
    told = ", ".join(f"{family} {n}" for family, n in counted.items())
    tell(done, as_json, f"{read} traces, {sum(counted.values())} mutants in {out / MUTANTS}\n{told}")


@click.command("sensitivity")
@_TRACES
@click.option(
    "--scorer", "names", multiple=True, metavar="SCORER",
    help="python:module.function (trace -> {metric: value or None}), or a command that reads one JSON line a trace "
    "and prints one; repeatable. Default: sage-inspect's own.",
)  # fmt: skip
@_LABELS
@_SEED
@click.option("--fail-under", "gates", multiple=True, metavar="NAME=VALUE", help="Exit 1 where a scorer's worst family "
              "is below: detected, located, quiet (no false alarm), held (no drift), monotone.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder; gone on with where it has rows.")
@JSON
def sensitivity(
    traces: tuple[Path, ...],
    names: tuple[str, ...],
    labels: Path | None,
    seed: int,
    gates: tuple[str, ...],
    out: Path,
    as_json: bool,
) -> None:
    """Show what scorers see of faults planted in correct TRACES: by family, with false alarms and null scorers."""
    from ..eval.null_scorers import NULL_SCORERS
    from ..eval.reading import find_scorer, of_function
    from ..eval.sensitivity import SensitivityRun
    from ..eval.sensitivity_table import summarise, table

    wanted = [_gate(word) for word in gates]
    asked = names or ("sage-inspect",)
    scorers = {name: find_scorer(name) for name in asked}
    scorers |= {name: of_function(function, name) for name, function in NULL_SCORERS.items()}
    truth = hashlib.sha256(labels.read_bytes()).hexdigest() if labels and labels.is_file() else None
    run = SensitivityRun(out, {"scorers": list(scorers), "labels": truth, "seed": seed})
    with _Counting() as moved:
        run.measure(_cases(traces, labels), scorers, seed=seed, moved=moved)
    found = summarise(run.rows())
    if not found.traces:
        raise BadInput(" ".join(map(str, traces)), "no trace in it has a place for a fault", "name correct traces")
    (out / "summary.json").write_text(found.model_dump_json(indent=1), encoding="utf-8")
    (out / "table.txt").write_text(table(found) + "\n", encoding="utf-8")
    click.echo(found.model_dump_json(indent=1) if as_json else table(found))
    failed = False
    for name in asked:
        for gate, least in wanted:
            value = found.worst[name][gate]
            if value is None or value < least:
                failed = True
                told = "unscored" if value is None else f"{value:.4f}"
                click.echo(f"gate: {gate} of {name} is {told}, below {least:g}", err=True)
    if failed:
        sys.exit(1)


def _cases(paths: tuple[Path, ...], labels: Path | None) -> Iterator[tuple[str, Trace, Labels | None]]:
    """Name, trace and truth of each; a name is the run's id, with file and line where it was used before."""
    from ..eval.label_file import LabelFile
    from ..eval.read_traces import read_traces

    truth = LabelFile(labels) if labels else None
    seen: set[str] = set()
    for read in read_traces(paths):
        name = read.trace.run if read.trace.run not in seen else f"{read.path}:{read.line}"
        seen.add(name)
        yield name, read.trace, truth.of(read.trace) if truth else None


def _gate(word: str) -> tuple[str, float]:
    from ..eval.sensitivity_table import GATES

    name, _, value = word.partition("=")
    try:
        if name in GATES:
            return name, float(value)
    except ValueError:
        pass
    raise BadInput(f"--fail-under {word}", "it is no NAME=VALUE", f"names: {', '.join(GATES)}")


class _Counting:
    """The traces done so far, on a terminal's stderr; nothing elsewhere."""

    def __enter__(self) -> _Counting:
        from .. import console

        self._done = 0
        self._status = console.waiting("measuring")
        self._shown = self._status.__enter__()
        return self

    def __call__(self) -> None:
        self._done += 1
        if self._shown is not None:
            self._shown.update(f"measuring: {self._done} traces")

    def __exit__(self, *error: object) -> None:
        self._status.__exit__(*error)  # type: ignore[arg-type]
