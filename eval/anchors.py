"""From metrics to the three axes of MLE, 1..5: the published anchor table. The first row from the top that fits decides.

| | identification | localization | logic |
|---|---|---|---|
| 5 | right verdict, exactly the types that are there (1.0) | .80 and above | every label-free metric of the process is 1 |
| 4 | right verdict, types not named or one of several wrong (.75) | .60 | no error, but warnings (a metric below 1) |
| 3 | right verdict, wrong types (.50) | .40 | an error that touches no decisive claim: evidence missing, steps out of order |
| 2 | wrong verdict, though the type it names is there (.25) | above 0 | *cap*: a decisive claim is ungrounded, claims contradict each other, or a recorded result is not what was recorded |
| 1 | wrong verdict (0) | 0 | *cap*: the verdict does not follow from the claims |

Identification and localization take the anchor of their metric's value (the number in brackets is the least value of
the row); logic is read from entailment, grounding, faithfulness, consistency, coverage and order. Efficiency and heat
enter no axis. An axis whose metrics are all unscored is unscored.
"""  # noqa: E501  (a table row is one line)

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

PROCESS = ("entailment", "grounding", "faithfulness", "consistency", "coverage", "order")
"""The metrics that the logic axis is read from."""
_IDENTIFICATION = ((0.999, 5), (0.75, 4), (0.5, 3), (0.25, 2))
_LOCALIZATION = ((0.8, 5), (0.6, 4), (0.4, 3), (1e-9, 2))
_DAMNING = ("consistency", "faithfulness")


class Axes(NamedTuple):
    """The axes, 1..5, None where unscored."""

    identification: float | None
    localization: float | None
    logic: float | None


def axes(values: Mapping[str, float | None], errors: Collection[str], *, ungrounded: bool) -> Axes:
    """The axes by the table above.

    Args:
        values: metric values, 0..1 or None; errors: metrics that an error (not a warning) lowered.
        ungrounded: an error lies in the grounding of a decisive claim.
    """
    return Axes(
        _anchor(values.get("identification"), _IDENTIFICATION),
        _anchor(values.get("localization"), _LOCALIZATION),
        _logic(values, errors, ungrounded),
    )


def _anchor(value: float | None, table: tuple[tuple[float, int], ...]) -> float | None:
    return None if value is None else float(next((anchor for least, anchor in table if value >= least), 1))


def _logic(values: Mapping[str, float | None], errors: Collection[str], ungrounded: bool) -> float | None:
    known = [values[name] for name in PROCESS if values.get(name) is not None]
    if not known:
        return None
    wrong = [name for name in PROCESS if name in errors]
    if wrong and values.get("entailment") == 0:
        return 1.0
    if wrong:
        return 2.0 if ungrounded or any(name in _DAMNING for name in wrong) else 3.0
    return 5.0 if all(value == 1 for value in known) else 4.0
