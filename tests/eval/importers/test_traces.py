"""The documented schema: a trace a line, or parsed; what does not fit is named with its line."""

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.eval.importers import import_traces, read_schema
from sage_inspect.schema import Step, Trace

GIVEN = Trace(run="r", source="mine", steps=(Step(id="S1", node="n", output={"text": "A crack is visible."}),))


def test_a_file_and_parsed_objects_give_the_same(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text(GIVEN.model_dump_json() + "\n\n")
    assert list(read_schema(path)) == list(read_schema([GIVEN.model_dump(mode="json")])) == [GIVEN]
    (trace,) = import_traces(path, "trace")
    assert trace.run == "r" and trace.steps[0].claims[0].type == "crack"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "not JSON"),
        ("[]", "no JSON object"),
        ('{"run": 1}', "run: "),
        ('{"run": "a", "version": 99}', "trace version 99"),
        ('{"run": "a", "other": 1}', "other: "),
    ],
)
def test_a_line_that_does_not_fit_is_named(tmp_path, line, why):
    path = tmp_path / "t.jsonl"
    path.write_text(GIVEN.model_dump_json() + "\n" + line)
    traces = read_schema(path)
    assert next(traces) == GIVEN, "what lies before it is given"
    with pytest.raises(BadInput, match=why) as found:
        next(traces)
    assert f"{path}, line 2" in str(found.value)


def test_a_parsed_object_that_does_not_fit_is_named_by_number():
    with pytest.raises(BadInput, match="trace 2"):
        list(read_schema([GIVEN.model_dump(mode="json"), []]))
