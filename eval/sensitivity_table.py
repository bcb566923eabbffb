"""Rows of sensitivity.py made into figures and a readable table; intervals are bootstrapped over traces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from pydantic import Field

from ..schema import Noun
from .intervals import mean_interval
from .mutants import DETECTABLE
from .sensitivity import Row

_RISE = 1e-9


class Share(Noun):
    """A share with its 95 % interval, and how many rows and traces it rests on."""

    value: float
    low: float
    high: float
    count: int
    traces: int


class Line(Noun):
    """One family or variant as one scorer saw it.

    Attributes:
        detected: for a neutral edit, the alarms; located: None for a neutral edit; drift: share with any drift.
        drifted: rows in which each metric drifted.
        judged: False for moved boxes above the IoU at which they have to be detected: told, not judged.
    """

    scorer: str
    family: str
    variant: str = ""
    neutral: bool = False
    judged: bool = True
    detected: Share
    located: Share | None = None
    drift: Share
    drifted: dict[str, int] = Field(default_factory=dict)


class Monotony(Noun):
    """Localization along the boxes that were moved away.

    Attributes:
        by_strength: mean localization by IoU; "correct" first.
        falls: share of series (a trace and a place) in which it never rises and ends lower than it began.
    """

    scorer: str
    by_strength: dict[str, float]
    falls: Share


class Sensitivity(Noun):
    """What a run came to. `worst` per scorer: detected, located, quiet (no alarm), held (no drift), monotone, each the
    least over families, 0..1, or None where nothing could say."""

    traces: int
    mutants: int
    unclean: dict[str, int]
    families: tuple[Line, ...]
    variants: tuple[Line, ...]
    monotony: tuple[Monotony, ...]
    worst: dict[str, dict[str, float | None]]


GATES = ("detected", "located", "quiet", "held", "monotone")


def summarise(rows: Iterable[Row], *, rounds: int = 1000) -> Sensitivity:
    """All figures of some rows."""
    rows = list(rows)
    scorers = list(dict.fromkeys(r.scorer for r in rows))
    families, variants, monotony, worst, unclean = [], [], [], {}, {}
    for scorer in scorers:
        mine = [r for r in rows if r.scorer == scorer]
        unclean[scorer] = len({r.trace for r in mine if not r.clean})
        for family in dict.fromkeys(r.family for r in mine):
            of_family = [r for r in mine if r.family == family]
            judged = [r for r in of_family if _judged(r)]
            if judged:
                families.append(_line(judged, rounds))
            by_variant = defaultdict(list)
            for r in of_family:
                by_variant[r.variant].append(r)
            variants += [_line(v, rounds, variant=name) for name, v in by_variant.items()]
        along = _monotony(mine, rounds)
        monotony += [along] if along else []
        worst[scorer] = _worst([f for f in families if f.scorer == scorer], along)
    first = [r for r in rows if scorers and r.scorer == scorers[0]]
    return Sensitivity(
        traces=len({r.trace for r in rows}), mutants=len(first), unclean=unclean, families=tuple(families),
        variants=tuple(variants), monotony=tuple(monotony), worst=worst,
    )  # fmt: skip


def _judged(row: Row) -> bool:
    return row.strength is None or row.strength <= DETECTABLE


def _line(rows: Sequence[Row], rounds: int, variant: str = "") -> Line:
    first = rows[0]
    drifted: dict[str, int] = defaultdict(int)
    for row in rows:
        for metric in row.drift:
            drifted[metric] += 1
    return Line(
        scorer=first.scorer, family=first.family, variant=variant, neutral=first.neutral, judged=_judged(first),
        # A neutral edit raises an alarm also where a metric falls that no fault was to make fall.
        detected=_share([(r.trace, r.detected or (r.neutral and bool(r.drift))) for r in rows], rounds),
        located=None if first.neutral else _share([(r.trace, r.located) for r in rows], rounds),
        drift=_share([(r.trace, bool(r.drift)) for r in rows], rounds),
        drifted=dict(drifted),
    )  # fmt: skip


def _share(values: Sequence[tuple[str, bool]], rounds: int) -> Share:
    found = mean_interval([float(v) for _, v in values], [t for t, _ in values], rounds=rounds)
    assert found is not None, "a line has rows"
    return Share(value=found.value, low=found.low, high=found.high, count=found.count, traces=found.clusters)


def _monotony(rows: Sequence[Row], rounds: int) -> Monotony | None:
    series: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row.strength is not None and row.before is not None and row.after is not None:
            series[row.trace, row.variant.rpartition(",")[0]].append(row)
    if not series:
        return None
    values: dict[str, list[float]] = defaultdict(list)
    falls = []
    for (trace, _), moved in series.items():
        moved.sort(key=lambda r: -(r.strength or 0.0))
        line = [moved[0].before or 0.0, *((r.after or 0.0) for r in moved)]
        for name, value in zip(["correct", *(f"{r.strength:g}" for r in moved)], line, strict=True):
            values[name].append(value)
        steady = all(b <= a + _RISE for a, b in pairwise(line))
        falls.append((trace, steady and line[-1] < line[0]))
    means = {name: sum(v) / len(v) for name, v in values.items()}
    return Monotony(scorer=rows[0].scorer, by_strength=means, falls=_share(falls, rounds))


def _worst(families: Sequence[Line], along: Monotony | None) -> dict[str, float | None]:
    planted = [f for f in families if not f.neutral]
    neutral = [f for f in families if f.neutral]
    return {
        "detected": min((f.detected.value for f in planted), default=None),
        "located": min((f.located.value for f in planted if f.located), default=None),
        "quiet": min((1 - f.detected.value for f in neutral), default=None),
        "held": min((1 - f.drift.value for f in planted), default=None),
        "monotone": along.falls.value if along else None,
    }


def table(found: Sensitivity, *, variants: bool = True) -> str:
    """The figures for people: families by scorer, then the variants of the first scorer."""
    scorers = list(found.worst)
    lines = [f"{found.traces} correct traces, {found.mutants} mutants; shares with 95 % intervals clustered by trace"]
    for scorer in scorers:
        lines += ["", f"{scorer}  (tells errors of {found.unclean[scorer]} correct traces)"]
        lines += [f"  {'family':<38}{'mutants':>8}  {'detected':<20}{'first error located':<22}off-target drift"]
        lines += [_text(f, f.family) for f in found.families if f.scorer == scorer]
        for along in (m for m in found.monotony if m.scorer == scorer):
            told = ", ".join(f"{name} {value:.2f}" for name, value in along.by_strength.items())
            lines.append(f"  localization by IoU left to a moved box: {told}; falls steadily in {_of(along.falls)}")
    if variants and scorers:
        lines += ["", f"{scorers[0]}, by variant"]
        lines += [_text(v, v.variant) for v in found.variants if v.scorer == scorers[0]]
    return "\n".join(lines)


def _text(line: Line, name: str) -> str:
    located = "-" if line.located is None else _of(line.located)
    drift = "alarms, not detections" if line.neutral else _of(line.drift)
    more = " ".join(f"{m} {n}" for m, n in line.drifted.items())
    note = "" if line.judged else "  (not judged)"
    detected = _of(line.detected)
    return (
        f"  {name:<38}{line.detected.count:>8}  {detected:<20}{located:<22}{drift}{f' ({more})' if more else ''}{note}"
    )


def _of(share: Share) -> str:
    return f"{share.value:.3f} [{share.low:.3f} {share.high:.3f}]"
