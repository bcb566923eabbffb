"""Work done twice for nothing is told; work that was asked for again is not."""

from __future__ import annotations

import copy

from .found import found, step


def again(id, **more):
    def apply(data):
        data["steps"].append({**copy.deepcopy(step(data, id)), "id": "S99", **more})

    return apply


def test_repetitions():
    assert found("repeated_call") == []
    assert found("repeated_call", again("S3")) == [("error", "S99", "S99")]
    assert found("repeated_call", again("S3", input={"images": "others"})) == []
    assert found("repeated_call", again("S3", output={"comparison": None})) == []
    assert found("repeated_call", again("S3", node="compare_other")) == []


def test_what_a_repair_or_a_new_question_asked_for_is_none():
    for asked in ({"repairs": 1}, {"question": "And now?"}, {"review_problem": "unreadable"}):

        def asked_again(data, asked=asked):
            data["steps"].append({"id": "S98", "node": "again", "output": asked})
            again("S3")(data)

        assert found("repeated_call", asked_again) == []
