"""AD-PL files: unknown keys survive, faults are named, records and entries turn into each other."""

from __future__ import annotations

import json

import pytest

from sage_inspect.errors import BadInput, RunFailed
from sage_inspect.finetune.preferences.adpl import from_preferences, question_of, read_adpl, to_preferences, write_adpl
from sage_inspect.finetune.records import Preference, RankedAnswer
from sage_inspect.prompts import examine_prompt, reason_prompt
from sage_inspect.schema import Box, Fact, RecalledFact, Region


def question(count=4, **more):
    options = [{"answer_en": f"False. Reason {i}.", "answer_cn": f"理由{i}"} for i in range(count)]
    return {"question_en": "Is it bent?", "question_cn": "弯了吗", "answer": False, "answer_options": options, **more}


def entry(*questions, **more):
    return {
        "pair_type": "defect identification", "test_image": "nut/test/bent/000.png",
        "reference_image": "nut/train/good/001.png", "domain": "mechanics", "question_answer": list(questions), **more,
    }  # fmt: skip


def test_published_form_survives_a_round_trip(tmp_path):
    raw = [entry(question(), question(answer=True)), entry(question(), reference_image=None)]
    (tmp_path / "in.json").write_text(json.dumps(raw), encoding="utf-8")
    assert write_adpl(tmp_path / "out.json", read_adpl(tmp_path / "in.json")) == 2
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == raw
    # one entry a line is read as well
    (tmp_path / "in.jsonl").write_text("\n".join(json.dumps(r) for r in raw), encoding="utf-8")
    assert read_adpl(tmp_path / "in.jsonl") == read_adpl(tmp_path / "in.json")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ([entry(question()), entry(question(), question(3))], "entry 1, question 1: 3 ranked answers instead of 4"),
        ([entry(question(), pair_type="comparison")], "entry 0, pair_type"),
        ([entry()], "entry 0, question_answer"),
        ([entry(question(answer_options=[{"answer_en": "Yes."}] * 4))], "two ranked answers are the same"),
        ([entry(question(answer="perhaps"))], r"question_answer\.0\.answer"),
    ],
)
def test_faults_are_named(tmp_path, raw, message):
    (tmp_path / "bad.json").write_text(json.dumps(raw))
    with pytest.raises(BadInput, match=message):
        read_adpl(tmp_path / "bad.json")


def test_broken_files(tmp_path):
    with pytest.raises(BadInput, match="no such file"):
        read_adpl(tmp_path / "lost.json")
    (tmp_path / "bad.json").write_text(json.dumps(entry(question())) + "\n{broken\n")
    with pytest.raises(BadInput, match=r"bad\.json:2: this line is not JSON"):
        read_adpl(tmp_path / "bad.json")
    with pytest.raises(RunFailed, match="cannot be written"):
        write_adpl(tmp_path / "nowhere" / "out.json", [])


def test_three_answers_can_be_wanted(tmp_path):
    (tmp_path / "three.json").write_text(json.dumps([entry(question(3))]))
    assert len(read_adpl(tmp_path / "three.json", answers=None)[0].question_answer[0].answer_options) == 3


def test_published_entries_become_rank_only_records(tmp_path):
    (tmp_path / "in.json").write_text(json.dumps([entry(question(), question(question_en="Is it new?"))]))
    records = list(to_preferences(read_adpl(tmp_path / "in.json"), images="data", object="metal nut"))
    assert [a.score for a in records[0].answers] == [None] * 4
    assert [a.text for a in records[0].answers] == [f"False. Reason {i}." for i in range(4)]
    assert records[0].images == ("data/nut/test/bent/000.png", "data/nut/train/good/001.png")
    assert records[0].prompt == reason_prompt("Is it bent?", object="metal nut")
    assert (records[0].level, records[0].group) == ("defect identification", records[1].group)
    assert records[0].id != records[1].id


def test_our_records_come_back_whole(tmp_path):
    facts = [RecalledFact(id="F1", fact=Fact(id="a", text="Nuts are round.", object="nut", kind="normal"), score=1)]
    answers = tuple(
        RankedAnswer(text=f"True. Bent: reason {i}.", score=5 - i, provenance="policy" if i else "correct")
        for i in range(4)
    )
    records = [
        Preference(
            id=f"{g}#{i}", images=("t.png", "g.png"), group=g, level="standard comparison", answers=answers,
            prompt=reason_prompt(f"Is it bent {i}?", object="nut", facts=facts),
        )
        for g in "ab" for i in range(2)
    ]  # fmt: skip
    write_adpl(tmp_path / "out.json", from_preferences(records))
    entries = read_adpl(tmp_path / "out.json")
    assert [len(e.question_answer) for e in entries] == [2, 2]
    back = list(to_preferences(entries))
    assert [(r.prompt, r.answers, r.images, r.level) for r in back] == [
        (r.prompt, r.answers, r.images, r.level) for r in records
    ]


def test_records_that_are_no_entries():
    answers = (RankedAnswer(text="Perhaps."), RankedAnswer(text="False."))
    record = Preference(id="a", images=("t.png",), prompt="Is it?", level="standard comparison", answers=answers)
    with pytest.raises(BadInput, match="neither True nor False"):
        list(from_preferences([record]))
    with pytest.raises(BadInput, match="pair_type"):
        list(from_preferences([record.model_copy(update={"level": "", "answers": answers[::-1]})]))


def test_the_question_is_found_in_both_kinds_of_prompts():
    assert question_of(reason_prompt("Is it bent?", object="nut")) == "Is it bent?"
    region = Region(id="R1", box=Box(0, 0, 1, 1), score=0.5)
    assert question_of(examine_prompt(region, "centre", ())) == "Does region [R1] show a defect?"
