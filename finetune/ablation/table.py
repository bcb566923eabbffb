"""The ablation for people: table.md, and its plots."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from .figures import ACC_G, ACCURACY, SCORE, Figure
from .rows import DIFFERENCES, PAPER, RUNS, STAGE_2


class SetFigures(NamedTuple):
    """All figures on one set.

    Attributes:
        name: of the set; questions, entries: how many; leaked: questions left out by the leak check.
        rows: by run, then by figure. differences: by (first, second) of `rows.DIFFERENCES`, then by figure.
        coverage: by run, share of answers that could be read.
    """

    name: str
    questions: int
    entries: int
    leaked: int
    rows: Mapping[str, Mapping[str, Figure]]
    differences: Mapping[tuple[str, str], Mapping[str, Figure]]
    coverage: Mapping[str, float]


class About(NamedTuple):
    """What the table says of how it was made."""

    base: str
    seeds: Sequence[int]
    eta: float
    budget: str
    written: int
    missing: Sequence[str]
    slowest: float
    minutes: float


def write_table(sets: Sequence[SetFigures], about: About, path: Path) -> None:
    """Write table.md."""
    parts = [_head(about)]
    for one in sets:
        parts.append(_rows(one, about))
        parts.append(_changes(one, about))
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def verdict(change: Figure | None) -> str:
    """What a paired difference says, in words."""
    if change is None:
        return "not measured"
    if change.low > 0:
        return f"yes, by {change}"
    if change.high < 0:
        return f"no, it is worse by {change}"
    return f"no: a difference of {change} is none that these data can tell from 0"


def label_of(name: str, eta: float) -> str:
    """A run's label in the table."""
    return next(run.label for run in RUNS if run.name == name).format(eta=eta)


def _head(about: About) -> str:
    lines = [
        "# Ablation",
        "",
        f"Base {about.base}, seeds {', '.join(map(str, about.seeds))}. {about.budget}",
        "",
        "Means over seeds with 95 % intervals, bootstrapped over image pairs and over seeds"
        + (" (few seeds make them too narrow)." if len(about.seeds) < 6 else "."),
        "*Accuracy* and *Acc-G* are the primary results: P(True) at the first token of the answer is on the right side "
        "of 1/2, for one question, or for all questions about an image pair at a level. The *answer MLE* (1 to 5) of "
        f"{about.written} questions a set, answered in words, stands beside them: the same rules ranked the training "
        "answers. A row without facts is scored as one that recalled none and owes no citation: do not "
        "compare its MLE with that of rows that have facts.",
        f"The slowest run took {about.slowest / 60:.1f} minutes (CPU time on a CPU) of the "
        f"{about.minutes:g} that it may, both stages together.",
    ]
    lines += [f"Not measured: {name} (its images are not there)." for name in about.missing]
    return "\n".join(lines)


def _rows(one: SetFigures, about: About) -> str:
    names = list(next(iter(one.rows.values())))
    leaks = f"; {one.leaked} more left out by the leak check" if one.leaked else ""
    lines = [
        f"## {one.name}",
        "",
        f"{one.questions} questions about {one.entries} image pairs{leaks}.",
        "",
        "| | " + " | ".join(names) + " | read |",
        "|---" * (len(names) + 2) + "|",
    ]
    for number, run in enumerate(RUNS):
        figures = one.rows[run.name]
        label = label_of(run.name, about.eta)
        shown = " | ".join(_cell(figures.get(name)) for name in names)
        head = label if number < PAPER else f"*grid:* {label}"
        lines.append(f"| {head} | {shown} | {100 * one.coverage[run.name]:.0f} % |")
    return "\n".join(lines)


def _changes(one: SetFigures, about: About) -> str:
    primary = one.differences[STAGE_2.first, STAGE_2.second]
    lines = [
        f"Does stage 2 beat plain DPO at an equal number of pairs? Accuracy: {verdict(primary.get(ACCURACY))}. "
        f"Acc-G: {verdict(primary.get(ACC_G))}.",
        "",
        "| paired difference | accuracy | Acc-G | answer MLE |",
        "|---|---|---|---|",
    ]
    for change in DIFFERENCES:
        figures = one.differences[change.first, change.second]
        told = " | ".join(_cell(figures.get(name), sign=True) for name in (ACCURACY, ACC_G, SCORE))
        lines.append(f"| {change.asks} | {told} |")
    return "\n".join(lines)


def _cell(figure: Figure | None, *, sign: bool = False) -> str:
    if figure is None:
        return "-"
    if sign:
        return f"{figure.value:+.3f} [{figure.low:+.3f}, {figure.high:+.3f}]"
    return str(figure)


def write_plots(sets: Sequence[SetFigures], about: About, out: Path) -> list[Path]:
    """One PNG a set: every figure of every row with its interval."""
    from matplotlib.figure import Figure as Canvas

    paths = []
    for one in sets:
        names = list(next(iter(one.rows.values())))
        canvas = Canvas(figsize=(2.6 * len(names) + 2.4, 0.36 * len(RUNS) + 1.2), layout="constrained")
        axes = canvas.subplots(1, len(names), sharey=True, squeeze=False)[0]
        for place, name in zip(axes, names, strict=True):
            for at, run in enumerate(RUNS):
                told = one.rows[run.name].get(name)
                if told is not None:
                    place.plot([told.low, told.high], [at, at], color="0.55", linewidth=1.5)
                    place.plot(told.value, at, "o", color="tab:blue" if at < PAPER else "tab:orange")
            place.set_title(name, fontsize=10)
            place.grid(axis="x", color="0.9")
            place.margins(x=0.1)
        axes[0].set_yticks(range(len(RUNS)), [label_of(run.name, about.eta) for run in RUNS])
        axes[0].invert_yaxis()
        canvas.suptitle(f"{one.name}: mean and 95 % interval", fontsize=11)
        path = out / f"{re.sub(r'[^a-z0-9]+', '-', one.name.lower()).strip('-')}.png"
        canvas.savefig(path, dpi=130)
        paths.append(path)
    return paths
