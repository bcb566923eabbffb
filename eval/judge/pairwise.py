"""Which of two is better on one axis: asked in both orders, because judges prefer a place as readily as a content."""

from __future__ import annotations

from typing import Literal, NamedTuple

from .judge import Judge
from .material import Material
from .prompts import prefer_prompt
from .reply import Unread, read_choice


class Preference(NamedTuple):
    """What a judge prefers.

    Attributes:
        winner: `a` or `b` where both orders agree; `tie` where both say so, or where the judge changes its mind with
            the order; None where one of the two replies does not count.
        steady: both orders say the same; None where one of them says nothing.
        reason: one line; a, b: ids of either side that it rests on.
    """

    winner: Literal["a", "b", "tie"] | None
    steady: bool | None
    reason: str
    a: tuple[str, ...] = ()
    b: tuple[str, ...] = ()


def prefer(judge: Judge, a: Material, b: Material, axis: str) -> Preference:
    """Compare two answers, or two traces, of one case; two calls.

    Raises:
        ValueError: an answer against a trace. RunFailed: the model's endpoint fails.
    """
    if a.kind != b.kind:
        raise ValueError(f"an {a.kind} cannot be compared with a {b.kind}")
    if a.too_long or b.too_long:
        return Preference(None, None, a.too_long or b.too_long)
    if a.lines == b.lines:
        return Preference("tie", True, "the two are the same")
    told = []
    for first, second in ((a, b), (b, a)):
        system, user, case = prefer_prompt(a.kind, axis, first.lines, second.lines)
        try:
            told.append(read_choice(judge.reply(system, user), case, first.ids, second.ids))
        except Unread as fault:
            return Preference(None, None, f"unscored: {fault}")
    straight, swapped = told
    one = {"first": "a", "second": "b", "tie": "tie"}[straight.better]
    two = {"first": "b", "second": "a", "tie": "tie"}[swapped.better]
    cited_a = tuple(dict.fromkeys(a.ids[i] for i in (*straight.first, *swapped.second)))
    cited_b = tuple(dict.fromkeys(b.ids[i] for i in (*straight.second, *swapped.first)))
    if one != two:
        return Preference("tie", False, f"it changes its mind with the order: {straight.reason}", cited_a, cited_b)
    winner: Literal["a", "b", "tie"] = "a" if one == "a" else "b" if one == "b" else "tie"
    return Preference(winner, True, straight.reason, cited_a, cited_b)
