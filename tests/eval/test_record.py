"""Events pass through unchanged while they are written."""

import json

from sage_inspect.eval.record import record


def test_each_event_is_on_disk_before_the_next_comes(tmp_path):
    path = tmp_path / "deep" / "run.jsonl"
    events = [{"a": {"text": "x"}}, {"b": b"bytes"}]
    for number, event in enumerate(record(iter(events), path, run="r"), 1):
        assert event is events[number - 1]
        assert len(path.read_text().splitlines()) == 1 + number
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines[0]["run"] == "r" and lines[2]["event"]["b"].startswith("sha256:") and lines[-1]["ended"] is True
