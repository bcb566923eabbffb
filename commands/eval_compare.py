"""The commands `sage-inspect eval compare`, `calibrate` and `agreement`: scores beside scores, and beside people's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import BadInput, RunFailed
from ..json_option import JSON, tell
from .eval_answers import FAIL_UNDER, close_gates, write_json
from .judge_option import JudgeOptions, judge_options, open_judge

if TYPE_CHECKING:
    from ..eval.against_people import Agreed
    from ..eval.calibration import Calibrated
    from ..eval.compare import Comparison
    from ..eval.intervals import Interval
    from ..eval.scored import ScoredRow

_PAIR = click.option(
    "--pair", "chosen", multiple=True, metavar="FIGURE=AXIS", help="Which belong together; repeatable."
)
_SCORES = click.argument("scores", type=click.Path(path_type=Path))
_HUMAN = click.argument("human", type=click.Path(path_type=Path))


@click.command("compare")
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@judge_options
@FAIL_UNDER
@JSON
def compare(a: Path, b: Path, judged: JudgeOptions, gates: tuple[str, ...], as_json: bool) -> None:
    """Did agent B do better than A? Scored sets (what eval has written, or CSV) or folders of runs, paired by case.

    Told is B - A with a 95 % interval, clustered. --fail-under sets the least difference, e.g. logic=-0.1. With --judge
    a model compares the two traces, or answers, of each case as well, in both orders.
    """
    from .. import console
    from ..eval.compare import compare_sets
    from ..eval.gates import known_gates, read_gates

    wanted = read_gates(gates)
    judge = open_judge(judged)
    with console.waiting("comparing"):
        first, second = _set(a), _set(b)
        found = compare_sets(first, second)
        preferred: list[dict[str, Any]] = []
        failure: RunFailed | None = None
        if judge is not None:
            preferred, failure = _preferences(judge, _materials(a), _materials(b), {r.case: r.cluster for r in first})
    known_gates(wanted, [*(d.name for d in found.differences), *(f"prefer_{p['axis']}" for p in preferred)])
    rows = [_difference_row(d) for d in found.differences]
    whole = {
        "a": str(a), "b": str(b), "cases": found.common, "only_a": found.only_first, "only_b": found.only_second,
        "clusters": found.clusters, "note": found.note, "figures": rows, "preferences": preferred,
    }  # fmt: skip
    if as_json:
        tell(whole, True, "")
    else:
        _show_comparison(found, preferred)
    if failure is not None:
        raise RunFailed(failure.what, failure.why, f"{failure.remedy}, then run the same again: replies are kept")
    figures = {d.name: d.gap.value if d.gap else None for d in found.differences}
    close_gates(wanted, figures | {f"prefer_{p['axis']}": p["b_wins"] for p in preferred})


@click.command("agreement")
@_SCORES
@_HUMAN
@_PAIR
@FAIL_UNDER
@JSON
def agreement(scores: Path, human: Path, chosen: tuple[str, ...], gates: tuple[str, ...], as_json: bool) -> None:
    """Do SCORES agree with people's grades in HUMAN (CSV: case, then axes from 1 to 5, or case, axis, grade; rater)?

    Quadratic kappa, Spearman, Kendall's tau-b and pairwise accuracy, with intervals clustered by case or `cluster`.
    A gate names figure and measure: --fail-under judge_logic.kappa=0.6.
    """
    from .. import console
    from ..eval.against_people import agree, pair_up
    from ..eval.gates import known_gates, read_gates
    from ..eval.grade_table import read_grades

    wanted, people = read_gates(gates), read_grades(human, low=1, high=5)
    with console.waiting("comparing"):
        found = [agree(p, people) for p in pair_up(_set(scores), people, _chosen(chosen))]
    values = {f"{a.pairs.figure}.{name}": i.value if i else None for a in found for name, i in a.measures.items()}
    known_gates(wanted, list(values))
    rows = [_agreement_row(a) for a in found]
    if as_json:
        tell({"scores": str(scores), "human": str(human), "figures": rows}, True, "")
    else:
        for a in found:
            _show_agreement(a)
    close_gates(wanted, values)


@click.command("calibrate")
@_SCORES
@_HUMAN
@_PAIR
@click.option("--out", type=click.Path(path_type=Path), required=True, help="JSON file for `--calibration`.")
@JSON
def calibrate(scores: Path, human: Path, chosen: tuple[str, ...], out: Path, as_json: bool) -> None:
    """Fit a judge's grades in SCORES to people's in HUMAN, an axis, and tell the agreement before and after.

    What is told as "after" was measured on cases that the mapping was not fitted on.
    """
    from .. import console
    from ..eval.against_people import pair_up
    from ..eval.calibration import calibrate as fit
    from ..eval.grade_table import read_grades

    people = read_grades(human, low=1, high=5)
    pairs = pair_up(_set(scores), people, _chosen(chosen))
    pairs = [p for p in pairs if chosen or p.figure.startswith("judge_")]
    if not pairs:
        raise BadInput(str(scores), "no judge's grades are in it", "score with --judge, or name --pair FIGURE=AXIS")
    with console.waiting("fitting"):
        found = {p.figure: fit(p.scores, p.people, p.clusters) for p in pairs if p.scores}
    if not found:
        raise BadInput(str(scores), "nothing that people graded is scored", "judge those cases first")
    whole = {
        "scores": str(scores), "human": str(human), "axes": {name: _calibration_row(c) for name, c in found.items()}
    }  # fmt: skip
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_json(out, whole)
    except OSError as error:
        raise RunFailed(str(out), f"it cannot be written ({error.strerror})", "free space or name another") from None
    if as_json:
        tell(whole, True, "")
        return
    for name, c in found.items():
        _show_calibration(name, c)
    click.echo(f"calibration: {out}")


def _set(path: Path) -> list[ScoredRow]:
    """A scored set as it is; traces are scored first, without labels."""
    from ..eval.scored import read_scored, trace_row
    from ..eval.trace_cases import case_of, holds_traces, image_of

    if not holds_traces(path):
        return read_scored(path)
    from ..eval.read_traces import read_traces
    from ..eval.score_trace import score_trace

    traces = (read.trace for read in read_traces([path]))
    return [trace_row(score_trace(t), case_of(t), image_of(t)) for t in traces]


def _materials(path: Path) -> dict[str, Any]:
    """What a judge compares, by case: traces, or the answers of a scored set."""
    from ..eval.judge import answer_material, trace_material
    from ..eval.predictions.prediction import json_lines, prediction
    from ..eval.read_traces import read_traces
    from ..eval.trace_cases import case_of, holds_traces

    if holds_traces(path):
        return {case_of(read.trace): trace_material(read.trace) for read in read_traces([path])}
    file = path / "answers.jsonl" if path.is_dir() else path
    if file.suffix != ".jsonl":
        raise BadInput(str(path), "a judge needs what was said, and these are scores alone", "name folders of runs")
    found = {}
    for number, raw in json_lines(file):
        if "answer" not in raw or "question" not in raw:
            raise BadInput(str(path), "a judge needs what was said, and these are scores alone", "name folders of runs")
        said = prediction({k: raw.get(k) for k in ("id", "question", "answer", "truth", "group")}, number)
        found[said.id] = answer_material(said)
    return found


def _preferences(
    judge: Any, a: dict[str, Any], b: dict[str, Any], clusters: dict[str, str]
) -> tuple[list[dict[str, Any]], RunFailed | None]:
    """Per axis how often B is preferred, ties half; what was told before an endpoint failed is kept."""
    from ..eval.intervals import mean_interval
    from ..eval.judge import prefer

    common = [case for case in a if case in b]
    worth = {"a": 0.0, "tie": 0.5, "b": 1.0}
    found, failure = [], None
    for axis in judge.axes:
        told = {}
        try:
            for case in common:
                told[case] = prefer(judge, a[case], b[case], axis)
        except RunFailed as failed:
            failure = failed
        known = [(case, p) for case, p in told.items() if p.winner is not None]
        won = mean_interval([worth[p.winner or "tie"] for _, p in known], [clusters.get(c, c) for c, _ in known])
        found.append(
            {
                "axis": axis, "b_wins": won.value if won else None, "low": won.low if won else None,
                "high": won.high if won else None, "judged": len(known), "of": len(common),
                "unsteady": sum(p.steady is False for _, p in known),
                "cases": {c: {"winner": p.winner, "reason": p.reason, "a": p.a, "b": p.b} for c, p in told.items()},
            }
        )  # fmt: skip
        if failure is not None:
            break
    return found, failure


def _difference_row(d: Any) -> dict[str, Any]:
    return {
        "figure": d.name, "a": d.first, "b": d.second, **_ends(d.gap, "difference"),
        "cases": d.gap.count if d.gap else 0,
        "higher": d.higher, "lower": d.lower, "equal": d.equal, "only_a": d.only_first, "only_b": d.only_second,
        "neither": d.unscored, "b_is": d.told,
    }  # fmt: skip


def _ends(interval: Interval | None, name: str = "value") -> dict[str, float | None]:
    if interval is None:
        return {name: None, "low": None, "high": None}
    return {name: interval.value, "low": interval.low, "high": interval.high}


def _show_comparison(found: Comparison, preferred: list[dict[str, Any]]) -> None:
    click.echo(f"{'figure':<31}{'A':>9}{'B':>9}   {'B - A [95 %]':<24}{'cases':>6}{'unscored A, B':>15}   B is")
    for d in found.differences:
        one, two = ("-" if v is None else f"{v:.3f}" for v in (d.first, d.second))
        gap = "-" if d.gap is None else str(d.gap)
        cases, unscored = d.gap.count if d.gap else 0, f"{d.only_second}, {d.only_first}"
        click.echo(f"{d.name:<31}{one:>9}{two:>9}   {gap:<24}{cases:>6}{unscored:>15}   {d.told}")
    for p in preferred:
        value = "unscored" if p["b_wins"] is None else f"{p['b_wins']:.3f} [{p['low']:.3f} {p['high']:.3f}]"
        click.echo(
            f"the judge prefers B in {p['axis']}: {value} (ties half), {p['judged']} of {p['of']} cases judged, "
            f"{p['unsteady']} by the order alone"
        )
    click.echo(f"{found.common} cases in {found.clusters} clusters" + (f"; {found.note}" if found.note else ""))


def _agreement_row(a: Agreed) -> dict[str, Any]:
    p = a.pairs
    return {
        "figure": p.figure, "axis": p.axis, "cases": len(p.scores), "unscored": p.unscored,
        "clusters": len(set(p.clusters)), "raters": a.raters,
        **{name: _ends(interval) for name, interval in a.measures.items()},
    }  # fmt: skip


def _show_agreement(a: Agreed) -> None:
    p = a.pairs
    whole, clusters = len(p.scores) + p.unscored, len(set(p.clusters))
    click.echo(f"{p.figure} beside people's {p.axis}: {len(p.scores)} of {whole} cases, {clusters} clusters")
    for name, interval in a.measures.items():
        among = "" if a.raters is None or a.raters[name] is None else f"   raters among themselves {a.raters[name]:.3f}"
        click.echo(f"  {name:<10} {interval if interval is not None else 'not defined'}{among}")


def _calibration_row(c: Calibrated) -> dict[str, Any]:
    told = {k: _ends(v) for k, v in c._asdict().items() if k not in ("mapping", "tried", "note")}
    return {"mapping": c.mapping.model_dump(), "tried": c.tried, "note": c.note, **told}


def _show_calibration(name: str, c: Calibrated) -> None:
    m = c.mapping
    kind = {
        "none": "left as it is",
        "offset": f"grade {m.offset:+.2f}",
        "line": f"{m.slope:.2f} x grade {m.offset:+.2f}",
    }
    click.echo(f"{name}: {kind[m.kind]} ({m.count} cases, {m.clusters} clusters){'; ' + c.note if c.note else ''}")
    for label, before, after in (
        ("error", c.error_before, c.error_after), ("kappa", c.kappa_before, c.kappa_after)
    ):  # fmt: skip
        click.echo(f"  {label:<10} before {_or_none(before)}   after, on cases left out {_or_none(after)}")
    click.echo(f"  {'bias':<10} scores minus people {_or_none(c.bias)}")
    click.echo(f"  {'spearman':<10} {_or_none(c.spearman)}, before as after")


def _or_none(interval: Interval | None) -> str:
    return "not defined" if interval is None else str(interval)


def _chosen(told: Iterable[str]) -> dict[str, str] | None:
    found = {}
    for one in told:
        figure, equals, axis = one.partition("=")
        if not equals or not figure or not axis:
            raise BadInput(f"--pair {one}", "this names no pair", "write FIGURE=AXIS, e.g. judge_logic=logic")
        found[figure] = axis.lower()
    return found or None
