"""Scored sets read back: answers with their entries, traces with axes and metrics, tables; anything else is refused."""

from __future__ import annotations

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.eval.predictions.scoring import AnswerScore
from sage_inspect.eval.scored import as_grade, read_scored, trace_row
from sage_inspect.eval.scores import Score, TraceScore, Usage


def answer(id: str, right: bool | None, **more) -> str:
    told = {"group": "g", "level": "L", "question": "?", "answer": "!", "truth": True, "right": right} | more
    return AnswerScore(id=id, **told).model_dump_json()


def test_answers_and_their_entries(tmp_path):
    lines = [answer("1", True, logic=4.0), answer("2", None), answer("3", None, group="h", truth=None)]
    (tmp_path / "answers.jsonl").write_text("\n".join(lines) + "\n")
    one, two, three, entry = read_scored(tmp_path)
    assert (one.case, one.cluster, one.about) == ("1", "g", "L\n?")
    assert one.values["accuracy"] == one.values["accuracy_strict"] == 1 and one.values["logic"] == 4
    assert (two.values["accuracy"], two.values["accuracy_strict"]) == (None, 0)
    assert "accuracy" not in three.values  # nobody knows what is right
    assert entry.entry and entry.cluster == "g" and entry.values == {"acc_g": None, "acc_g_strict": 0}


SCORED = TraceScore(
    trace="run1", outcome="right", right_for_wrong_reason=False, logic=5, identification=3, usage=Usage(calls=4, seconds=1.5),
    scores=(
        Score(name="identification", scale="trace", value=0.5), Score(name="grounding", scale="claim", value=None),
        Score(name="grounding", scale="claim", value=0, subject="C1"),
        Score(name="judge_logic", scale="trace", value=0.75, annotator="model"),
    ),
)  # fmt: skip


def test_a_trace_keeps_axes_and_metrics_apart(tmp_path):
    path = tmp_path / "scores.jsonl"
    path.write_text(SCORED.model_dump_json()[:-1] + ', "case": "img1", "cluster": "part", "more": 1}\n')
    (row,) = read_scored(path)
    assert (row.case, row.cluster) == ("img1", "part")
    assert (row.values["identification"], row.values["metric_identification"], row.values["score"]) == (3, 0.5, 4)
    assert row.values["judge_logic"] == 4 and row.values["grounding"] is None
    assert (row.values["right"], row.values["error_free"], row.values["calls"], row.values["seconds"]) == (1, 1, 4, 1.5)


def test_an_abstention_is_neither_right_nor_wrong():
    row = trace_row(SCORED.model_copy(update={"outcome": "abstained"}))
    assert row.values["right"] is None and row.case == "run1"


def test_tables_of_other_tools(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("case,quality\na,0.4\n")
    assert read_scored(path) == [("a", "a", {"quality": 0.4}, "", False)]


def test_grades_and_shares_meet_on_one_scale():
    assert as_grade("logic", 3) == as_grade("judge_logic", 3) == as_grade("grounding", 0.5) == 3


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds no scored line"),
        ('{"case": "a"}\n', ":1: this is neither a scored answer nor a scored trace"),
        ('{"question": "?", "answer": "!"}\n', ":1: this is no scored line"),
        ('{"trace": "t", "scores": [{"name": "x"}]}\n', ":1: this is no scored line"),
    ],
)
def test_what_is_no_scored_set(tmp_path, text, why):
    path = tmp_path / "x.jsonl"
    path.write_text(text)
    with pytest.raises(BadInput, match=why):
        read_scored(path)
    with pytest.raises(BadInput, match="holds no answers.jsonl or scores.jsonl"):
        read_scored(tmp_path)
