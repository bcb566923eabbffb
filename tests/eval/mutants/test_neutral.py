"""Other words and other ids, nothing else."""

from __future__ import annotations

import pytest

from sage_inspect.eval.mutants.neutral import reworded


def test_a_paraphrase_keeps_what_is_said_and_facts_word_for_word(trace, mutants, step):
    m = mutants["paraphrase"]
    assert step(m.trace, "S2").output == step(trace, "S2").output and m.trace.verdict.facts == trace.verdict.facts
    said, was = step(m.trace, "S5").claims[0], step(trace, "S5").claims[0]
    assert said.text != was.text and said.model_copy(update={"text": was.text}) == was
    assert "[R1] [F1]" in said.text and "spur" in said.text.lower()
    assert m.trace.verdict.answer.startswith("True. ")
    assert step(m.trace, "S6").output["findings"][0]["answer"].startswith("False. ")


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("True. Spur: upper left [R1].", "True. By what is seen: spur: upper left [R1]."),
        ("No defect is seen here [R2].", "By what is seen: no flaw is visible here [R2]."),
        ("False. No defect.", "False. By what is seen: no flaw."),
    ],
)
def test_reworded(text, other):
    assert reworded(text) == other


def test_renamed_ids_are_renamed_wherever_they_stand_but_not_in_facts(trace, mutants):
    m = mutants["ids renamed"]
    assert m.trace.verdict.facts[1].text == "An open breaks R1.", "a fact's words are not the agent's"
    old = {s.id for s in trace.steps} | {"R1", "R2", "F1", "C1", "C2"}
    for s in m.trace.steps:
        assert s.id not in old and not set(s.parents) & old
        for c in s.claims:
            assert not {c.id, c.subject, *c.regions, *c.facts} & old and all(f"[{r}]" in c.text for r in c.regions)
    assert "CV" in {c.id for c in m.trace.verdict.claims}
    assert m.trace.verdict.defects[0].region == m.trace.steps[4].subject
