"""Steps come after what they use; independent ones may stand in any order."""

from __future__ import annotations

from .found import found, step


def swap(i, j):
    def apply(data):
        data["steps"][i], data["steps"][j] = data["steps"][j], data["steps"][i]

    return apply


def orphan(data):
    for s in data["steps"]:
        s["parents"] = []


def test_sound_and_commuted_traces_are_in_order():
    for name in ("parent_not_before", "used_before_made", "stage_skipped", "ambiguous_id"):
        assert found(name) == [] and found(name, swap(1, 2)) == [] and found(name, swap(4, 5)) == []


def test_a_step_before_its_parent():
    assert found("parent_not_before", swap(3, 4)) == [("error", "S5", "S5")]
    assert found("parent_not_before", lambda d: step(d, "S3").update(parents=["S3"])) == [("error", "S3", "S3")]


def test_without_parents_use_tells_the_order():
    def late(data):
        orphan(data)
        data["steps"].insert(4, data["steps"].pop(2))  # the comparison after S5, which looks at R1

    assert {s for _, _, s in found("used_before_made", late)} == {"S4", "S5"}
    assert found("stage_skipped", late) == [("error", "S5", "S5")]

    def early(data):
        orphan(data)
        data["steps"].insert(2, data["steps"].pop(6))  # reasoning before any finding

    assert ("error", "S7", "S7") in found("stage_skipped", early)


def test_one_id_for_two_steps():
    assert found("ambiguous_id", lambda d: step(d, "S6").update(id="S5")) == [("error", "S5", "S5")]
