"""Questions answered from findings, by the words of the model that ships."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import sage_inspect.models
from sage_inspect.agents.grounding import answer_from_facts, answer_from_findings, ground
from sage_inspect.finetune.nano_export import terms
from sage_inspect.schema import Claim, Fact, Finding, ImageRef, RecalledFact

CARD = json.loads((Path(sage_inspect.models.__file__).parent / "weights" / "nano" / "sage.json").read_text())
REF = ImageRef(sha256="a" * 64, width=9, height=9)


def finding(region, kind, place, facts=(), defect=True):
    said = Claim(id=f"C{region[1:]}", subject=region, defect=defect, type=kind, text="x", facts=facts)
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
    assert answered("Is any conductor broken?", ()).text == "False. No finding is an open."


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
