"""Spans form a tree with stable ids, say no image bytes, and carry what scores found."""

import json

from sage_inspect.eval.exporters import spans_of, write_spans
from sage_inspect.eval.scores import Score, TraceScore
from sage_inspect.schema import Check

from ..two_lines import two_lines


def test_a_tree_with_the_conventions_keys():
    spans = list(spans_of(two_lines()))
    root, *steps = spans
    assert root["parent_id"] is None and {s["parent_id"] for s in steps} == {root["context"]["span_id"]}
    assert [s["span_kind"] for s in spans] == ["AGENT", "CHAIN", "LLM", "TOOL", "CHAIN", "CHAIN"]
    assert steps[1]["attributes"]["llm.token_count.total"] == 7
    assert steps[2]["attributes"]["input.images.0.image.url"] == "sha256:ab12"
    assert json.loads(steps[4]["attributes"]["metadata"])["parents"] == ["S1", "S4"]
    assert spans == list(spans_of(two_lines()))
    for span in spans:
        assert all(isinstance(v, (str, int, float, bool)) for v in span["attributes"].values())
        assert span["start_time"] <= span["end_time"]


def test_scores_are_annotations_and_unscored_ones_left_out(tmp_path):
    score = TraceScore(
        trace="r1", scores=(Score(name="entailment", scale="trace", value=1.0), Score(name="heat", scale="claim")),
        checks=(Check(name="order", scale="step", severity="error", subject="S3", message="too early", step="S3"),),
    )  # fmt: skip
    assert write_spans([(two_lines(), score)], tmp_path / "s.jsonl") == 6
    root, *steps = map(json.loads, (tmp_path / "s.jsonl").read_text().splitlines())
    assert root["attributes"]["trace.annotations.0.annotation.name"] == "entailment"
    assert not any("heat" == v for v in root["attributes"].values())
    assert steps[2]["attributes"]["annotations.0.annotation.explanation"] == "too early"


def test_bytes_leave_as_a_digest():
    trace = two_lines()
    step = trace.steps[0].model_copy(update={"input": {"image": "data:image/png;base64," + "QUJD" * 200}})
    text = json.dumps(list(spans_of(trace.model_copy(update={"steps": (step, *trace.steps[1:])}))))
    assert "QUJDQUJD" not in text and "sha256:" in text
