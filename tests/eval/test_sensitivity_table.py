"""Figures from rows, with the arithmetic in sight."""

from __future__ import annotations

import pytest

from sage_inspect.eval.sensitivity import Row
from sage_inspect.eval.sensitivity_table import summarise, table


def moved(trace: str, strength: float, after: float, **more) -> Row:
    return Row(
        trace=trace, scorer="s", family="box moved", variant=f"box moved in the answer, IoU {strength:g}",
        strength=strength, detected=after < 0.5, located=after < 0.5, before=1.0, after=after, **more,
    )  # fmt: skip


ROWS = [
    moved("a", 0.9, 0.95), moved("a", 0.3, 0.4), moved("a", 0.0, 0.0),
    moved("b", 0.9, 0.6), moved("b", 0.3, 0.7), moved("b", 0.0, 0.1),  # rises on its way
    Row(trace="a", scorer="s", family="duplicate call", variant="duplicate call", detected=True, located=False,
        drift=("order",)),
    Row(trace="a", scorer="s", family="neutral", variant="paraphrase", neutral=True, detected=False, located=False),
    Row(trace="b", scorer="s", family="neutral", variant="paraphrase", neutral=True, detected=False, located=False,
        drift=("heat",), clean=False),
]  # fmt: skip


def test_a_family_of_moved_boxes_is_judged_at_iou_3_and_below():
    found = summarise(ROWS, rounds=50)
    box = next(f for f in found.families if f.family == "box moved")
    assert box.detected.count == 4 and box.detected.value == pytest.approx(3 / 4)  # b at .3 is missed
    far = next(v for v in found.variants if v.variant.endswith("IoU 0.9"))
    assert not far.judged and far.detected.value == 0


def test_monotony_takes_every_series_by_itself():
    (along,) = summarise(ROWS, rounds=50).monotony
    assert along.falls.value == pytest.approx(1 / 2)
    assert along.by_strength == pytest.approx({"correct": 1.0, "0.9": 0.775, "0.3": 0.55, "0": 0.05})


def test_worst_drift_alarms_and_unclean():
    found = summarise(ROWS, rounds=50)
    assert found.worst["s"] == pytest.approx(
        {"detected": 0.75, "located": 0.0, "quiet": 0.5, "held": 0.0, "monotone": 0.5}
    )
    assert found.unclean == {"s": 1} and found.traces == 2 and found.mutants == 9


def test_the_table_tells_families_alarms_and_what_is_not_judged():
    text = table(summarise(ROWS, rounds=50))
    assert "box moved" in text and "alarms" in text and "(not judged)" in text and "order 1" in text


def test_no_rows_no_figures():
    assert summarise([]).traces == 0
