"""Scorers of every kind give readings, and a bad one gives a clear line."""

from __future__ import annotations

import sys

import pytest

from sage_inspect.errors import BadInput, RunFailed
from sage_inspect.eval.labels import Labels
from sage_inspect.eval.reading import find_scorer, of_command, of_function, ours, to_reading
from sage_inspect.schema import Step, Trace

TRACE = Trace(run="r1", steps=(Step(id="S1", node="a", parents=("S9",)),))
SOUND = Trace(run="r2", steps=(Step(id="S1", node="a"),))


def test_ours_names_errors_and_the_first_step():
    broken, sound = ours([(TRACE, None), (SOUND, None)])
    assert broken.first_error == "S1" and broken.errors >= 1 and broken.metrics["order"] < 1
    assert sound.errors == 0 and sound.first_error == "" and sound.metrics["identification"] is None


def test_a_function_gets_labels_where_it_takes_them():
    def plain(trace):
        return {"m": 1, "first_error": None}

    def labelled(trace, labels=None):
        return {"m": None if labels is None else 0.5, "errors": 2, "first_error": "S1"}

    (one,) = of_function(plain, "p")([(TRACE, Labels())])
    (two,) = of_function(labelled, "l")([(TRACE, Labels())])
    assert one.metrics == {"m": 1.0} and one.first_error == ""
    assert (two.metrics, two.errors, two.first_error) == ({"m": 0.5}, 2, "S1")


def test_a_command_reads_lines_and_prints_lines(tmp_path):
    script = tmp_path / "scorer.py"
    script.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    case = json.loads(line)\n"
        "    print(json.dumps({'steps': len(case['trace']['steps']), 'known': bool(case['labels'])}))\n"
    )
    first, second = of_command(f"{sys.executable} {script}")([(TRACE, Labels()), (SOUND, None)])
    assert first.metrics == {"steps": 1.0, "known": 1.0} and second.metrics["known"] == 0.0


@pytest.mark.parametrize(
    ("code", "error", "told"),
    [
        ("print('{}')", BadInput, "1 lines for 2"),
        ("print('x')", BadInput, "no JSON"),
        ("import sys; sys.exit('no key')", RunFailed, "no key"),
    ],
)
def test_a_command_that_fails_is_told(code, error, told, tmp_path):
    (tmp_path / "s.py").write_text(code)
    with pytest.raises(error, match=told):
        of_command(f"{sys.executable} {tmp_path / 's.py'}")([(TRACE, None), (SOUND, None)])


def test_a_scorer_that_is_not_there():
    for name in ("python:json.nothing", "python:nomodule.f", "python:x"):
        with pytest.raises(BadInput, match="no such function"):
            find_scorer(name)
    with pytest.raises(BadInput, match="cannot be run"):
        find_scorer("no-such-command-here")([(TRACE, None)])
    assert find_scorer("sage-inspect") is ours


@pytest.mark.parametrize("said", [3, {"m": "high"}, {"m": float("nan")}])
def test_what_is_no_reading_is_refused(said):
    with pytest.raises(BadInput):
        to_reading(said, "scorer")
