"""Limits against measurements: inside, outside, and what cannot be said."""

from __future__ import annotations

import pytest

from sage_inspect.criterion import Measured, holds
from sage_inspect.schema import Criterion

AT_MOST_20 = Criterion(of="pin-hole", quantity="length", comparison="<=", limit=20, unit="px")


@pytest.mark.parametrize(
    ("comparison", "below", "at", "above"),
    [("<", True, False, False), ("<=", True, True, False), (">", False, False, True), (">=", False, True, True)],
)
def test_each_comparison_below_at_and_above_its_limit(comparison, below, at, above):
    limit = AT_MOST_20.model_copy(update={"comparison": comparison})
    assert [holds(limit, [Measured("length", v, "px")]) for v in (19.9, 20, 20.1)] == [below, at, above]


def test_a_limit_within_the_uncertainty_is_not_decided():
    assert holds(AT_MOST_20, [Measured("length", 18, "px", 1.5)]) is True
    assert holds(AT_MOST_20, [Measured("length", 19, "px", 1.5)]) is None
    assert holds(AT_MOST_20, [Measured("length", 22, "px", 1.5)]) is False
    assert holds(AT_MOST_20, [Measured("length", 18.5, "px", 1.5)]) is True  # 20.0 is still within


def test_what_was_not_measured_is_not_decided():
    assert holds(AT_MOST_20, []) is None
    assert (
        holds(AT_MOST_20, [Measured("length", 1, "mm"), Measured("area", 5, "px2"), Measured("width", 3, "px")]) is None
    )
    assert holds(AT_MOST_20, [Measured("length", 1, "mm"), Measured("length", 3, "px")]) is True
    assert holds(AT_MOST_20, [Measured("length", 3, "px"), Measured("length", 30, "px")]) is None


def test_counts_have_no_unit():
    three = Criterion(quantity="count", comparison="<=", limit=3)
    assert [holds(three, [Measured("count", n)]) for n in (3, 4)] == [True, False]
