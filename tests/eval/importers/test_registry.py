"""Formats by name, the schema's own among them."""

import pytest

from sage_inspect.commands import eval_import
from sage_inspect.errors import BadInput
from sage_inspect.eval.formats import importer
from sage_inspect.eval.importers import FORMATS, import_traces
from sage_inspect.schema import Step, Trace


def test_names_agree():
    assert tuple(FORMATS) == eval_import.FORMATS
    for name in FORMATS:
        assert importer(name)


def test_traces_of_the_schema(tmp_path):
    path = tmp_path / "t.jsonl"
    given = Trace(run="r", source="mine", steps=(Step(id="S1", node="n", output={"text": "A crack is visible."}),))
    path.write_text(given.model_dump_json() + "\n\n")
    trace = next(import_traces(path, "trace"))
    assert trace.run == "r" and trace.steps[0].claims[0].type == "crack"
    for line in ("{", "[]", '{"run": 1}', '{"run": "a", "version": 99}', '{"run": "a", "other": 1}'):
        path.write_text(line)
        with pytest.raises(BadInput):
            list(import_traces(path, "trace"))


def test_unknown_names():
    with pytest.raises(BadInput):
        next(import_traces([], "nothing"))
    with pytest.raises(BadInput):
        next(import_traces("/no/such/file", "messages"))
