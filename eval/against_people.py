"""Scores beside people's grades: which rows belong together, agreement by figure, and how far people agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from ..errors import BadInput
from .agreement import MEASURES, agreement
from .grade_table import Graded
from .intervals import Interval
from .scored import ScoredRow, as_grade


class Pairs(NamedTuple):
    """One figure beside one axis of people, row by row, both 1..5.

    Attributes:
        figure: of the scores; axis: of people's table.
        scores, people, clusters: where both have graded.
        unscored: cases that people have graded and the scores have not.
    """

    figure: str
    axis: str
    scores: list[float]
    people: list[float]
    clusters: list[str]
    unscored: int


class Agreed(NamedTuple):
    """A figure's agreement with people.

    Attributes:
        measures: by name (agreement.MEASURES); each None where it is not defined.
        raters: the same measures between pairs of raters, mean over the pairs: what can be expected; None below two.
    """

    pairs: Pairs
    measures: dict[str, Interval | None]
    raters: dict[str, float | None] | None


def pair_up(
    rows: Sequence[ScoredRow], people: Sequence[Graded], chosen: Mapping[str, str] | None = None
) -> list[Pairs]:
    """Every figure that people have graded too, by case; people's grades are averaged over raters.

    Args:
        chosen: figure -> axis of people; None pairs `logic` and `judge_logic` with people's `logic`, and so on.

    Raises:
        BadInput: no case or no figure in common, or a chosen one is not there.
    """
    cases: dict[str, list[ScoredRow]] = {}
    for row in rows:
        cases.setdefault(row.case, []).append(row)
    by_axis = _averaged(people)
    figures = dict.fromkeys(n for row in rows for n in row.values)
    if not any(case in cases for grades in by_axis.values() for case in grades):
        named = next((case for grades in by_axis.values() for case in grades), "")
        raise BadInput("people's grades", f"no case of theirs is scored (e.g. {named!r})", "use the scores' own ids")
    if chosen is None:
        measured = dict.fromkeys(n for row in rows for n, value in row.values.items() if value is not None)
        chosen = {f: f.removeprefix("judge_") for f in measured if f.removeprefix("judge_") in by_axis}
        if not chosen:
            why = f"no figure of theirs ({', '.join(by_axis)}) is among the scores ({', '.join(figures)})"
            raise BadInput("people's grades", why, "say which belong together with --pair FIGURE=AXIS")
    for figure, axis in chosen.items():
        if figure not in figures or axis not in by_axis:
            there = f"figures: {', '.join(figures)}; axes: {', '.join(by_axis)}"
            raise BadInput(f"{figure}={axis}", "there is no such figure or axis", there)
    return [_pairs(figure, axis, cases, by_axis[axis], _clusters(people)) for figure, axis in chosen.items()]


def agree(pairs: Pairs, people: Iterable[Graded], *, rounds: int = 1000, seed: int = 0) -> Agreed:
    """The measures of one figure, and of the raters among themselves."""
    measures = agreement(pairs.scores, pairs.people, pairs.clusters, rounds=rounds, seed=seed)
    return Agreed(pairs, measures, _among_raters(people, pairs.axis))


def _pairs(
    figure: str,
    axis: str,
    cases: Mapping[str, list[ScoredRow]],
    people: Mapping[str, float],
    clusters: Mapping[str, str],
) -> Pairs:
    found = Pairs(figure, axis, [], [], [], 0)
    unscored = 0
    for case, grade in people.items():
        known = [(v, r.cluster) for r in cases.get(case, ()) if (v := r.values.get(figure)) is not None]
        if not known:
            unscored += 1
            continue
        found.scores.append(as_grade(figure, sum(v for v, _ in known) / len(known)))
        found.people.append(grade)
        found.clusters.append(clusters.get(case) or known[0][1])
    return found._replace(unscored=unscored)


def _averaged(people: Sequence[Graded]) -> dict[str, dict[str, float]]:
    """Axis -> case -> mean grade over the raters who gave one."""
    told: dict[str, dict[str, list[float]]] = {}
    for row in people:
        for axis, grade in row.grades.items():
            if grade is not None:
                told.setdefault(axis, {}).setdefault(row.case, []).append(grade)
    return {axis: {c: sum(g) / len(g) for c, g in cases.items()} for axis, cases in told.items()}


def _clusters(people: Iterable[Graded]) -> dict[str, str]:
    return {row.case: row.cluster for row in people if row.cluster}


def _among_raters(people: Iterable[Graded], axis: str) -> dict[str, float | None] | None:
    by_rater: dict[str, dict[str, float]] = {}
    for row in people:
        grade = row.grades.get(axis)
        if grade is not None:
            by_rater.setdefault(row.rater, {})[row.case] = grade
    told: dict[str, list[float]] = {name: [] for name in MEASURES}
    for one, two in combinations(by_rater.values(), 2):
        common = [case for case in one if case in two]
        first, second = (np.array([rater[c] for c in common], dtype=np.float64) for rater in (one, two))
        for name, measure in MEASURES.items():
            if (value := measure(first, second)) is not None:
                told[name].append(value)
    if len(by_rater) < 2:
        return None
    return {name: sum(values) / len(values) if values else None for name, values in told.items()}
