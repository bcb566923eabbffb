"""Items in AnomalyClaw's form come back whole, and the two branches meet in the last step."""

import json

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.eval.importers import import_traces
from sage_inspect.eval.importers.anomalyclaw import read_anomalyclaw, restore
from sage_inspect.schema import Trace


def item(**more):
    turn = {
        "turn": 1,
        "thought": "A crack runs along the rim.",
        "mode": "anomaly_detection",
        "anomaly_score": 0.9,
        "visual_evidence": ["A crack is visible at the top left."],
        "action": "call_tool",
        "tool": "tool_zoom",
        "confidence": 80,
        "args": "{'bbox': [1, 2, 3, 4]}",
        "obs_keys": ["crop"],
        "obs_error": None,
    }
    last = {
        "turn": 2,
        "thought": "Confirmed.",
        "anomaly_score": 0.95,
        "action": "final",
        "confidence": 90,
        "args": "None",
    }
    said = json.dumps(
        {
            "image_label": "anomalous",
            "anomaly_type": "crack",
            "evidence": "A crack at the rim.",
            "confidence": 0.98,
            "bbox": [0.1, 0.1, 0.3, 0.3],
        }
    )
    return {
        "item_id": "X_1",
        "domain_code": "X",
        "label_gt": 1,
        "mode": "anomaly_detection",
        "anomaly_score": 0.96,
        "direct_score": 0.98,
        "v9_score": 0.95,
        "rationale": "The rim is cracked.",
        "confidence": 90,
        "history": [turn, last],
        "error": None,
        "direct_error": None,
        "direct_rationale": said,
        **more,
    }


@pytest.mark.parametrize(
    "more",
    [{}, {"direct_rationale": '{"evidence": "cut off in the mid'}, {"history": []}, {"anomaly_score": None},
     {"direct_score": None, "direct_rationale": ""}, {"unheard_of": {"a": [1, None]}}, {"confidence": None}],
)  # fmt: skip
def test_nothing_is_lost(more):
    given = item(**more)
    trace = next(import_traces([given], "anomalyclaw"))
    assert json.dumps(restore(trace)) == json.dumps(given)
    assert json.dumps(restore(Trace.model_validate_json(trace.model_dump_json()))) == json.dumps(given)


def test_steps_follow_from_each_other():
    trace = next(read_anomalyclaw([item()]))
    assert [(s.node, s.parents) for s in trace.steps] == [
        ("direct", ()), ("turn", ()), ("tool_zoom", ("S2",)), ("turn", ("S3",)), ("conclude", ("S4",)),
        ("combine", ("S1", "S5")),
    ]  # fmt: skip
    assert trace.steps[2].input == {"bbox": [1, 2, 3, 4]}
    assert trace.verdict.verdict == "anomalous" and trace.verdict.probability == 0.96


def test_a_label_is_where_no_score_reads_it():
    trace = next(read_anomalyclaw([item()]))
    assert trace.extra["label_gt"] == 1 and "label_gt" not in trace.model_dump_json(exclude={"extra"})


def test_bad_files_are_refused_in_one_line(tmp_path):
    for text in ("{", "{}", '[{"item_id": "a"}]', "[1]"):
        path = tmp_path / "D1.json"
        path.write_text(text)
        with pytest.raises(BadInput):
            list(import_traces(path, "anomalyclaw"))
