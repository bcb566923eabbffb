"""Training data of the ablation: as many pairs in every stage 2, and no trace of facts in rows without them."""

from __future__ import annotations

import re

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.finetune.ablation.data import plain_example, plain_preference, without_facts, write_training
from sage_inspect.finetune.edpo.questions import read_questions
from sage_inspect.finetune.records import Example, Preference, RankedAnswer, read_records
from sage_inspect.prompts import reason_prompt
from sage_inspect.schema import Fact, RecalledFact


@pytest.fixture(scope="module")
def files(recipe_for, tmp_path_factory):
    return write_training(recipe_for("unused"), tmp_path_factory.mktemp("data"))


def test_stage_two_sees_as_many_pairs_in_every_row(files):
    far, both = (read_questions([files.preferences(True, kind)], pairs=kind) for kind in ("far", "far+near"))
    assert far.pairs == both.pairs == files.pairs == 2
    assert {q.id for q in both.items} < {q.id for q in far.items}
    plain = read_questions([files.preferences(False, "far")], pairs="far")
    assert [q.id for q in plain.items] == [q.id for q in far.items]


def test_the_budget_is_what_the_steps_take(recipe_for, tmp_path):
    files = write_training(recipe_for("unused", edpo_steps=2, edpo_batch=3), tmp_path)
    assert files.pairs == 12
    assert files.questions == 6
    assert files.records == sum(1 for _ in read_records(files.examples(True), Example))


def test_the_same_records_give_the_same_files(files, recipe_for, tmp_path):
    write_training(recipe_for("unused"), files.folder.parent / "again")
    for path in files.folder.iterdir():
        assert path.read_text() == (files.folder.parent / "again" / path.name).read_text()


def test_images_are_found_from_where_the_files_lie(files):
    assert files.images
    assert all(path.exists() for path in files.images)
    for record in read_records(files.preferences(True, "far"), Preference):
        assert all((files.folder / image).resolve() in files.images for image in record.images)


def test_questions_without_two_pairs_are_refused(recipe_for, tmp_path):
    answers = (RankedAnswer(text="True. Bent.", score=5), RankedAnswer(text="False. Sound.", score=1))
    lines = [Preference(id=name, prompt="Is it?", answers=answers).model_dump_json() for name in "abc"]
    path = tmp_path / "few.jsonl"
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(BadInput, match="of 3 questions 0 have a far and a near pair"):
        write_training(recipe_for("unused", edpo_train=[path]), tmp_path / "data")


def test_rows_without_facts_never_see_one(files):
    for path, kind in ((files.examples(False), Example), (files.preferences(False, "far"), Preference)):
        for record in read_records(path, kind):
            assert not re.search(r"^\[F", record.prompt, re.MULTILINE)
            answers = [record.answer] if kind is Example else [a.text for a in record.answers]
            assert not any("[F" in text for text in answers)
            assert len(set(answers)) == len(answers)
    assert '"prompt":"[F1] ' in files.examples(True).read_text()


def test_a_prompt_without_facts_is_the_one_that_nothing_was_recalled_for():
    fact = Fact(id="f", object="plate", text="A <dent> is [bad].", kind="criterion")
    facts = [RecalledFact(id=f"F{n}", fact=fact, score=1) for n in (1, 2)]
    asked = "Is there a dent?"
    with_facts = reason_prompt(asked, object="plate", facts=facts)
    assert without_facts(with_facts) == reason_prompt(asked, object="plate") != with_facts


def test_an_example_loses_its_citations_and_keeps_its_region():
    record = Example(id="a", prompt="[F1] A.\nIs it?", answer="True. Dent: deep [F1] [R1].")
    assert plain_example(record).answer == "True. Dent: deep [R1]."


def test_answers_that_differ_in_citations_only_are_no_preference_without_facts():
    texts = ("True. Dent: deep [F1] [R1].", "True. Dent: deep [F2] [R1].", "False. No defect: smooth.")
    answers = tuple(RankedAnswer(text=t, score=s) for t, s in zip(texts, (5, 3.5, 1), strict=True))
    record = Preference(id="a", prompt="[F1] A.\nIs it?", answers=answers)
    plain = plain_preference(record)
    assert [(a.text, a.score) for a in plain.answers] == [("True. Dent: deep [R1].", 5), (texts[2], 1)]
    assert plain_preference(record.model_copy(update={"answers": answers[:2]})) is None
