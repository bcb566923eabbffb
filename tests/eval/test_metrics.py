"""Metric values, computed by hand."""

from __future__ import annotations

import pytest

from sage_inspect.eval.checks import fault, view_of
from sage_inspect.eval.labels import Labels
from sage_inspect.eval.metrics import coverage, grounding, identification

from .traces import raw, sealed, trace


@pytest.mark.parametrize(
    ("said", "named", "label", "types", "value"),
    [
        ("anomalous", ["short"], "anomalous", ("Short",), 1.0),
        ("anomalous", ["short"], "anomalous", ("open",), 0.5),  # right, none of the types
        ("anomalous", ["short", "open"], "anomalous", ("open",), 0.75),  # one of the two named or there
        ("anomalous", ["unnamed defect"], "anomalous", ("open",), 0.75),  # right, and it names no type
        ("anomalous", ["short"], "anomalous", (), 1.0),  # the types are not known
        ("anomalous", ["short"], "normal", (), 0.0),
        ("normal", ["short"], "anomalous", ("short",), 0.25),  # wrong, though the type is there
        ("uncertain", ["short"], "anomalous", ("short",), None),
        ("anomalous", ["short"], None, (), None),
    ],
)
def test_identification(said, named, label, types, value):
    data = raw()
    one = data["verdict"]["defects"][0]
    data["verdict"].update(verdict=said, defects=[{**one, "type": kind} for kind in named])
    assert identification(view_of(trace(data), Labels(label=label, types=types))).value == value


def test_a_share_counts_each_item_once_by_its_worst_fault():
    view = view_of(trace())  # three claims that cite or decide something
    error, warning = fault("a", "C1", "no", step="S5"), fault("b", "C1", "hm", severity="warning", step="S5")
    other = fault("b", "C2", "hm", severity="warning", step="S6")
    assert grounding(view, []).value == 1
    assert grounding(view, [warning, error]).value == pytest.approx(1 - 1 / 3)
    assert grounding(view, [error, other]).value == pytest.approx(1 - 1.5 / 3)
    told = grounding(view, [error, other])
    assert told.reason == "no; and 1 more" and told.evidence == ("C1", "C2")


def test_coverage_counts_regions_and_the_steps_relied_on():
    data = raw()
    view = view_of(trace(sealed(data)))  # 2 regions and 10 parents
    assert coverage(view, [fault("missing_step", "S4", "gone", scale="step", step="S4")]).value == pytest.approx(
        1 - 1 / 12
    )
