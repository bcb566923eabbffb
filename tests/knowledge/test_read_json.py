"""Rows of JSON, and one problem for each line that is none. Whole files are in test_ingest.py."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.knowledge.read_json import json_lines, json_rows
from sage_inspect.knowledge.rows import Problem, Row

LIMIT = {"of": "dent", "quantity": "length", "comparison": "<=", "limit": 3, "unit": "mm"}


def one(**data: object) -> Row | Problem:
    (found,) = json_lines(json.dumps(data), "f.jsonl")
    return found


def test_what_a_line_says_and_what_it_leaves_open():
    assert one(text="Nuts bend.") == Row("Nuts bend.", "f.jsonl#1")
    row = one(text="Dents pass.", object="nut", kind="criterion", source="expert", allows=[], criterion=LIMIT)
    assert isinstance(row, Row) and row.criterion is not None
    assert (row.object, row.kind, row.source, row.allows) == ("nut", "criterion", "expert", ())  # () is not None
    assert row.criterion.limit == 3 and not row.criterion.permits


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"text": 3}, "'text' is not a string"),
        ({"text": None}, "'text' is missing"),
        ({"text": "a", "kind": None}, "'kind' is not a string"),
        ({"text": "a", "allows": ["dent", 3]}, "'allows' is not a list of strings"),
        ({"text": "a", "criterion": {**LIMIT, "limit": -1}}, "'criterion' limit: "),
        ({"text": "a", "criterion": "3 mm"}, "'criterion' "),
        ({"text": "a", "Text": "b"}, "unknown key 'Text'"),
    ],
)
def test_each_fault_is_named(data, reason):
    problem = one(**data)
    assert isinstance(problem, Problem) and problem.where == "f.jsonl#1" and problem.reason.startswith(reason)


def test_lines_are_counted_as_an_editor_does():
    found = list(json_lines('\n{"text": "a\u2028b"}\r\n  \nNaN\n{"text": "c"}', "f"))
    assert [(f.origin if isinstance(f, Row) else f.where) for f in found] == ["f#2", "f#4", "f#5"]
    assert isinstance(found[1], Problem) and found[1].reason == "not a JSON object"


def test_a_list_is_numbered_and_an_empty_dictionary_is_refused():
    found = list(json_rows('[{"text": "a"}, 3]', Path("f.json"), None))
    assert found == [Row("a", "f.json#1"), Problem("f.json#2", "not a JSON object", "3")]
    assert list(json_rows("[]", Path("f.json"), None)) == []
    with pytest.raises(BadInput, match="neither a list"):
        json_rows("{}", Path("f.json"), None)
