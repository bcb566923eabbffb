"""The case of a trace: named, else image and question; and what holds traces rather than scores."""

from __future__ import annotations

from sage_inspect.eval.trace_cases import case_of, holds_traces, image_of
from sage_inspect.schema import ImageRef, Trace, Verdict

IMAGE = ImageRef(sha256="ab" * 32, width=1, height=1)


def test_two_agents_meet_over_image_and_question():
    asked = Trace(run="1", request={"test": IMAGE.model_dump(), "question": "Is it torn?"})
    told = Verdict(verdict="normal", probability=None, probability_source=None, test=IMAGE, question="Is it torn?")
    other = Trace(run="2", source="other", verdict=told)
    assert case_of(asked) == case_of(other) == "ab" * 32 + " Is it torn?"
    assert image_of(asked) == image_of(other) == IMAGE.sha256


def test_a_named_case_comes_first_and_the_run_last():
    assert case_of(Trace(run="1", request={"case": "c7", "test": IMAGE.model_dump()})) == "c7"
    assert case_of(Trace(run="1", extra={"item_id": 5})) == "5"
    assert case_of(Trace(run="1")) == "1" and image_of(Trace(run="1")) == ""


def test_what_holds_traces(tmp_path):
    assert not holds_traces(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "trace.jsonl").write_text('{"line": "header", "version": 1, "run": "r"}\n')
    assert holds_traces(tmp_path) and holds_traces(tmp_path / "run") and holds_traces(tmp_path / "run" / "trace.jsonl")
    whole = tmp_path / "many.jsonl"
    whole.write_text(Trace(run="1").model_dump_json() + "\n")
    assert holds_traces(whole)
    whole.write_text('{"trace": "1", "scores": []}\n')
    assert not holds_traces(whole) and not holds_traces(tmp_path / "none")
