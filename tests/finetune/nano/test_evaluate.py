"""The whole table on a tiny model, what it leaves out, and the card that it is written into."""

from __future__ import annotations

from functools import partial

import torch

from sage_inspect.finetune.nano import evaluate_dialogues
from sage_inspect.finetune.nano.evaluate import as_table, evaluate, rejected, write_card
from sage_inspect.finetune.nano.evaluate_data import drawn
from sage_inspect.finetune.nano.predict import ask
from sage_inspect.models.parts import load_parts


def test_every_section_has_figures(trained, shared, monkeypatch):
    # Short answers: what they say is measured in test_evaluate_dialogues.
    monkeypatch.setattr(evaluate_dialogues, "ask", partial(ask, tokens=6))
    table = evaluate(trained[0] / "out", crops=10, questions=1, data=shared)
    assert {
        "known families, no facts", "families held out, no facts", "known families, drawn facts", "facts decide",
        "reasoning", "familiarity", "DeepPCB crops", "DeepPCB crops, golden +-2.5 px, +-1.5 deg",
    } == table.keys()  # fmt: skip
    values = [v for figures in table.values() for v in figures.values() if v is not None]
    assert all(0 <= v <= 1 for v in values)
    assert len(values) > 40
    assert [name.split(",")[0].split(":")[0] for name in table["familiarity"]] == [
        "drawn", "DeepPCB", "DeepPCB", "DeepPCB", "hazelnut", "hazelnut", "deeppcb", "hazelnut",
    ]  # fmt: skip


def test_familiarity_without_statistics_is_not_measured(trained):
    model, processor, _ = load_parts(trained[0] / "out", torch.device("cpu"))
    examples = drawn(6, 3)
    assert rejected(model, processor, examples, 0.0) == 0
    assert rejected(model, processor, examples, 1.1, single=True) == 1
    model.config._name_or_path = str(trained[0])
    assert rejected(model, processor, examples, 1.1) is None


def test_the_table_says_what_was_not_measured():
    text = as_table({"a": {"x": 0.12345, "y": None}, "b": {"z": 1.0}})
    assert text.splitlines() == [
        "| measured on | figure | value |",
        "|---|---|---|",
        "| a | x | 0.123 |",
        "| a | y | - |",
        "| b | z | 1.000 |",
    ]


def test_figures_on_the_card_are_replaced(tmp_path):
    card = tmp_path / "MODEL_CARD.md"
    card.write_text("# nano\n\n**Limits.** Many.\n")
    write_card(tmp_path, "| first |")
    once = card.read_text()
    write_card(tmp_path, "| second |")
    assert card.read_text() == once.replace("first", "second")
    assert once.startswith("# nano\n\n**Limits.** Many.\n\n## Figures\n")
    assert "nano.evaluate --model DIR" in once
