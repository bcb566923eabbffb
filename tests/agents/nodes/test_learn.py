"""What a correction leaves behind."""

from __future__ import annotations

import json

from sage_inspect.agents.nodes.learn import learn

REF = {"sha256": "a" * 64, "width": 100, "height": 100}


def state(**correction):
    return {
        "question": "Is it ok?",
        "object": "printed circuit board",
        "images": {"test": REF},
        "comparison": None,
        "reasoning": {"verdict": {"text": "False. No defect: fine."}},
        "correction": correction,
    }


def lines(stores):
    return (
        [json.loads(line) for line in stores.preferences.read_text().splitlines()]
        if stores.preferences.exists()
        else []
    )


def test_a_correction_prefers_the_reviewers_answer(scripted, stores):
    given = state(verdict="anomalous", type="short", region="R1", note="", reviewer="eva")
    learn(given, facts=stores.facts, model=scripted(), preferences=stores.preferences)
    learn(given, facts=stores.facts, model=scripted(), preferences=stores.preferences)
    (line,) = lines(stores)
    assert line["chosen"] == "True. Short: a reviewer found a defect [R1]"
    assert line["rejected"] == "False. No defect: fine."


def test_what_was_accepted_or_left_open_teaches_nothing(scripted, stores):
    for given in (state(verdict="normal", accepted=True), state(verdict="uncertain")):
        learn(given, facts=stores.facts, model=scripted(), preferences=stores.preferences)
    assert lines(stores) == []
    assert learn({"correction": None}, facts=stores.facts, model=scripted(), preferences=stores.preferences) == {}
