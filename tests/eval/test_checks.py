"""Each check finds its fault and stays silent on sound claims."""

from __future__ import annotations

import hashlib

import pytest

from sage_inspect.eval.checks import CHECKS, Evidence, register, run_checks
from sage_inspect.eval.checks.citations import speaks_of
from sage_inspect.schema import Box, Claim, Fact, RecalledFact, Region


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
