"""Limits of criteria against what was measured and counted: claims that pass or reject against them are told."""

from __future__ import annotations

import pytest

from sage_inspect.eval.checks import Evidence, run_checks
from sage_inspect.eval.checks.limits import limits_on, told_limit, told_size
from sage_inspect.schema import Claim, Criterion, Measured

from ..test_checks import fact

RULE = {"of": "spot", "quantity": "length", "comparison": "<=", "limit": 5, "unit": "mm", "permits": True}
LIMIT = fact("F3", "Spots up to 5 mm are acceptable.", kind="criterion", criterion=RULE)
MOST = fact(
    "F4", "At most one spot is accepted.", kind="criterion",
    criterion={"of": "spot", "quantity": "count", "comparison": "<=", "limit": 1, "permits": True},
)  # fmt: skip


@pytest.mark.parametrize(
    ("defect", "size", "complaint"),
    [
        (False, (4, 0.5), None),
        (False, (7.2, 0.3), ("error", "passes spot of 7.2 ± 0.3 mm, [F3] sets length <= 5 mm")),
        (True, (4, 0.5), ("error", "rejects spot of 4 ± 0.5 mm")),
        (True, (7.2, 0.3), None),
        (False, (4.8, 0.5), ("error", "too close to tell")),
        (True, (4.8, 0.5), ("warning", "too close to tell")),
        (False, None, ("error", "its length was not measured in mm")),
    ],
)
def test_limits_are_checked_against_what_was_measured(defect, size, complaint):
    claim = Claim(id="C1", subject="R1", defect=defect, type="spot", text="Spot.", regions=("R1",), facts=("F3",))
    measured = {} if size is None else {"R1": (Measured("length", size[0], "mm", size[1]),)}
    checks = run_checks(Evidence(facts={"F3": LIMIT}, claims=(claim,), measured=measured))
    told = [c for c in checks if c.name == "limit_ignored"]
    assert [c.severity for c in told] == ([complaint[0]] if complaint else [])
    assert not complaint or complaint[1] in told[0].message


def test_more_than_a_criterion_accepts_cannot_be_passed():
    spots = tuple(
        Claim(id=f"C{i}", subject=f"R{i}", defect=False, type="spot", text="Spot.", regions=(f"R{i}",), facts=("F4",))
        for i in (1, 2)
    )
    told = [c for c in run_checks(Evidence(facts={"F4": MOST}, claims=spots)) if "count" in c.name]
    assert [c.subject for c in told] == ["C1"] and "of which there are 2" in told[0].message
    assert not [c for c in run_checks(Evidence(facts={"F4": MOST}, claims=spots[:1])) if c.name == "count_ignored"]


def test_whose_limits_bind_and_on_what():
    anything = fact("F5", "Marks under 2 mm are accepted.", kind="criterion", criterion={**RULE, "of": ""})
    own = fact("F6", "Spots up to 9 mm are fine.", kind="criterion", source="generated", criterion=RULE)
    facts = [LIMIT, MOST, anything, own, fact("F1", "A spot weakens it.")]
    assert [f.id for f, _ in limits_on("spot", facts)] == ["F3", "F5"], "no count, none by a model, none without limit"
    assert [f.id for f, _ in limits_on("crack", facts)] == ["F5"]


def test_limits_and_sizes_are_told_with_their_units():
    limit = Criterion.model_validate(RULE)
    assert told_limit(limit) == "length <= 5 mm"
    assert told_limit(limit.model_copy(update={"quantity": "count", "unit": "", "limit": 1})) == "count <= 1"
    assert told_size(limit, [Measured("length", 300, "px", 2), Measured("length", 7.2, "mm", 0.3)]) == "7.2 ± 0.3 mm"
    assert told_size(limit, [Measured("length", 300, "px", 2), Measured("breadth", 7.2, "mm", 0.3)]) == ""
