"""What can be said of an image: statements score as they should, and cite what decides."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.answers import parse_answer
from sage_inspect.eval.answer_scale import Shown, score_answer
from sage_inspect.finetune.preferences.lore import UNNAMED, lore_of
from sage_inspect.finetune.preferences.lore_facts import fact_about, general_fact, limit_fact
from sage_inspect.finetune.preferences.views import View, cite, invented, listed, nothing, passed, seen, tolerance

LORE = lore_of("wall plug", ("bent", "scratch", "missing leg"))
SCRATCH = Shown("scratch", ("upper left", "centre"))


def rng(seed=0):
    return np.random.default_rng(seed)


def told(*kinds, type="scratch"):
    return tuple(fact_about(LORE, type, kind, rng()) for kind in kinds)


def test_a_defect_is_seen_with_one_of_its_looks_at_its_first_place():
    view = View(LORE, (SCRATCH,), told("appearance"))
    said = seen(view, SCRATCH, True, rng())
    assert (said.value, said.type, said.place, said.facts) == (True, "scratch", "upper left", ("F1",))
    assert not said.allowed
    truth = view.truth(True, "defect", "standard comparison")
    assert score_answer(str(said), truth).score == 5
    assert score_answer(str(seen(view, SCRATCH, True, rng(), place="lower right")), truth).localization == 3
    there = Shown("scratch", ("upper left",))
    view = View(LORE, (there,), view.told)
    truth = view.truth(True, "defect", "standard comparison")
    moved = seen(view, SCRATCH, True, rng(), place="lower right", aside="not a dent")
    assert "at the lower right, not a dent" in str(moved)
    assert score_answer(str(moved), truth).localization == 1
    assert seen(view, Shown("scratch"), True, rng()).place == ""


def test_a_region_is_cited():
    view = View(LORE, (SCRATCH,), region="R3", size=12)
    assert str(seen(view, SCRATCH, True, rng())).endswith("[R3].")
    assert str(nothing(view, False, rng())).endswith("[R3].")
    assert view.truth(True, "defect", "x").regions == ("R3",)
    assert View(LORE, ()).truth(False, "defect", "x").regions == ()


def test_a_criterion_is_cited_before_what_merely_speaks():
    view = View(LORE, (SCRATCH,), told("effect", "appearance", "forbid"))
    assert cite(view, "scratch") == ("F3",)
    assert cite(View(LORE, (), told("effect", "appearance")), "scratch") == ("F1",)
    # What permits a type is no ground for seeing it.
    assert cite(View(LORE, (), told("allow", "cause")), "scratch") == ("F2",)
    assert cite(View(LORE, (), told("allow")), "scratch") == ()
    assert cite(View(LORE, (), told("effect", type="bent")), "scratch") == ()


def test_what_is_permitted_passes_and_cites_what_permits_it():
    view = View(LORE, (SCRATCH,), told("appearance", "allow"), frozenset({"scratch"}))
    said = passed(view, SCRATCH, False, rng())
    assert (said.allowed, said.facts, said.place) == (True, ("F2",), "upper left")
    assert parse_answer(str(said)).allowed
    assert score_answer(str(said), view.truth(False, "defect", "x")).score == 5
    # Of a region it is known where it lies.
    assert passed(View(LORE, (SCRATCH,), view.told, view.permitted, "R1", 9), SCRATCH, False, rng()).place == ""
    assert view.bad() == []
    assert View(LORE, (SCRATCH, Shown("bent")), view.told, view.permitted).bad() == [Shown("bent")]


@pytest.mark.parametrize(("size", "within"), [(12, True), (30, False)])
def test_a_tolerance_decides_by_the_size_of_the_region(size, within):
    limit = limit_fact(LORE, "scratch", 20, rng())
    view = View(LORE, (SCRATCH,), (*told("appearance"), limit), region="R1", size=size)
    assert tolerance(view, "scratch") == (("F2",), "20")
    said = passed(view, SCRATCH, False, rng()) if within else seen(view, SCRATCH, True, rng())
    assert said.facts == ("F2",)
    assert f"{size} px" in said.reason
    assert "20 px" in said.reason
    assert said.allowed is within
    assert tolerance(view, "bent") == ((), "")
    assert tolerance(View(LORE, (SCRATCH,), view.told), "scratch") == ((), ""), "a whole image has no size"


def test_nothing_cites_the_normal_look():
    normal = next(t for n in range(9) if (t := general_fact(LORE, rng(n))).kind == "normal")
    view = View(LORE, (), (*told("appearance"), normal))
    said = nothing(view, False, rng())
    assert (said.type, said.facts) == (None, ("F2",))
    assert score_answer(str(said), view.truth(False, "defect", "x")).score == 5


def test_what_is_invented_is_never_what_is_permitted():
    view = View(LORE, (), told("allow"), frozenset({"scratch"}))
    made = [invented(view, True, rng(n)) for n in range(40)]
    assert {s.type for s in made} == {"bent", "missing leg"}
    assert len({s.place for s in made}) == 9
    assert invented(view, True, rng(), "missing leg").type == "missing leg"
    assert invented(View(lore_of("thing", ()), ()), True, rng()).type == UNNAMED
    for said in made:
        assert score_answer(str(said), view.truth(False, "defect", "x")).score < 3


def test_several_kinds_are_listed_with_their_places():
    two = (SCRATCH, Shown("bent", ("lower right",)))
    view = View(LORE, two, told("appearance", type="bent"))
    said = listed(view, two, rng())
    assert str(said) == "True. Scratch: upper left; bent: lower right [F1]."
    assert score_answer(str(said), view.truth(True, "defect", "x")).score == 5
    unplaced = str(listed(view, (Shown("scratch"), Shown("bent")), rng()))
    assert "and a defect of the type bent" in unplaced
