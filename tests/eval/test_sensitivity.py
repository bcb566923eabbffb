"""What counts as detected, located, drift and alarm; and a run that goes on after a kill."""

from __future__ import annotations

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.eval.mutants import EVERYTHING, Mutant
from sage_inspect.eval.reading import Reading, of_function, ours
from sage_inspect.eval.sensitivity import RESOLUTION, SensitivityRun, compare_readings, rows_of
from sage_inspect.schema import Trace

GOOD = {"grounding": 1.0, "localization": 0.9, "order": 1.0}


def row(before, after, *, falls=("grounding",), holds=("localization",), step="S5"):
    mutant = Mutant(Trace(run="r"), "f", "v", None, step, falls, holds, "")
    return compare_readings("r", "s", mutant, before, after)


def test_an_error_more_detects_and_its_step_locates():
    found = row(Reading(GOOD), Reading(GOOD, 1, "S5"))
    assert found.detected and found.located and not found.drift and found.clean
    assert not row(Reading(GOOD), Reading(GOOD, 1, "S6")).located
    assert not row(Reading(GOOD, 1, "S2"), Reading(GOOD, 1, "S2")).detected, "it told that error before"


def test_only_a_metric_that_must_fall_detects():
    assert row(Reading(GOOD), Reading(GOOD | {"grounding": 0.5})).detected
    other = row(Reading(GOOD), Reading(GOOD | {"order": 0.5}))
    assert not other.detected and not other.drift
    assert not row(Reading(GOOD), Reading(GOOD | {"grounding": None})).detected, "unscored is not lower"


def test_drift_is_a_fall_or_a_loss_of_what_must_hold():
    assert row(Reading(GOOD), Reading(GOOD | {"localization": 0.5})).drift == ("localization",)
    assert row(Reading(GOOD), Reading(GOOD | {"localization": None})).drift == ("localization",)
    small = RESOLUTION["localization"] / 2
    assert row(Reading(GOOD), Reading(GOOD | {"localization": 0.9 - small})).drift == ()


def test_a_scorer_with_metrics_of_its_own_is_taken_by_them():
    assert row(Reading({"match": 1.0}), Reading({"match": 0.0})).detected
    assert not row(Reading({"match": 1.0}), Reading({"match": 1.0})).detected


def test_a_neutral_edit_alarms_where_anything_falls():
    quiet = row(Reading(GOOD), Reading(GOOD), falls=(), holds=EVERYTHING, step=None)
    assert quiet.neutral and not quiet.detected and not quiet.located
    assert row(Reading(GOOD), Reading(GOOD | {"order": 0.9}), falls=(), holds=EVERYTHING, step=None).detected


def test_our_score_sees_every_fault_of_the_trace_by_hand_and_where_it_lies(trace, labels):
    rows = list(rows_of("t", trace, labels, {"ours": ours}))
    planted = [r for r in rows if not r.neutral and (r.strength is None or r.strength <= 0.3)]
    assert len({r.family for r in planted}) == 8
    assert [r.variant for r in planted if not r.detected] == []
    assert [r.variant for r in planted if not r.located] == []
    assert [(r.variant, r.drift) for r in rows if r.drift] == []
    assert [r.variant for r in rows if r.neutral and r.detected] == []


def test_a_run_goes_on_where_it_stopped(tmp_path, trace, labels):
    asked: list[str] = []

    def scorer(one):
        asked.append(one.run)
        return {"m": 1}

    cases = [(name, trace.model_copy(update={"run": name}), labels) for name in ("a", "b")]
    scorers = {"s": of_function(scorer, "s")}
    SensitivityRun(tmp_path, {"seed": 0}).measure(cases[:1], scorers)
    with (tmp_path / "rows.jsonl").open("a") as file:
        file.write('{"trace": "b", "rows": [{"tr')  # a kill
    asked.clear()
    again = SensitivityRun(tmp_path, {"seed": 0})
    again.measure(cases, scorers)
    assert set(asked) == {"b"}
    assert {r.trace for r in again.rows()} == {"a", "b"}
    with pytest.raises(BadInput, match="another"):
        SensitivityRun(tmp_path, {"seed": 1})
