"""Each planted fault lowers its own metrics, is found at the step where it lies, and leaves the others alone."""

from __future__ import annotations

import copy
import json

import pytest

import sage_inspect
from sage_inspect.eval.checks import CHECKS, fault, register
from sage_inspect.eval.checks._registry import CHECKS as REGISTERED
from sage_inspect.eval.checks.view import TraceView
from sage_inspect.eval.labels import Labels
from sage_inspect.eval.metrics import METRICS
from sage_inspect.eval.score_trace import score_trace
from sage_inspect.eval.scores import Score
from sage_inspect.schema import Trace

from .traces import C1, LABELS, own_lines, raw, sealed, trace

BASE = score_trace(trace(), labels=LABELS)


def step(data: dict, id: str) -> dict:
    return next(s for s in data["steps"] if s["id"] == id)


def swapped(data):
    data["verdict"]["verdict"] = "normal"
    step(data, "S9")["output"]["verdict"]["verdict"] = "normal"


def swapped_whole(data):
    for verdict in (data["verdict"], step(data, "S9")["output"]["verdict"]):
        verdict.update(verdict="normal", defects=[], probability=0.01)


def dropped(data):
    data["steps"].remove(step(data, "S6"))


def dropped_and_rewired(data):
    dropped(data)
    step(data, "S7")["parents"] = ["S5"]


def foreign(data):
    for claim in (step(data, "S5")["claims"][0], step(data, "S5")["output"]["findings"][0]["claim"]):
        claim["facts"] = ["F2"]


def never_recalled(data):
    for claim in (step(data, "S5")["claims"][0], step(data, "S5")["output"]["findings"][0]["claim"]):
        claim["facts"] = ["F9"]


def stale(data):
    step(data, "S2")["output"]["facts"][0]["fact"]["text"] = "A short is of no importance."


def moved(data, by=40):
    for verdict in (data["verdict"], step(data, "S9")["output"]["verdict"]):
        verdict["defects"][0]["box"] = [10 + by, 10, 30 + by, 30]


def contradicted(data):
    claim = {**copy.deepcopy(C1), "id": "C9", "defect": False, "type": None, "facts": []}
    step(data, "S7")["claims"].insert(0, claim)


def altered(data):
    step(data, "S3")["output"]["comparison"]["score"] = 0.1


def altered_and_sealed(data):
    step(data, "S3")["output"]["comparison"]["regions"][0]["hint"] = "open"


def shuffled(data):
    steps = data["steps"]
    steps[3], steps[4] = steps[4], steps[3]


def repeated(data):
    data["steps"].insert(3, {**copy.deepcopy(step(data, "S3")), "id": "S3b"})


CASES = [
    (swapped, True, "S9", {"identification", "entailment"}),
    (swapped_whole, True, "S9", {"identification", "entailment"}),
    (dropped, False, "S7", {"coverage", "order"}),
    (dropped_and_rewired, False, "S7", {"coverage"}),
    (foreign, True, "S5", {"grounding"}),
    (never_recalled, True, "S5", {"grounding"}),
    (stale, True, "S5", {"grounding"}),
    (moved, True, "S9", {"localization", "detection", "heat"}),
    (contradicted, False, "S7", {"consistency"}),
    (altered, False, "S3", {"faithfulness"}),
    (altered_and_sealed, True, "S3", {"faithfulness"}),
    (shuffled, False, "S5", {"order"}),
    (repeated, False, "S3b", {"efficiency"}),
]


@pytest.mark.parametrize(("plant", "seal", "where", "lowered"), CASES, ids=[c[0].__name__ for c in CASES])
def test_a_fault_lowers_its_metrics_and_is_located(plant, seal, where, lowered):
    data = raw()
    plant(data)
    found = score_trace(trace(sealed(data) if seal else data), labels=LABELS)
    assert {m for m in METRICS if found.value(m) != BASE.value(m)} == lowered
    assert all(found.value(m) < BASE.value(m) for m in lowered)
    assert found.first_error == where


def test_a_correct_trace_has_full_marks():
    assert {m: BASE.value(m) for m in METRICS} == dict.fromkeys(METRICS, 1.0)
    assert (BASE.identification, BASE.localization, BASE.logic, BASE.score) == (5, 5, 5, 5)
    assert BASE.checks == () and BASE.first_error is None
    assert (BASE.outcome, BASE.right_for_wrong_reason) == ("right", False)
    assert (BASE.usage.steps, BASE.usage.calls, BASE.usage.input_tokens, BASE.usage.output_tokens) == (9, 2, 18, 6)
    assert BASE.usage.seconds == 0.3  # no step says when it started: 200 ms + 100 ms


def test_neutral_edits_change_nothing():
    data = raw()
    data["steps"][1], data["steps"][2] = data["steps"][2], data["steps"][1]
    data["steps"][4], data["steps"][5] = data["steps"][5], data["steps"][4]
    text = json.dumps(data)
    for old, new in (
        ("R1", "Q7"),
        ("F1", "F7"),
        ("C1", "K1"),
        ("CV", "V"),
        ("S4", "T4"),
        ("Short [", "A short is seen ["),
    ):
        text = text.replace(f'"{old}"' if "[" not in old else old, f'"{new}"' if "[" not in old else new)
    data = sealed(json.loads(text))
    for verdict in (data["verdict"], data["steps"][-1]["output"]["verdict"]):
        verdict["defects"][0]["box"] = [11, 11, 31, 31]  # 1 of 20 px: IoU .82
    found = score_trace(trace(sealed(data)), labels=LABELS)
    assert found.checks == ()
    assert {m for m in METRICS if abs(found.value(m) - 1) > 0.01} == set()


def test_localization_falls_as_a_box_is_moved_away():
    values = []
    for by in range(0, 24, 2):
        data = raw()
        moved(data, by)
        values.append(score_trace(trace(sealed(data)), labels=LABELS).value("localization"))
    assert values == sorted(values, reverse=True) and values[0] == 1 and values[-1] == 0


def test_without_labels_nothing_is_said_of_the_truth():
    found = score_trace(trace())
    assert [found.value(m) for m in ("identification", "localization", "detection")] == [None] * 3
    assert (found.outcome, found.right_for_wrong_reason, found.identification, found.logic) == (None, None, None, 5)


def test_a_claim_about_the_wrong_place_is_right_for_the_wrong_reason():
    elsewhere = LABELS.model_copy(update={"defects": (LABELS.defects[0].model_copy(update={"box": (60, 60, 80, 80)}),)})
    found = score_trace(trace(), labels=Labels.model_validate(elsewhere.model_dump()))
    assert (found.outcome, found.right_for_wrong_reason, found.first_error) == ("right", True, "S5")
    assert [(c.name, c.step) for c in found.checks] == [("false_claim", "S5"), ("false_claim", "S6")]


def test_an_uncertain_verdict_abstains():
    data = raw()
    for verdict in (data["verdict"], step(data, "S9")["output"]["verdict"]):
        verdict.update(verdict="uncertain", doubt="too close to call")
    found = score_trace(trace(sealed(data)), labels=LABELS)
    assert (found.outcome, found.value("identification"), found.value("entailment")) == ("abstained", None, None)
    assert found.usage.abstained and found.first_error is None


def test_a_repaired_claim_is_not_held_against_the_agent():
    data = raw()
    again = [
        {**copy.deepcopy(step(data, s)), "id": f"{s}b", "parents": p}
        for s, p in (("S5", ["S8b"]), ("S7", ["S5b", "S6"]))
    ]
    never_recalled(data)
    repair = {"id": "S8b", "node": "repair", "parents": ["S8"], "output": {"repairs": 1}}
    data["steps"][8:8] = [repair, *again, {"id": "S8c", "node": "verify", "parents": ["S7b"], "output": {"checks": []}}]
    found = score_trace(trace(sealed(data)), labels=LABELS)
    assert found.checks == () and found.value("efficiency") == 1


def test_a_judge_adds_its_scores():
    def judge(known, score):
        assert known.run == score.trace == "run-1"
        yield Score(name="logic", scale="trace", value=0.75, reason="sound", evidence=("S7",))

    found = score_trace(trace(), judge=judge)
    assert [(s.name, s.value, s.annotator) for s in found.scores if s.annotator != "code"] == [("logic", 0.75, "model")]


def test_a_check_from_outside_is_run_and_may_have_a_metric_of_its_own():
    @register(metric="solder", on=TraceView)
    def no_solder(view):
        yield fault("no_solder", "S3", "no solder was looked at", scale="step", step="S3")

    try:
        found = score_trace(trace())
        assert found.value("solder") == pytest.approx(1 - 1 / 9) and found.first_error == "S3"
    finally:
        del REGISTERED["no_solder"]
    assert "no_solder" not in CHECKS and score_trace(trace()).value("solder") is None


def test_a_path_and_the_public_face(tmp_path):
    (tmp_path / "trace.jsonl").write_text("".join(own_lines()))
    assert sage_inspect.score_trace(tmp_path, labels=LABELS).model_copy(update={"trace": "run-1"}) == BASE


@pytest.mark.parametrize(
    "value", [None, [], {}, "x", 3, {"id": {}}, [[]], [{"region": {}, "claim": {"id": []}}], {"regions": [1, {}]}]
)
@pytest.mark.parametrize(
    "key", ["facts", "comparison", "findings", "reasoning", "plan", "verdict", "correction", "repairs", "question"]
)
def test_results_of_any_shape_are_passed_over(key, value):
    data = {
        "run": "x",
        "source": "other",
        "steps": [{"id": "1", "node": "tool", "input": {"region": value}, "output": {key: value}}] * 2,
    }
    assert score_trace(Trace.model_validate(data)).trace == "x"


def test_an_empty_trace_and_cycles_and_ten_thousand_steps():
    empty = score_trace(Trace(run="empty"))
    assert {empty.value(m) for m in METRICS} == {None} and empty.score is None
    ring = {
        "run": "ring",
        "steps": [{"id": "A", "node": "a", "parents": ["B"]}, {"id": "B", "node": "b", "parents": ["A", "B"]}],
    }
    found = score_trace(Trace.model_validate(ring))
    assert [(c.name, c.step) for c in found.checks] == [("parent_not_before", "A"), ("parent_not_before", "B")]
    claims = [
        {"id": f"C{i}", "subject": f"R{i}", "defect": False, "text": "fine", "regions": [f"R{i}"]}
        for i in range(10_000)
    ]
    regions = [{"id": f"R{i}", "box": [2 * i, 0, 2 * i + 3, 5], "score": 0.5} for i in range(10_000)]
    steps = [{"id": "S", "node": "compare", "output": {"comparison": {"regions": regions}}}]
    steps += [{"id": f"S{i}", "node": "examine", "claims": [claims[i]]} for i in range(10_000)]
    assert score_trace(Trace.model_validate({"run": "long", "steps": steps})).value("consistency") == 1
