"""Each check finds its fault and stays silent on sound claims."""

from __future__ import annotations

import hashlib

import pytest

from sage_inspect.eval.checks import CHECKS, Evidence, register, run_checks
from sage_inspect.eval.checks.citations import speaks_of
from sage_inspect.schema import Box, Claim, Fact, Measured, RecalledFact, Region


def fact(id: str, text: str, **more) -> RecalledFact:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return RecalledFact(
        id=id,
        fact=Fact(**{"id": id, "text": text, "object": "pcb", "kind": "defect", "digest": digest, **more}),
        score=1,
    )


REGIONS = {
    "R1": Region(id="R1", box=Box(0, 0, 9, 9), score=0.9, hint="short"),
    "R2": Region(id="R2", box=Box(9, 9, 20, 20), score=0.5),
}
FACTS = {"F1": fact("F1", "A short joins two conductors."), "F2": fact("F2", "An open breaks a conductor.")}
SHORT = Claim(id="C1", subject="R1", defect=True, type="short", text="Short", regions=("R1",), facts=("F1",))
FINE = Claim(id="C2", subject="R2", defect=False, text="No defect", regions=("R2",))
YES = Claim(id="CV", subject="R1", defect=True, type="short", text="True", regions=("R1",), facts=("F1",))


def found(**changes) -> list[tuple[str, str, str]]:
    sound = {"facts": FACTS, "regions": REGIONS, "claims": (SHORT, FINE), "verdict": YES}
    return [(c.name, c.severity, c.subject) for c in run_checks(Evidence(**{**sound, **changes}))]


def test_sound_claims_raise_nothing():
    assert found() == []


def test_nothing_said_nothing_found():
    assert run_checks(Evidence()) == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"claims": (SHORT.model_copy(update={"facts": ("F7",)}), FINE)}, ("unknown_citation", "error", "C1")),
        ({"claims": (SHORT.model_copy(update={"regions": ("R1", "R9")}), FINE)}, ("unknown_citation", "error", "C1")),
        ({"claims": (SHORT.model_copy(update={"facts": ("F2",)}), FINE)}, ("foreign_citation", "error", "C1")),
        ({"claims": (SHORT.model_copy(update={"facts": ()}), FINE)}, ("uncited_claim", "warning", "C1")),
        ({"verdict": YES.model_copy(update={"regions": (), "subject": "image"})}, ("uncited_claim", "error", "CV")),
        ({"verdict": YES.model_copy(update={"defect": False, "subject": "image"})}, ("verdict_not_entailed", "error", "CV")),
        ({"verdict": YES.model_copy(update={"defect": None})}, ("unread_answer", "error", "CV")),
        ({"verdict": YES.model_copy(update={"type": "open", "facts": ("F2",)})}, ("verdict_against_claim", "error", "CV")),
        ({"claims": (SHORT, FINE.model_copy(update={"id": "C3", "subject": "R1"}))}, ("contradiction", "error", "C3")),
        ({"claims": (SHORT.model_copy(update={"type": "spur", "facts": ()}), FINE), "verdict": None}, ("type_against_evidence", "warning", "C1")),
    ],
)  # fmt: skip
def test_each_fault_is_found_where_it_is(changes, expected):
    assert expected in found(**changes)


def test_a_fact_that_changed_after_it_was_stored_is_stale():
    changed = FACTS["F1"].model_copy(update={"fact": FACTS["F1"].fact.model_copy(update={"text": "A short is fine."})})
    assert ("stale_fact", "error", "C1") in found(facts={**FACTS, "F1": changed})


def test_generated_facts_alone_ground_nothing_decisive():
    own = fact("F1", "A short joins two conductors.", source="generated")
    assert ("generated_only", "error", "C1") in found(facts={"F1": own})
    both = SHORT.model_copy(update={"facts": ("F1", "F2")})
    assert "generated_only" not in {
        n for n, _, s in found(facts={"F1": own, "F2": FACTS["F2"]}, claims=(both,)) if s == "C1"
    }


def test_a_criterion_binds_unless_a_model_wrote_it():
    text = "Shorts are allowed on this dummy board."
    allowed = fact("F3", text, kind="criterion", allows=("short",))
    assert ("criterion_ignored", "error", "C1") in found(facts={**FACTS, "F3": allowed})
    passed = SHORT.model_copy(update={"defect": False, "facts": ("F3",)})
    fine = YES.model_copy(update={"defect": False, "type": None, "subject": "image"})
    assert found(facts={**FACTS, "F3": allowed}, claims=(passed,), verdict=fine) == []
    assert ("criterion_ignored", "error", "C1") in found(claims=(passed,), verdict=fine)
    own = fact("F3", text, kind="criterion", allows=("short",), source="generated")
    assert "criterion_ignored" not in {n for n, _, _ in found(facts={**FACTS, "F3": own})}


def test_a_check_is_registered_once():
    def uncited_claim(evidence):
        yield from ()

    with pytest.raises(ValueError, match="registered already"):
        register(uncited_claim)
    assert set(CHECKS) >= {"unknown_citation", "contradiction", "criterion_ignored"}


@pytest.mark.parametrize(
    ("text", "kind", "speaks"),
    [("Pin-holes weaken it.", "pin-hole", True), ("A pin hole.", "pin-hole", True), ("A shortage.", "short", False),
     ("Spurious copper.", "spurious copper", True), ("A spur.", "spurious copper", False), ("A short.", None, False)],
)  # fmt: skip
def test_what_a_fact_speaks_of(text, kind, speaks):
    assert speaks_of(fact("F1", text), kind) is speaks


LIMIT = fact(
    "F3", "Spots up to 5 mm are acceptable.", kind="criterion",
    criterion={"of": "spot", "quantity": "length", "comparison": "<=", "limit": 5, "unit": "mm", "permits": True},
)  # fmt: skip
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
    checks = run_checks(Evidence(facts={"F3": LIMIT}, regions=REGIONS, claims=(claim,), measured=measured))
    told = [c for c in checks if c.name == "limit_ignored"]
    assert [c.severity for c in told] == ([complaint[0]] if complaint else [])
    assert not complaint or complaint[1] in told[0].message


def test_more_than_a_criterion_accepts_cannot_be_passed():
    spots = tuple(
        Claim(id=f"C{i}", subject=f"R{i}", defect=False, type="spot", text="Spot.", regions=(f"R{i}",), facts=("F4",))
        for i in (1, 2)
    )
    told = [c for c in run_checks(Evidence(facts={"F4": MOST}, regions=REGIONS, claims=spots)) if "count" in c.name]
    assert [c.subject for c in told] == ["C1"] and "of which there are 2" in told[0].message
    assert not [c for c in run_checks(Evidence(facts={"F4": MOST}, claims=spots[:1])) if c.name == "count_ignored"]
