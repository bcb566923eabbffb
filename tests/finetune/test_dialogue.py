"""Training dialogues: the answers follow answers.py, citations are valid, and facts decide."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sage_inspect.answers import parse_answer
from sage_inspect.finetune.contrasts import contrast_examine, contrast_permitted, contrast_verdict
from sage_inspect.finetune.crops import LABELS
from sage_inspect.finetune.dialogue import draw_examine, draw_identify, draw_self_guide
from sage_inspect.finetune.dialogue_reason import REASONS, draw_knowledge, draw_reason
from sage_inspect.finetune.drawn_facts import Drawn, criterion, draw_facts, recalled
from sage_inspect.finetune.nano_language import draw_dialogues
from sage_inspect.finetune.wording import say, types_in

FACT = re.compile(r"^\[(F\d+)\] ", re.MULTILINE)


def lines_of_facts(prompt):
    return {m.group(1): line[len(m.group(0)) :] for line in prompt.splitlines() if (m := FACT.match(line))}


@pytest.mark.parametrize("label", range(len(LABELS)))
def test_examinations_round_trip(label):
    rng = np.random.default_rng((label, 1))
    for _ in range(150):
        dialogue = draw_examine(label, rng)
        facts = lines_of_facts(dialogue.prompt)
        said = parse_answer(dialogue.answer)
        region = re.search(r"^\[(R\d+)\] ([a-z ]+): ", dialogue.prompt, re.MULTILINE)
        assert said.regions == (region.group(1),)
        assert set(said.facts) <= set(facts)
        if not facts:
            assert said.facts == ()
        assert said.allowed == dialogue.allowed
        if label == 0:
            assert said.value is False
            assert said.type is None
        else:
            assert said.type == LABELS[label]
            assert said.value is not dialogue.allowed
            assert all(LABELS[label] in types_in(facts[f]) for f in said.facts)
        if said.value:
            assert f"at the {region.group(2)} [" in dialogue.answer
            fits = [f for f, text in facts.items() if LABELS[label] in types_in(text)]
            assert list(said.facts) == fits[:1]


def test_permitting_criteria_are_rare_and_no_facts_no_citation():
    rng = np.random.default_rng(2)
    drawn = [draw_examine(1 + i % 6, rng) for i in range(600)]
    allowed = np.mean([d.allowed for d in drawn])
    assert 0.04 < allowed < 0.15
    none = [d for d in drawn if not lines_of_facts(d.prompt)]
    assert none
    assert all("[F" not in d.answer for d in none)


def test_criteria_that_permit_and_that_reject():
    rng = np.random.default_rng(3)
    fact = criterion("pin-hole", True, rng)
    assert fact.allows == ("pin-hole",)
    said = parse_answer(draw_examine(LABELS.index("pin-hole"), rng, [fact]).answer)
    assert (said.value, said.type, said.allowed, said.facts) == (False, "pin-hole", True, ("F1",))
    rejects = [criterion("pin-hole", False, rng) for _ in range(20)]
    assert all(not f.allows for f in rejects)
    said = parse_answer(draw_examine(LABELS.index("pin-hole"), rng, [rejects[0]]).answer)
    assert (said.value, said.type, said.allowed) == (True, "pin-hole", False)
    other = parse_answer(draw_examine(LABELS.index("spur"), rng, [fact]).answer)
    assert (other.value, other.type, other.facts) == (True, "spur", ())


def test_drawn_facts_add_no_second_criterion():
    rng = np.random.default_rng(4)
    for _ in range(300):
        must = criterion("spur", True, rng)
        facts = draw_facts(rng, (must,))
        assert must in facts
        assert len(facts) <= 8
        assert [f for f in facts if f.allows] == [must]
        assert not [f for f in facts if f.kind == "criterion" and "spur" in f.types and f is not must]
    assert [r.id for r in recalled([Drawn("A."), Drawn("B.")])] == ["F1", "F2"]


@pytest.mark.parametrize("kind", REASONS)
def test_reasoning_cites_only_what_is_there(kind):
    rng = np.random.default_rng((len(kind), 5))
    for _ in range(120):
        dialogue = draw_reason(rng, kind)
        facts = lines_of_facts(dialogue.prompt)
        regions = set(re.findall(r"^\[(R\d+)\] ", dialogue.prompt, re.MULTILINE))
        said = parse_answer(dialogue.answer)
        assert set(said.facts) <= set(facts)
        assert set(said.regions) <= regions
        assert len(dialogue.answer) < 420
        if kind in ("verdict", "fine", "kind", "group", "permitted"):
            assert said.value is not None
            assert "Answer with True or False" in dialogue.prompt or dialogue.prompt


def test_verdicts_follow_the_heads_and_mind_the_polarity():
    rng = np.random.default_rng(6)
    for kind, positive in (("verdict", True), ("fine", False)):
        for _ in range(150):
            dialogue = draw_reason(rng, kind)
            heads = re.findall(r"^\[(R\d+)\] [a-z ]+: (True|False|unclear),", dialogue.prompt, re.MULTILINE)
            found = [region for region, head in heads if head == "True"]
            said = parse_answer(dialogue.answer)
            assert said.value is (bool(found) == positive)
            if found:
                assert list(said.regions) == found


def test_other_dialogues():
    rng = np.random.default_rng(7)
    assert draw_identify(rng).answer == "printed circuit board"
    for _ in range(40):
        guide = draw_self_guide(rng)
        lines = guide.answer.splitlines()
        assert lines == ["unknown"] or 4 <= len(lines) <= 6
        known = draw_knowledge(rng)
        assert set(parse_answer(known.answer).facts) <= set(lines_of_facts(known.prompt))


def test_wording():
    rng = np.random.default_rng(8)
    assert {say(rng, "{a|b} <x>{!|?}", x="y") for _ in range(60)} == {"a y!", "a y?", "b y!", "b y?"}
    assert say(rng, "<A> is {fine|fine} {|}.", a="an open") == "An open is fine."
    assert types_in("Unlike an open, a mousebite leaves part of the track's width standing.") == ("mousebite",)
    assert types_in("An open or a short on a bare board is always rejected.") == ("open", "short")


def differing_lines(pair):
    first, second = (set(d.prompt.splitlines()) for d in pair)
    return first ^ second


@pytest.mark.parametrize("label", range(1, 7))
def test_minimal_pairs_of_examinations(label):
    rng = np.random.default_rng((label, 9))
    for _ in range(40):
        permitted, other = contrast_examine(label, rng)
        a, b = parse_answer(permitted.answer), parse_answer(other.answer)
        assert (a.value, a.type, a.allowed) == (False, LABELS[label], True)
        assert (b.value, b.type, b.allowed) == (True, LABELS[label], False)
        assert a.regions == b.regions
        # Only lines of facts differ (and the line after them, where one has none at all).
        assert all(line.startswith(("[F", "Above")) for line in differing_lines((permitted, other)))


def test_minimal_pairs_of_questions():
    rng = np.random.default_rng(10)
    for _ in range(60):
        first, second = (parse_answer(d.answer) for d in contrast_verdict(rng))
        assert first.value is (not second.value)
        assert first.regions == second.regions
        yes, no = contrast_permitted(rng)
        assert parse_answer(yes.answer).value is True
        assert parse_answer(no.answer).value is False
        assert yes.images == no.images == 0


def test_short_dialogues_have_few_facts():
    rng = np.random.default_rng(11)
    for i in range(60):
        for dialogue in draw_dialogues(i % 7, rng, most=2):
            if dialogue.kind == "examine" or (dialogue.kind.startswith("reason") and "knowledge" not in dialogue.kind):
                assert len(lines_of_facts(dialogue.prompt)) <= 3
