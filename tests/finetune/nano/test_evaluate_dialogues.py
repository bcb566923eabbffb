"""Measures: a model that answers everything right reaches 1 in all of them, and one that does not falls short."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sage_inspect.answers import parse_answer
from sage_inspect.finetune.nano import evaluate_dialogues as measures
from sage_inspect.finetune.nano.evaluate_data import Example, drawn
from sage_inspect.finetune.nano.predict import Told
from sage_inspect.finetune.world.families import family


@pytest.fixture(scope="module")
def examples():
    return drawn(30, 7)


@pytest.fixture
def answering(monkeypatch):
    """A model that knows: it is told the right answers as they are drawn, and says them, or what `say` makes of them.

    The measures draw, ask and count as they do for a real one, which could not be right in everything.
    """
    right: list[str] = []
    model = SimpleNamespace(say=lambda number, answer: answer, asked=[])

    def listen(name):
        plain = getattr(measures, name)

        def draw(*args, **kwargs):
            made = plain(*args, **kwargs)
            right.extend(d.turns[0].answer for d in (made if isinstance(made, tuple) else (made,)))
            return made

        monkeypatch.setattr(measures, name, draw)

    for name in ("draw_examine", "draw_turned", "draw_reason", "draw_knowledge"):
        listen(name)

    def ask(_, processor, questions, **options):
        model.asked = list(questions)
        said = [model.say(i, answer) for i, answer in enumerate(right)]
        right.clear()
        assert len(said) == len(questions)
        return [Told(text, float(text.startswith("True"))) for text in said]

    monkeypatch.setattr(measures, "ask", ask)
    return model


def turned(answer):
    return "False" + answer[4:] if answer.startswith("True") else "True" + answer[5:]


@pytest.mark.parametrize("measure", [measures.measure_examine, measures.measure_facts_decide])
def test_right_answers_reach_one(answering, examples, measure):
    figures = measure(answering, None, examples, 1)
    assert len(figures) >= 4
    assert set(figures.values()) == {1.0}, figures


def test_right_reasoning_reaches_one(answering, examples):
    figures = measures.measure_reason(answering, None, examples, 4, 1)
    assert set(figures.values()) == {1.0}, figures
    assert {"verdict: True/False", "place: regions", "knowledge: regions", "all kinds: facts"} <= figures.keys()


def test_wrong_heads_fall_to_nothing(answering, examples):
    answering.say = lambda number, answer: turned(answer)
    assert measures.measure_examine(answering, None, examples, 1)["True/False right"] == 0
    assert measures.measure_reason(answering, None, examples, 4, 1)["all kinds: True/False"] == 0


def test_one_side_of_a_pair_is_not_enough(answering, examples):
    answering.say = lambda number, answer: turned(answer) if number % 2 else answer
    assert set(measures.measure_facts_decide(answering, None, examples, 1).values()) == {0.0}


def test_polarity_asks_for_the_type_as_well(answering):
    board = [Example(*drawn(1, 3)[0][:2], "open", "bare board", 20)] * 3
    plain = measures.measure_facts_decide(answering, None, board, 1)
    assert plain["polarity: right in both"] == 1
    assert len(answering.asked) == 3 * 4 * 2
    # An answer that says what is seen, and not what it is where light areas are copper.
    answering.say = lambda number, answer: answer.replace("Short:", "Open:")
    seen = measures.measure_facts_decide(answering, None, board, 1)
    assert seen["polarity: right in both"] == 0
    assert seen["rejected: right in both"] == 1


def test_citations_that_are_not_there_cost(answering, examples):
    answering.say = lambda number, answer: answer.rstrip(".") + " [F12]."
    figures = measures.measure_examine(answering, None, examples, 1)
    assert figures["cited fact fits"] == figures["no fact fits, none cited"] == 0
    assert figures["True/False right"] == 1
    assert measures.measure_reason(answering, None, examples, 2, 1)["all kinds: facts"] == 0


def test_detection_by_hand(monkeypatch):
    window = drawn(1, 8)[0][:2]
    shown = [("scratch", "brushed metal"), ("", "brushed metal"), ("open", "bare board"), ("", "bare board")]
    examples = [Example(*window, kind, name, 10 if kind else 0) for kind, name in shown]
    told = [
        Told("True. Dent: x.", 0.9), Told("False. No defect: x.", 0.2), Told("True. Open: x.", 0.6), Told("words", 0.7),
    ]  # fmt: skip
    monkeypatch.setattr(measures, "ask", lambda *_, **__: told)
    figures = measures.measure_detection(None, None, examples, 1)
    assert figures["AUROC of P(True)"] == pytest.approx(3 / 4)  # of four pairs only .6 against .7 is wrong
    assert figures["AUROC, brushed metal"] == 1
    assert figures["AUROC, bare board"] == figures["AUROC, worst family (bare board)"] == 0
    assert figures["found (P(True) >= .5)"] == 1
    assert figures["false alarms (P(True) >= .5)"] == 0.5
    assert figures["Brier"] == pytest.approx((0.01 + 0.04 + 0.16 + 0.49) / 4)
    assert figures["answers read"] == 0.75
    assert figures["type right (of all defects)"] == figures["type right (where found)"] == 0.5


def test_families_of_one_side_have_no_worst(monkeypatch):
    window = drawn(1, 8)[0][:2]
    examples = [Example(*window, "scratch", "brushed metal", 10), Example(*window, "", "bare board")]
    monkeypatch.setattr(measures, "ask", lambda *_, **__: [Told("", 0.9), Told("", 0.1)])
    figures = measures.measure_detection(None, None, examples, 1, types=False)
    assert figures["AUROC of P(True)"] == 1
    assert not [name for name in figures if "worst" in name]
    assert figures["AUROC, bare board"] is None


@pytest.mark.parametrize(
    ("answer", "holds"),
    [
        ("False. No defect: {normal} [R1].", True),
        ("True. No defect: {normal} [R1].", False),
        ("False. No defect: the moon is full [R1].", False),
        ("True. Scratch: {look} at the upper left [R1] [F2].", True),
        ("True. Scratch: {look} [R1].", False),  # it does not say where
        ("True. Dent: {look} at the upper left [R1].", False),  # the look of another type
        ("False. Scratch: {look} at the upper left [R1].", False),
        ("False. Scratch, allowed: a criterion permits it [R1] [F1].", True),
        ("True. Scratch, allowed: a criterion permits it [R1] [F1].", False),
        ("False. Scratch, allowed: 12 px is not above the limit of 15 px [R1] [F1].", True),
        ("True. Open: {look} at the upper left [R1].", False),  # no type of this family
    ],
)
def test_a_reason_entails_what_is_stated(answer, holds):
    import numpy as np

    from sage_inspect.finetune.world.dialogues.wording import say

    metal, rng = family("brushed metal"), np.random.default_rng(0)
    words = {"normal": say(rng, metal.normal[0]), "look": say(rng, metal.type("scratch").looks[0])}
    assert measures.entails(parse_answer(answer.format(**words)), metal.name) is holds
