"""Questions answered from findings, by the words of the model that ships."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import sage_inspect.models
from sage_inspect.agents.grounding import answer_from_facts, answer_from_findings, ground
from sage_inspect.finetune.nano.export import terms
from sage_inspect.schema import Claim, Fact, Finding, ImageRef, RecalledFact

CARD = json.loads((Path(sage_inspect.models.__file__).parent / "weights" / "nano" / "sage.json").read_text())
REF = ImageRef(sha256="a" * 64, width=9, height=9)


def finding(region, kind, place, facts=(), defect=True, text="x"):
    said = Claim(id=f"C{region[1:]}", subject=region, defect=defect, type=kind, text=text, facts=facts)
    return Finding(region=region, place=place, p_true=0.9, familiar=True, crop=REF, answer="", claim=said)


FINDINGS = (
    finding("R1", "open", "centre", ("F1",)),
    finding("R2", "spur", "upper left"),
    finding("R3", "pin-hole", "centre", defect=False),
)


def answered(question, findings=FINDINGS):
    return answer_from_findings(question, ground(question, CARD["terms"]), findings)


def test_the_shipped_card_has_the_words():
    assert CARD["terms"] == terms()


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Is any conductor broken?", "True. Open: centre [R1] [F1]."),
        ("Are two conductors joined?", "False. No finding is a short."),
        ("Is there a spur?", "True. Spur: upper left [R2]."),
        ("Is there spurious copper?", "False. No finding is a spurious copper."),
        ("Is copper missing?", "True. Open: centre [R1] [F1]."),
        ("Does it have a pin-hole?", "False. No finding is a pin-hole."),
        ("Which defects does the board show?", "Open: centre [R1]; spur: upper left [R2] [F1]."),
        ("Where is the open?", "Open: centre [R1] [F1]."),
        ("How many defects are there?", "2: Open: centre [R1]; spur: upper left [R2] [F1]."),
        ("Is the board ok?", "False. Open: centre [R1]; spur: upper left [R2] [F1]."),
    ],
)
def test_answers(question, text):
    assert answered(question).text == text


def test_a_good_part():
    assert answered("Is the board fine?", ()).text == "True. No finding is a defect."
    told = answered("Is any conductor broken?", ()).text
    assert told.startswith("False. No finding is a")
    assert "open" in told  # and what else is called broken


def test_what_cannot_be_told_is_unknown():
    assert answered("Who made this board?").text.startswith("Unknown: this model tells defects")
    assert answered("Is any conductor broken?", (finding("R4", None, "centre", defect=None),)).text.startswith(
        "Unknown: [R4]"
    )


def test_a_question_about_the_kind_of_object_is_answered_with_facts():
    facts = [
        RecalledFact(id=f"F{i}", fact=Fact(id=str(i), text=f"Fact {i} holds.", object="pcb", kind="defect"), score=1)
        for i in range(1, 7)
    ]
    claim = answer_from_facts(facts)
    assert claim.text == "Fact 1 holds [F1]. Fact 2 holds [F2]. Fact 3 holds [F3]. Fact 4 holds [F4]."
    assert claim.facts == ("F1", "F2", "F3", "F4")
    assert answer_from_facts([]).text.startswith("Unknown")


def fact(number, text, kind, allows=()):
    stored = Fact(id=str(number), text=text, object="metal nut", kind=kind, allows=allows)
    return RecalledFact(id=f"F{number}", fact=stored, score=1)


RECALLED = (
    fact(1, "A pit on a metal nut is allowed.", "criterion", ("pit",)),
    fact(2, "A scratch is never acceptable on this metal nut.", "criterion"),
    fact(3, "A scratch often comes from a loose chip dragged over the part.", "defect"),
    fact(4, "A dent matters: the seal no longer closes tightly.", "effect"),
    fact(5, "A stain of up to 8 px is accepted.", "criterion"),
)
PIT = finding("R2", "pit", "lower right", ("F1",), False, "Pit, allowed: [F1] permits it [R2].")
NUT = (finding("R1", "scratch", "upper left", ("F2",)), PIT)
UNREAD = (finding("R1", None, "centre", defect=None),)


def on_nut(question, findings=NUT):
    asked = ground(question, terms(), "metal nut")
    return (asked.way if asked else None), answer_from_findings(question, asked, findings, RECALLED)


@pytest.mark.parametrize(
    ("question", "way", "start", "regions"),
    [
        ("Do you see a scratch on the nut?", "shown", "True.", ("R1",)),
        ("Is a pit visible anywhere?", "shown", "True.", ("R2",)),  # permitted, and yet to be seen
        ("Does the photo exhibit a scratch at the bottom right?", "shown", "False.", ()),
        ("Has anything been altered at the bottom right compared to a perfect nut?", "shown", "True.", ("R2",)),
        ("Is anything different at the middle left?", "shown", "False.", ()),
        ("What is at the lower right?", "shown", "Pit: lower right [R2]", ("R2",)),
        ("Is the thread damaged?", "shown", "False. No finding is a damaged thread.", ()),
        ("Is a component missing?", "shown", "False. No finding is a missing component.", ()),
        ("Is there damage in the top left corner?", "defect", "True.", ("R1",)),
        ("Is there damage in the bottom right corner?", "defect", "False. Permitted: pit", ("R2",)),
        ("Should the nut be scrapped?", "defect", "True.", ("R1",)),
        ("Does the metal nut conform?", "fine", "False.", ("R1",)),
        ("Does the nut look flawless?", "fine", "False.", ("R1",)),
        ("Is this a scratch-free nut?", "fine", "False.", ("R1",)),
        ("Is the nut without any dent?", "fine", "True.", ()),
        ("Is a pit tolerated?", "permitted", "True.", ("R2",)),
        ("Would the rules allow a scratch?", "permitted", "False. A criterion forbids it", ("R1",)),
        ("Is the defect at the lower right permitted?", "permitted", "True.", ("R2",)),
        ("Is what is seen tolerated by the criteria?", "permitted", "False.", ("R1",)),
        ("Are there two or more sorts of flaws?", "kinds", "True.", ("R1", "R2")),
        ("How many types of damage are there?", "kinds", "2: ", ("R1", "R2")),
        ("Could a loose chip dragged over the part have caused this damage?", "fact", "True.", ("R1",)),
        ("Does the defect mean that the seal no longer closes tightly?", "fact", "False.", ("R1", "R2")),
    ],
)
def test_ways_of_asking(question, way, start, regions):
    told, claim = on_nut(question)
    assert told == way
    assert claim.text.startswith(start)
    assert claim.regions == regions


@pytest.mark.parametrize(
    "question",
    [
        "How deep is the scratch?",
        "Is the scratch longer than the pit?",
        "Are there more than two defects?",
        "Is the nut not ok?",
        "Isn't the nut damaged?",
        "Are there a scratch and a dent?",
        "Is there any defect other than a scratch?",
        "Are all flaws of one kind?",
        "Does the reference show a scratch?",
        "Would the rules allow a stain?",  # within a limit
        "Is a dent permitted?",  # no rule, and none is seen
        "Is a careless operator the reason for this flaw?",
        "Is the pit the reason for this flaw?",  # facts about the pit have its name; none says this
    ],
)
def test_what_turns_the_meaning_is_not_passed_over(question):
    claim = on_nut(question)[1]
    assert claim.text.startswith("Unknown: ")
    assert not claim.regions


def test_a_permitted_defect_is_none_to_object_to():
    for question, value in (("Does the nut pass?", True), ("Should it be scrapped?", False), ("Is a pit seen?", True)):
        assert on_nut(question, (PIT,))[1].text.startswith(f"{value}. "), question


def test_a_region_that_was_not_judged_leaves_it_open():
    for question in ("Is there a scratch?", "Does the nut pass?", "Are there several sorts of flaws?"):
        assert on_nut(question, UNREAD)[1].text.startswith("Unknown: [R1]"), question
    unnamed = (finding("R1", None, "centre"),)
    assert on_nut("Is there a scratch?", unnamed)[1].text.startswith("Unknown: [R1]")
    assert on_nut("Is anything amiss?", unnamed)[1].text.startswith("True. Unnamed defect: centre [R1]")


def test_the_longest_term_counts_and_the_object_does_not():
    known = {"missing component": ["missing component"], "open": ["missing"], "hole": ["hole"]}
    assert ground("Is there a missing component?", known).types == {"missing component"}
    assert ground("Is anything missing?", known).types == {"open", "missing component"}
    assert ground("Is there a hole in the hole plate?", known, "hole plate").types == {"hole"}
    assert ground("What is at the upper left of the hole plate?", known, "hole plate").types == frozenset()
