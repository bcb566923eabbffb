"""What was found, planned or named has to have been examined, and evidence has to be there."""

from __future__ import annotations

from .found import found, step, verdicts


def without(*ids, rewire=True):
    def apply(data):
        data["steps"] = [s for s in data["steps"] if s["id"] not in ids]
        for s in data["steps"]:
            if rewire and "parents" in s:
                s["parents"] = [p for p in s["parents"] if p not in ids]

    return apply


def test_a_sound_trace_covers_all():
    assert all(not found(n) for n in ("missing_step", "unexamined_region", "region_not_found", "claim_of_no_step"))


def test_missing_steps():
    assert found("missing_step", without("S3", rewire=False)) == [("error", "S4", "S4")]
    assert found("missing_step", without("S3")) == []


def test_an_examination_that_is_missing_is_told_where_it_is_relied_on():
    assert found("unexamined_region", without("S5")) == [("error", "R1", "S7")]
    assert found("claim_of_no_step", without("S5")) == [("error", "C1", "S9")]


def test_a_region_that_was_left_out_is_a_warning_unless_the_agent_abstains():
    def left_out(data):
        without("S6")(data)
        step(data, "S4")["output"]["plan"]["regions"] = ["R1"]

    def abstained(data):
        left_out(data)
        for verdict in verdicts(data):
            verdict["verdict"] = "uncertain"

    assert found("unexamined_region", left_out) == [("warning", "R2", "S9")]
    assert found("unexamined_region", abstained) == []


def test_regions_that_nobody_found():
    assert found("region_not_found", without("S3")) == [("error", "R1", "S4"), ("error", "R2", "S4")]
    named = lambda d: [v["defects"][0].update(region="R8") for v in verdicts(d)]  # noqa: E731
    assert found("region_not_found", named) == [("error", "R8", "S9")]


def test_facts_of_the_verdict_that_were_not_recalled():
    assert found("claim_of_no_step", without("S2")) == [("error", "F1", "S9"), ("error", "F2", "S9")]
