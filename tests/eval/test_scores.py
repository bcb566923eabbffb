"""A score: what is unscored is None and in no mean; values lie in their ranges."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sage_inspect.eval import scores
from sage_inspect.eval.metrics import METRICS
from sage_inspect.eval.scores import Score, TraceScore


def test_the_mean_is_over_the_axes_that_exist():
    assert TraceScore(trace="r").score is None
    assert TraceScore(trace="r", logic=4).score == 4
    assert TraceScore(trace="r", identification=5, localization=2, logic=2).score == 3  # (5 + 2 + 2) / 3
    assert TraceScore(trace="r", identification=5, logic=2).score == 3.5


def test_a_metric_s_value_is_the_trace_s_not_a_claim_s():
    found = TraceScore(
        trace="r",
        scores=(
            Score(name="grounding", scale="claim", value=0.0, subject="C1"),
            Score(name="grounding", scale="claim", value=0.5),
            Score(name="order", scale="step"),
        ),
    )
    assert (found.value("grounding"), found.value("order"), found.value("beauty")) == (0.5, None, None)


@pytest.mark.parametrize("value", [-0.01, 1.01])
def test_a_value_is_a_share(value):
    with pytest.raises(ValidationError):
        Score(name="order", scale="step", value=value)


@pytest.mark.parametrize("axis", ["identification", "localization", "logic"])
@pytest.mark.parametrize("value", [0, 5.5])
def test_an_axis_goes_from_1_to_5(axis, value):
    with pytest.raises(ValidationError):
        TraceScore.model_validate({"trace": "r", axis: value})


def test_the_table_lists_every_metric_that_has_its_own_function():
    listed = {line.split("|")[1].strip() for line in str(scores.__doc__).splitlines() if line.startswith("| ")}
    assert set(METRICS) <= listed
