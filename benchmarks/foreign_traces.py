"""Does the process score tell right verdicts from wrong ones, on traces nobody here wrote?

    SAGE_DATA=... python -m sage_inspect.benchmarks.foreign_traces [--folder DIR] [--write]

Reads AnomalyClaw's files (D1.json ...), imports them (and shows that each can be restored), and prints: AUC of "the
verdict is right" for the process score, its parts, and what the traces offer themselves (confidence, score margin,
agreement of the branches), on all domains, the odd ones (looked at while it was written) and the even ones; its lead
over each with an interval that resamples whole domains; what answering only the most trusted traces buys; and a
taxonomy of signs: how often each occurs, how often the verdict is then wrong, with ids. No label is used in any score.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..eval.failures import SIGNS, signs_of
from ..eval.importers import import_traces
from ..eval.importers.anomalyclaw import restore
from ..eval.lines import lines_of
from ..eval.process import PARTS, process_parts, process_score, told
from ..eval.ranking import auc, auc_interval
from ..eval.risk import at_coverage

OUT = Path(__file__).with_suffix(".md")
EXAMPLES = 4
LIMIT = 0.5


class Case(NamedTuple):
    """One trace with what is needed of it."""

    item: str
    domain: str
    anomalous: bool
    right: bool
    scores: dict[str, float]
    signs: frozenset[str]


def cases(folder: Path) -> Iterator[Case]:
    """Every trace of a folder of AnomalyClaw files."""
    import json

    for path in sorted(folder.glob("D*.json"), key=lambda p: int(p.stem[1:])):
        items = json.loads(path.read_text(encoding="utf-8"))
        for item, trace in zip(items, import_traces(items, "anomalyclaw"), strict=True):
            assert restore(trace) == item, f"{trace.run} was not imported without loss"
            anomalous = item["anomaly_score"] >= LIMIT
            score = process_score(trace).value
            ends = [p for line in lines_of(trace) if (p := told(line[-1], "probability")) is not None]
            parts = {k: LIMIT if v is None else v for k, v in process_parts(trace).items()}
            yield Case(
                trace.run, str(item["domain_code"]), anomalous, anomalous == bool(item["label_gt"]),
                {"process": LIMIT if score is None else score, **parts, "own confidence": float(item["confidence"]),
                 "score margin": abs(item["anomaly_score"] - LIMIT), "agreement of branches": min(ends) - max(ends)},
                frozenset(c.name for c in signs_of(trace)),
            )  # fmt: skip


OWN = ("own confidence", "score margin", "agreement of branches")


def ranking_rows(groups: dict[str, list[Case]]) -> Iterator[str]:
    """AUC by score and group; the trace's own scores below."""
    yield "| score | " + " | ".join(f"{name} ({len(found)})" for name, found in groups.items()) + " |"
    yield "|---|" + "---|" * len(groups)
    for score in ("process", *PARTS, *OWN):
        cells = [f"{auc([c.scores[score] for c in g], [c.right for c in g]) or 0:.3f}" for g in groups.values()]
        yield f"| {'**process score**' if score == 'process' else score} | " + " | ".join(cells) + " |"


def lead_rows(groups: dict[str, list[Case]]) -> Iterator[str]:
    """The process score's lead over each of the trace's own scores, clustered by domain."""
    yield "| lead over | " + " | ".join(groups) + " |"
    yield "|---|" + "---|" * len(groups)
    for score in OWN:
        cells = [
            auc_interval([c.scores["process"] for c in g], [c.right for c in g], [c.domain for c in g],
                         against=[c.scores[score] for c in g])
            for g in groups.values()
        ]  # fmt: skip
        yield (
            f"| {score} | "
            + " | ".join(f"{c.value:+.3f} [{c.low:+.3f} {c.high:+.3f}]" if c else "-" for c in cells)
            + " |"
        )


def risk_rows(found: Sequence[Case]) -> Iterator[str]:
    """Share of wrong verdicts among the most trusted."""
    wrong = [not c.right for c in found]
    yield "| answered | " + " | ".join(("process", *OWN)) + " |"
    yield "|---|" + "---|" * (1 + len(OWN))
    for share in (0.2, 0.4, 0.6, 0.8, 1.0):
        points = [at_coverage([c.scores[s] for c in found], wrong, share) for s in ("process", *OWN)]
        yield (
            f"| {share:.0%} | "
            + " | ".join(f"{p.risk:.3f}" if p and p.risk is not None else "-" for p in points)
            + " |"
        )


def sign_rows(found: Sequence[Case]) -> Iterator[str]:
    """Each sign: how often, how often wrong with and without it, examples of wrong verdicts that bear it."""
    yield "| sign | traces | wrong with it | wrong without | misses | false alarms | examples (wrong) |"
    yield "|---|---|---|---|---|---|---|"
    rows = []
    for name in SIGNS:
        held = [c for c in found if name in c.signs]
        rest = [c for c in found if name not in c.signs]
        bad = [c for c in held if not c.right]
        rows.append((_wrong(held) or 0.0, name, held, rest, bad))
    for _, name, held, rest, bad in sorted(rows, key=lambda r: -r[0]):
        examples = ", ".join(c.item for c in _spread(bad))
        misses = sum(not c.anomalous for c in bad)
        shares = [f"{w:.2f}" if w is not None else "-" for w in (_wrong(held), _wrong(rest))]
        yield f"| {name} | {len(held)} | {shares[0]} | {shares[1]} | {misses} | {len(bad) - misses} | {examples} |"


def silent_rows(found: Sequence[Case]) -> Iterator[str]:
    """Wrong verdicts by how many signs they bear."""
    wrong = [c for c in found if not c.right]
    yield "| signs | traces | wrong |"
    yield "|---|---|---|"
    for low, high in ((0, 0), (1, 1), (2, 2), (3, 3), (4, len(SIGNS))):
        held = [c for c in found if low <= len(c.signs) <= high]
        if held:
            yield f"| {low if low == high else f'{low} or more'} | {len(held)} | {_wrong(held):.2f} |"
    unseen = [c for c in wrong if not c.signs - {"nothing_checked"}]
    kinds = sum(not c.anomalous for c in unseen)
    yield ""
    yield (f"Of {len(wrong)} wrong verdicts {len(unseen)} bear no sign beside `nothing_checked` ({kinds} misses, "
           f"{len(unseen) - kinds} false alarms): e.g. {', '.join(c.item for c in _spread(unseen))}.")  # fmt: skip


def domain_rows(found: Sequence[Case]) -> Iterator[str]:
    """Accuracy and AUC by domain."""
    yield "| domain | traces | right | said anomalous | AUC process | AUC margin | AUC confidence |"
    yield "|---|---|---|---|---|---|---|"
    for domain in dict.fromkeys(c.domain for c in found):
        held = [c for c in found if c.domain == domain]
        right = [c.right for c in held]
        aucs = [auc([c.scores[s] for c in held], right) or 0 for s in ("process", "score margin", "own confidence")]
        shares = f"{1 - (_wrong(held) or 0):.2f} | {sum(c.anomalous for c in held) / len(held):.2f}"
        yield f"| {domain} | {len(held)} | {shares} | " + " | ".join(f"{a:.3f}" for a in aucs) + " |"


def report(found: Sequence[Case]) -> str:
    """The whole page."""
    groups: dict[str, list[Case]] = {"all": list(found)}
    half: Callable[[Case], int] = lambda c: int(c.domain[1:]) % 2  # noqa: E731
    groups["odd domains"] = [c for c in found if half(c)]
    groups["even domains"] = [c for c in found if not half(c)]
    right = sum(c.right for c in found)
    parts: list[tuple[str, Iterator[str]]] = [
        ('AUC of "the verdict is right"', ranking_rows(groups)),
        ("Lead of the process score (AUC difference, 95 % interval, whole domains resampled)", lead_rows(groups)),
        ("Share of wrong verdicts where only the most trusted are answered", risk_rows(found)),
        ("By domain", domain_rows(found)),
        ("Signs: why verdicts are wrong", sign_rows(found)),
        ("Signs a trace", silent_rows(found)),
    ]
    lines = [
        f"{len(found)} traces imported and restored without loss; {right} verdicts right ({right / len(found):.3f})."
    ]
    for title, rows in parts:
        lines += ["", f"## {title}", "", *rows]
    return "\n".join(lines) + "\n"


def _wrong(found: Sequence[Case]) -> float | None:
    return sum(not c.right for c in found) / len(found) if found else None


def _spread(found: Sequence[Case]) -> list[Case]:
    """A few, of different domains where there are."""
    first = {c.domain: c for c in reversed(found)}
    return list(first.values())[::-1][:EXAMPLES]


def main(arguments: Any = None) -> None:
    """Print the page, and write it with `--write`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=None, help="AnomalyClaw result files; default: $SAGE_DATA")
    parser.add_argument("--write", action="store_true", help=f"also write {OUT.name}")
    options = parser.parse_args(arguments)
    folder = options.folder or Path(os.environ.get("SAGE_DATA", "")) / "anomalyclaw_traces"
    if not any(folder.glob("D*.json")):
        print(f"skipped: no AnomalyClaw files in {folder}; set SAGE_DATA or --folder")
        return
    page = report(list(cases(folder)))
    print(page)
    if options.write:
        command = "`SAGE_DATA=... python -m sage_inspect.benchmarks.foreign_traces --write`"
        OUT.write_text(
            f"# The process score on traces of another agent\n\nMade by {command}.\n\n{page}", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
