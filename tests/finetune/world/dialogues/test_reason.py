"""Questions about the whole part: their answers follow from the findings and from limits on their number."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sage_inspect.answers import parse_answer
from sage_inspect.finetune.world.dialogues.facts import Drawn, rule
from sage_inspect.finetune.world.dialogues.reason import (
    QUESTIONS,
    counted,
    draw_findings,
    draw_reason,
    listing,
)
from sage_inspect.finetune.world.families import families, family

METAL = family("brushed metal")


@pytest.mark.parametrize("kind", QUESTIONS)
def test_reasoning_follows_the_findings(kind):
    rng = np.random.default_rng(3)
    for _ in range(60):
        one = families()[int(rng.integers(len(families())))]
        first = draw_reason(one, rng, kind).turns[0]
        lines = re.findall(r"^\[(R\d+)\] [a-z ]+: (True|False)", first.prompt, re.MULTILINE)
        cited = parse_answer(first.answer).regions
        assert set(cited) <= {region for region, _ in lines}
        if kind == "count" and " px" not in first.prompt and "Up to" not in first.prompt:
            assert int(first.answer.split()[0]) <= sum(value == "True" for _, value in lines)
        if kind == "verdict" and not lines:
            assert first.answer.startswith("False. No defect")


def test_good_and_bad_questions_have_opposite_answers():
    heads = set()
    for seed in range(40):
        answers = [
            draw_reason(METAL, np.random.default_rng(seed), kind).turns[0].answer for kind in ("verdict", "fine")
        ]
        values = [parse_answer(a).value for a in answers]
        assert values[0] is not values[1]
        heads.add(values[0])
    assert heads == {True, False}


def findings(rng, *types):
    """Findings of defects of these types, as R1, R2, ..."""
    found = []
    while len(found) < len(types):
        for seen in draw_findings(METAL, [], rng):
            wanted = types[len(found)] if len(found) < len(types) else None
            if seen.kind and seen.kind.name == wanted and seen.region not in {s.region for s in found}:
                found.append(seen)
    return found


def test_a_limit_on_number_forgives_all_or_none():
    rng = np.random.default_rng(4)
    seen = findings(rng, "scratch", "scratch", "dent")
    for limit, left in ((1, 3), (2, 1), (5, 1)):
        facts = [rule(METAL, METAL.type("scratch"), "count", rng, limit)]
        assert len(counted(seen, facts)) == left
    assert counted(seen, [rule(METAL, METAL.type("pit"), "count", rng, 9)]) == seen
    facts = [Drawn("x", "look", "scratch"), rule(METAL, METAL.type("dent"), "count", rng, 1)]
    assert [s.kind.name for s in counted(seen, facts)] == ["scratch", "scratch"]


def test_listing_cites_the_rule_before_what_merely_speaks():
    rng = np.random.default_rng(5)
    first, second = findings(rng, "scratch", "dent")
    scratch = METAL.type("scratch")
    facts = [Drawn("x", "look", "scratch"), rule(METAL, scratch, "reject", rng)]
    told = listing([first, second], facts)
    assert told == f"Scratch: {first.place} [{first.region}] [F2]; dent: {second.place} [{second.region}]."


def test_what_a_fact_permits_is_found_and_not_counted():
    rng = np.random.default_rng(6)
    facts = [rule(METAL, kind, "permit", rng) for kind in METAL.types]
    seen = [s for _ in range(60) for s in draw_findings(METAL, facts, rng)]
    assert any(s.kind for s in seen)
    for one in seen:
        assert one.defect is False
        assert one.finding.claim.defect is False
        assert one.finding.p_true <= 0.5
        assert (one.fact is not None) == (one.kind is not None)
        if one.kind:
            assert facts[one.fact - 1].type == one.kind.name
            assert f"F{one.fact}" in one.finding.claim.facts
    defects = [s for _ in range(60) for s in draw_findings(METAL, [], rng) if s.defect]
    assert defects
    assert all(s.finding.p_true >= 0.5 and s.finding.claim.type == s.kind.name for s in defects)


def test_a_count_that_forgives_is_told_in_the_verdict():
    rng = np.random.default_rng(7)
    forgiven = 0
    for _ in range(1500):
        dialogue = draw_reason(METAL, rng, "verdict")
        answer = dialogue.turns[0].answer
        if "is within the limit of" in answer:
            forgiven += 1
            number, limit = map(int, re.search(r"(\d+) is within the limit of (\d+)", answer).groups())
            cited = parse_answer(answer)
            assert answer.startswith("False. ")
            assert number == len(cited.regions) <= limit
            assert dialogue.facts[int(cited.facts[0][1:]) - 1].role == "count"
    assert forgiven > 3


def test_findings_stand_in_the_prompt_and_further_questions_are_on_them():
    rng = np.random.default_rng(8)
    for _ in range(40):
        dialogue = draw_reason(METAL, rng, turns=3)
        assert len(dialogue.turns) == 4
        prompt = dialogue.turns[0].prompt
        assert dialogue.label is None
        for turn in dialogue.turns:
            for cited in re.findall(r"\[([FR]\d+)\]", turn.answer):
                assert re.search(rf"^\[{cited}\] ", prompt, re.MULTILINE), (cited, turn.answer)
    assert sum(QUESTIONS.values()) == pytest.approx(1)
