"""Accuracy, accuracy by level, Acc-G and the mean answer score, each with coverage and an interval (method.md, 4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .intervals import Interval, mean_interval


@dataclass(frozen=True)
class Outcome:
    """One answered question.

    Attributes:
        group: its entry (the image pair): Acc-G counts groups, and intervals are clustered by them.
        level: AD-PL's level, or "".
        right: whether True or False was right; None where the answer could not be read.
        score: S of `answer_scale`, 1..5, or None.
    """

    group: str
    level: str
    right: bool | None
    score: float | None = None


@dataclass(frozen=True)
class Summary:
    """What a set of outcomes comes to; None where nothing could be measured.

    Attributes:
        count: questions; coverage: share of them whose answer could be read.
        accuracy: over the answers that could be read; strict: over all, where an unread answer is not a right one.
        by_level: accuracy (read answers) by level.
        acc_g: share of entries whose questions are all right; one with an unread answer and no wrong one is unknown.
        entries_known: share of entries that `acc_g` rests on.
        score: mean answer score; scored: share of questions that have one.
    """

    count: int
    coverage: float
    accuracy: Interval | None
    strict: Interval | None
    by_level: dict[str, Interval]
    acc_g: Interval | None
    entries_known: float
    score: Interval | None
    scored: float


def group_right(rights: Iterable[bool | None]) -> bool | None:
    """Whether all questions of an entry are right: False as soon as one is wrong, else None if one is unknown."""
    known = list(rights)
    if False in known:
        return False
    return None if None in known or not known else True


def summarise(outcomes: Iterable[Outcome], *, rounds: int = 2000, seed: int = 0) -> Summary:
    """All figures of `outcomes`; intervals are bootstrapped over entries.

    An entry is a group at one level: AD-PL asks five questions a pair and level, and all five make an entry right.
    """
    rows = list(outcomes)

    def mean(chosen: list[Outcome], values: list[float]) -> Interval | None:
        return mean_interval(values, [o.group for o in chosen], rounds=rounds, seed=seed)

    read = [o for o in rows if o.right is not None]
    scored = [o for o in rows if o.score is not None]
    levels = dict.fromkeys(o.level for o in rows)
    by_level = {}
    for level in levels:
        chosen = [o for o in read if o.level == level]
        interval = mean(chosen, [float(bool(o.right)) for o in chosen])
        if interval is not None:
            by_level[level] = interval
    entries: dict[tuple[str, str], list[bool | None]] = {}
    for outcome in rows:
        entries.setdefault((outcome.group, outcome.level), []).append(outcome.right)
    whole = [(group, right) for (group, _), rights in entries.items() if (right := group_right(rights)) is not None]
    return Summary(
        count=len(rows),
        coverage=len(read) / len(rows) if rows else 0.0,
        accuracy=mean(read, [float(bool(o.right)) for o in read]),
        strict=mean(rows, [float(bool(o.right)) for o in rows]),
        by_level=by_level,
        acc_g=mean_interval([float(r) for _, r in whole], [g for g, _ in whole], rounds=rounds, seed=seed),
        entries_known=len(whole) / len(entries) if entries else 0.0,
        score=mean(scored, [o.score for o in scored if o.score is not None]),
        scored=len(scored) / len(rows) if rows else 0.0,
    )
