from __future__ import annotations

import re

import pytest

from sage_inspect.knowledge.quantity import UNIT, in_unit


@pytest.mark.parametrize(
    ("number", "unit", "square", "told"),
    [
        ("0,5", "mm", False, (0.5, "mm")),
        ("2", "cm", True, (200, "mm2")),
        ("250", "Microns", False, (0.25, "mm")),
        ("1000", "µm", True, (0.001, "mm2")),
        ("20", "pixels", False, (20, "px")),
        ("9", "PX", True, (9, "px2")),
    ],
)
def test_in_unit(number, unit, square, told):
    value, name = in_unit(number, unit, square=square)
    assert (value, name) == (pytest.approx(told[0], rel=1e-12), told[1])
    assert re.fullmatch(UNIT, unit, re.IGNORECASE)


def test_inches_are_not_known():
    assert not re.fullmatch(UNIT, "in", re.IGNORECASE)
