"""From a noise-normalised distance to a score, and to a conformal p-value (method.md section 6)."""

from __future__ import annotations

from collections.abc import Sequence

MAX_REFERENCES = 40
"""Golden images beyond this many are thinned out evenly; see `tools.compare` for what each costs."""


def saturate(distance: float, half: float, power: float = 3.0) -> float:
    """Score of a distance: `d^power / (d^power + half^power)`.

    Monotone, exactly 0 at 0, .5 at `half`, towards 1 beyond; with power 3 it is .11 at half of `half` and .89 at twice.

    Args:
        distance: in noise units, >= 0 (see `tools.difference` and `tools.boards` for the units).
        half: the distance that scores .5.
    """
    if distance <= 0:
        return 0.0
    ratio = (distance / half) ** power
    return ratio / (1.0 + ratio)


def conformal_p(distance: float, leave_one_out: Sequence[float]) -> float | None:
    """`(1 + #{s_i >= s_test}) / (k + 1)` over the k golden images' leave-one-out distances; None below two.

    The smallest value is 1 / (k + 1): a false-alarm rate of 5 % needs 19 golden images.
    """
    if len(leave_one_out) < 2:
        return None
    return (1 + sum(s >= distance for s in leave_one_out)) / (len(leave_one_out) + 1)


def thin(count: int, limit: int = MAX_REFERENCES) -> list[int]:
    """Indices of at most `limit` of `count` golden images: the first always, the others evenly spread."""
    if count <= limit:
        return list(range(count))
    return sorted({round(i * (count - 1) / (limit - 1)) for i in range(limit)})
