"""The Python face, and runs that go on: in another folder, with another question, after a failure at any point."""

from __future__ import annotations

import asyncio
import json

import pytest

from sage_inspect.agents.api import Session, ainspect, astream, follow, inspect, reopen, start
from sage_inspect.errors import BadInput, RunFailed
from sage_inspect.eval.trace_file import read_trace
from sage_inspect.prompts import VERDICT_QUESTION
from sage_inspect.schema import Verdict

from .conftest import sound


def failing(scripted, when):
    """A model that fails where `when` is in the prompt, until `down` is emptied."""
    down = [when]

    def script(text):
        if down and down[0] in text:
            raise RunFailed("model", "it is down", "start it")
        return sound(text)

    return scripted(script), down


def drained(run):
    for _ in follow(run):
        pass
    return run.verdict


def verdict_lines(folder):
    lines = [json.loads(line) for line in (folder / "trace.jsonl").read_text().splitlines()]
    return [line["verdict"] for line in lines if line["line"] == "verdict"]


def test_ainspect_and_astream_agree_with_inspect(scripted, stores, pair):
    async def both():
        events = [e async for e in astream(pair[0], references=pair[1], model=scripted(), stores=stores)]
        return await ainspect(pair[0], references=pair[1], model=scripted(), stores=stores), events

    verdict, events = asyncio.run(both())
    plain = inspect(pair[0], references=[pair[1]], model=scripted(), stores=stores)
    drop = {"run", "timings_ms"}
    assert verdict.model_dump(exclude=drop) == plain.model_dump(exclude=drop)
    assert events[-1].kind == "verdict"
    assert Verdict.model_validate(events[-1].data).verdict == plain.verdict
    assert next(e.node for e in events if e.kind == "start") == "intake"


def test_astream_raises_what_went_wrong(tmp_path):
    async def drain():
        async for _ in astream(tmp_path / "gone.png"):
            pass

    with pytest.raises(BadInput, match="no such file"):
        asyncio.run(drain())


def test_a_session_asks_on_without_comparing_again(scripted, stores, pair):
    model = scripted()
    session = Session(pair[0], references=pair[1], model=model, stores=stores)
    first = session.ask("Is there a short?")
    examined = sum("Does region [" in text for text in model.asked)
    second = session.ask("Is there an open?")
    assert sum("Does region [" in text for text in model.asked) == examined == 1
    assert (first.question, second.question) == ("Is there a short?", "Is there an open?")
    assert first.run == second.run
    nodes = [s.node for s in read_trace(first.run).steps]
    assert nodes.count("reason") == 2
    with pytest.raises(BadInput, match="empty"):
        session.ask(" ")


def test_a_session_asks_for_the_verdict_where_there_is_no_question(scripted, stores, pair):
    session = Session(pair[0], references=pair[1], model=scripted(), stores=stores)
    session.ask("Is there an open?")
    assert session.ask().question == VERDICT_QUESTION
    assert [v["question"] for v in verdict_lines(session._run.folder)] == ["Is there an open?", VERDICT_QUESTION]


@pytest.mark.parametrize("when", ["Answer with its name only", "Does region [", "Is there a short?"])
def test_a_session_that_failed_answers_the_question_asked_next(scripted, stores, pair, when):
    model, down = failing(scripted, when)
    session = Session(pair[0], references=pair[1], model=model, stores=stores)
    with pytest.raises(RunFailed, match="down"):
        session.ask("Is there a short?")
    down.clear()
    assert session.ask("Is there an open?").question == "Is there an open?"
    trace = read_trace(session._run.folder)
    known = [s.id for s in trace.steps]
    assert all(p in known[:i] for i, s in enumerate(trace.steps) for p in s.parents)


def test_a_session_that_failed_goes_on_with_the_same_question(scripted, stores, pair):
    model, down = failing(scripted, "Does region [")
    session = Session(pair[0], references=pair[1], model=model, stores=stores)
    with pytest.raises(RunFailed, match="down"):
        session.ask("Is there a short?")
    down.clear()
    assert session.ask("Is there a short?").question == "Is there a short?"
    assert [s.node for s in read_trace(session._run.folder).steps].count("compare") == 1


def test_references_come_in_any_shape(scripted, stores, pair):
    shown, golden = stores.images.put(pair[0]), stores.images.put(pair[1])
    for given, count in ((None, 0), (golden, 1), ({golden}, 1), ((r for r in [golden]), 1), (pair[1], 1)):
        run = start(shown, references=given, model=scripted(), stores=stores)
        assert [r["sha256"] for r in run.request["references"]] == [golden.sha256] * count
    for wrong in (3, {"a": golden}, 0.5):
        with pytest.raises(BadInput, match="references"):
            start(shown, references=wrong, model=scripted(), stores=stores)


@pytest.mark.parametrize("wrong", [3, b"Is it?", ["Is it?"], "Is it \ud800?", "Is it so? " * 41])
def test_a_question_that_cannot_be_used_is_bad_input(scripted, stores, pair, wrong):
    with pytest.raises(BadInput, match="question"):
        inspect(pair[0], question=wrong, model=scripted(), stores=stores)
    with pytest.raises(BadInput, match="question"):
        Session(pair[0], model=scripted(), stores=stores).ask(wrong)


def test_an_object_that_is_no_text_is_bad_input(scripted, stores, pair):
    for wrong in (3, ["pcb"], "p\udc80"):
        with pytest.raises(BadInput, match="object"):
            inspect(pair[0], object=wrong, model=scripted(), stores=stores)


def test_a_run_goes_on_where_its_folder_was_moved_to(scripted, stores, pair, tmp_path, monkeypatch):
    model, down = failing(scripted, "Does region [")
    monkeypatch.chdir(tmp_path)
    run = start(pair[0], references=pair[1], model=model, stores=stores, out="run")
    assert run.folder == tmp_path / "run"
    with pytest.raises(RunFailed, match="down"):
        drained(run)
    down.clear()
    moved = (tmp_path / "run").rename(tmp_path / "moved")
    monkeypatch.chdir(moved)
    run = reopen(".", model=model, stores=stores)
    assert (run.id, run.folder) == ("moved", moved)
    nodes = [event.node for event in follow(run) if event.kind == "end"]
    assert "compare" not in nodes and "examine" in nodes
    assert run.verdict.run == str(moved)
    monkeypatch.chdir(tmp_path)
    again = moved.rename(tmp_path / "again")
    assert drained(reopen("again", model=model, stores=stores)).run == str(again)


def test_another_model_may_finish_a_run_but_not_change_it(scripted, stores, pair, tmp_path):
    model = failing(scripted, "Does region [")[0]
    run = start(pair[0], references=pair[1], model=model, stores=stores, out=tmp_path / "run")
    with pytest.raises(RunFailed, match="down"):
        drained(run)
    assert drained(reopen(tmp_path / "run", model="nano", stores=stores)) is not None
    with pytest.raises(BadInput, match="--model"):
        reopen(tmp_path / "run", model="nano", stores=stores)


@pytest.mark.parametrize("name", ["write_report", "TraceRecorder.verdict"])
def test_a_kill_at_the_end_leaves_one_verdict_line_a_question(scripted, stores, pair, tmp_path, monkeypatch, name):
    model = scripted()
    session = Session(pair[0], references=pair[1], model=model, stores=stores, out=tmp_path / "run")
    session.ask("Is there a short?")

    def kill(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"sage_inspect.agents.run.{name}", kill)
        with pytest.raises(KeyboardInterrupt):
            session.ask("Is there an open?")
    for _ in range(2):
        verdict = drained(reopen(tmp_path / "run", model=model, stores=stores))
        assert verdict.question == "Is there an open?"
        assert Verdict.model_validate_json((tmp_path / "run" / "verdict.json").read_text()) == verdict
        lines = verdict_lines(tmp_path / "run")
        assert [v["question"] for v in lines] == ["Is there a short?", "Is there an open?"]
        assert Verdict.model_validate(lines[-1]) == verdict
        assert "report" in verdict.timings_ms
