"""Which records become questions, with which answers."""

import json
from pathlib import Path

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.finetune.edpo.questions import gather, read_questions, to_question

from ..tiny_questions import TEXTS, draw, record

HERE = Path("there")


def test_only_the_answers_of_the_pairs_are_kept():
    question = to_question(record(scores=(5.0, 4.0, 2.0, 1.0)), HERE)
    assert question.answers == (TEXTS[0], TEXTS[1], TEXTS[3])
    assert [(p.winner, p.loser, p.kind) for p in question.pairs] == [(0, 2, "far"), (0, 1, "near")]
    four = to_question(record(scores=(5.0, 3.33, 2.67, 1.0)), HERE)
    assert four.answers == TEXTS
    assert [(p.winner, p.loser) for p in four.pairs] == [(0, 3), (1, 2)]
    assert four.images == (HERE / "0a.png", HERE / "0b.png")


def test_the_best_answer_is_kept_where_no_pair_needs_it():
    question = to_question(record(scores=(5.0, 3.33, 2.67, 1.0)), HERE, pairs="near")
    assert question.answers == TEXTS[:3]
    assert [(p.winner, p.loser) for p in question.pairs] == [(1, 2)]


def test_the_same_text_twice_counts_once():
    texts = (TEXTS[0], TEXTS[1], TEXTS[0], TEXTS[1])
    question = to_question(record(texts=texts), HERE)
    assert question.answers == TEXTS[:2]
    assert len(question.pairs) == 1
    assert to_question(record(texts=(TEXTS[0],) * 4), HERE) is None


def test_rank_only_is_marked():
    question = to_question(record(scores=(None,) * 4), HERE)
    assert question.rank_only
    assert [(p.winner, p.loser, p.kind) for p in question.pairs] == [(0, 2, "far"), (0, 1, "near")]
    assert question.answers == (TEXTS[0], TEXTS[1], TEXTS[3])


def test_too_few_answers_names_the_record():
    short = record(3, scores=(5.0, 3.0, 1.0), texts=TEXTS[:3])
    with pytest.raises(BadInput, match="record q3: it has 3 answers, not 4"):
        to_question(short, HERE, answers=4)
    assert to_question(short, HERE) is not None


def test_ties_are_left_out_and_counted():
    records = [record(0), record(1, scores=(3.0,) * 4), record(2, scores=(None,) * 4)]
    found = gather((r, HERE) for r in records)
    assert [q.id for q in found.items] == ["q0", "q2"]
    assert (found.records, found.tied, found.rank_only, found.pairs) == (3, ["q1"], 1, 4)
    assert found.told() == (
        "2 questions with 4 preference pairs; 1 left out: their answers carry no preference; "
        "1 rank-only (no scores: the margins come from ranks)"
    )


def test_nothing_to_learn_from_and_an_id_twice():
    with pytest.raises(BadInput, match="none of them carries a preference"):
        gather([(record(scores=(3.0,) * 4), HERE)])
    with pytest.raises(BadInput, match="record q0: this id occurs twice"):
        gather([(record(), HERE), (record(), HERE)])


def test_the_same_budget_of_pairs():
    records = [(record(i), HERE) for i in range(10)]
    far, both = gather(records, pairs="far"), gather(records)
    assert (far.pairs, both.pairs) == (10, 20)
    assert (far.steps_for(200, 4), both.steps_for(200, 4)) == (50, 25)


def test_files_are_read_with_their_folder(tmp_path):
    draw(tmp_path, 0)
    path = tmp_path / "preferences.jsonl"
    path.write_text(json.dumps(record().model_dump()) + "\n")
    (question,) = read_questions([path]).items
    assert question.images[0] == tmp_path / "0a.png"
    assert question.images[0].is_file()


def test_keys_depend_on_images_prompt_and_answer(tmp_path):
    draw(tmp_path, 0)
    draw(tmp_path, 1)
    question = to_question(record(), tmp_path)
    others = [
        question.key(1),
        to_question(record(facts=2), tmp_path).key(0),
        to_question(record(images=1), tmp_path).key(0),
        to_question(record(1), tmp_path).key(0),
    ]
    assert len({question.key(0), *others}) == 5
    # Pairs do not matter: runs that differ in them share the reference.
    assert to_question(record(), tmp_path, pairs="far").key(0) == question.key(0)
