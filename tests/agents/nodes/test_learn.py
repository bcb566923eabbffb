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


def test_a_note_about_a_reject_is_no_fact_about_the_normal_look(scripted, stores):
    note = "Scratched edges are rejects on this board."
    given = state(verdict="anomalous", note=note)
    learn(given, facts=stores.facts, model=scripted(), preferences=stores.preferences)
    kept = next(f for f in stores.facts.list("pcb") if f.text == note)
    assert (kept.kind, kept.source) == ("defect", "expert")


def test_what_was_accepted_or_left_open_teaches_nothing(scripted, stores):
    for given in (state(verdict="normal", accepted=True), state(verdict="uncertain")):
        learn(given, facts=stores.facts, model=scripted(), preferences=stores.preferences)
    assert lines(stores) == []
    assert learn({"correction": None}, facts=stores.facts, model=scripted(), preferences=stores.preferences) == {}
