"""The judge's prompts: a rubric for every axis, a number that depends on everything, no valid reply to be echoed."""

from __future__ import annotations

import json

from sage_inspect.eval.judge.prompts import AXES, RUBRICS, case_number, grade_prompt, prefer_prompt


def test_every_axis_has_a_rubric_and_no_prompt_holds_a_valid_reply():
    for kind in ("answer", "trace"):
        for axis in AXES:
            system, user, case = grade_prompt(kind, axis, ("{}",))
            assert RUBRICS[kind][axis] in system and system.count(case) >= 3 and user.count(case) == 3
            try:
                json.loads(system[system.rindex('{"case"') :])
            except ValueError:
                continue
            raise AssertionError("the form of the reply is itself a reply")


def test_the_number_depends_on_everything():
    cases = {
        grade_prompt(kind, axis, lines)[2]
        for kind in ("answer", "trace")
        for axis in AXES
        for lines in (("a", "b"), ("ab",), ("a",))
    }
    assert len(cases) == 18
    one, two = prefer_prompt("trace", "logic", ("a",), ("b",)), prefer_prompt("trace", "logic", ("b",), ("a",))
    assert one[2] != two[2] and case_number("a", "b") != case_number("ab")
    assert one[1].index("a\n") < one[1].index("b\n") and one[1].count(f"</data-{one[2]}>") == 2
