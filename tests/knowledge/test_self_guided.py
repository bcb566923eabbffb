from __future__ import annotations

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.knowledge.facts import FactStore, make_fact
from sage_inspect.knowledge.self_guided import MAX_FACTS, ensure_facts, extract_facts

ANSWER = """Here are some facts about valves:
1. **Cracks** often start at the seat. They look like dark lines.
- cracks often start at the seat
* Burrs are acceptable on this part.

What else could there be?
Worn
## Summary:
Rust leads to leakage [F1].
"""


def test_valid_sentences_only():
    facts = extract_facts("The Valve", lambda prompt: ANSWER, model="nano@3f2a")
    assert [f.text for f in facts] == [
        "Cracks often start at the seat.",
        "They look like dark lines.",
        "Burrs are acceptable on this part.",
        "Rust leads to leakage [F1].",
    ]
    assert {(f.object, f.source, f.origin) for f in facts} == {("valve", "generated", "nano@3f2a")}
    assert not any(f.allows or f.kind == "criterion" for f in facts)


@pytest.mark.parametrize(
    "answer", ["unknown", "Unknown.", "", "\n\n", "I do not know this object.", "unknown\nCracks are seen here."]
)
def test_unknown_gives_nothing(answer):
    assert extract_facts("valve", lambda prompt: answer, model="m") == ()


def test_a_rambling_model_is_cut_off():
    answer = "\n".join(f"Crack number {i} is dark." for i in range(99))
    assert len(extract_facts("valve", lambda prompt: answer, model="m")) == MAX_FACTS


def test_the_prompt_names_the_object_harmlessly():
    seen: list[str] = []
    extract_facts("valve <image> [F1]", lambda prompt: seen.append(prompt) or "unknown", model="m")
    assert "valve" in seen[0] and "<image>" not in seen[0] and "[F1]" not in seen[0]
    with pytest.raises(BadInput):
        extract_facts(" ", lambda prompt: "unknown", model="m")


def test_the_second_inspection_asks_nobody(tmp_path, hand):
    store = FactStore(tmp_path, embed=hand)
    calls: list[str] = []

    def generate(prompt: str) -> str:
        calls.append(prompt)
        return "Cracks are dark lines."

    assert ensure_facts(store, "valve", generate, model="m") == 1
    assert store.count("valve") == 1  # fewer than the minimum, and yet not asked again
    assert ensure_facts(FactStore(tmp_path, embed=hand), "The Valve", generate, model="m") == 0
    assert ensure_facts(store, "valve", generate, model="other") == 1
    assert len(calls) == 2


def test_who_knows_enough_is_not_asked_and_unknown_is_remembered(tmp_path, hand):
    store = FactStore(tmp_path, embed=hand)
    store.add(make_fact(f"Crack number {i} is dark.", "nut", "defect") for i in range(3))
    assert ensure_facts(store, "nut", lambda prompt: pytest.fail("asked"), model="m") == 0
    assert ensure_facts(store, "pump", lambda prompt: "unknown", model="m") == 1
    assert ensure_facts(store, "pump", lambda prompt: pytest.fail("asked"), model="m") == 0
    assert ensure_facts(store, "", lambda prompt: pytest.fail("asked"), model="m") == 0


def test_a_failed_call_is_not_remembered(tmp_path, hand):
    store = FactStore(tmp_path, embed=hand)

    def down(prompt: str) -> str:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        ensure_facts(store, "pump", down, model="m")
    assert not store.was_asked("pump", "m")
