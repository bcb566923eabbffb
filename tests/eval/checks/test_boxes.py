"""A box in the verdict lies where its region was found."""

from __future__ import annotations

import pytest

from .found import found, verdicts


@pytest.mark.parametrize(
    ("box", "severity"),
    [
        ([10, 10, 30, 30], None),
        ([11, 11, 31, 31], None),  # 361 / 439 = .82
        ([15, 10, 35, 30], "warning"),  # 300 / 500 = .6
        ([21, 10, 41, 30], "error"),  # 180 / 620 = .29
        ([60, 60, 80, 80], "error"),
    ],
)
def test_moved_boxes(box, severity):
    moved = lambda d: [v["defects"][0].update(box=box) for v in verdicts(d)]  # noqa: E731
    assert found("box_off_region", moved) == ([(severity, "R1", "S9")] if severity else [])
