"""Runs: kill and resume, checkpoints' size, the Python face."""

from __future__ import annotations

import json
import math
import sqlite3
import subprocess
import sys

import numpy as np
import pytest

from sage_inspect.agents.api import follow, inspect, reopen, start
from sage_inspect.agents.checkpoints import open_checkpoints
from sage_inspect.agents.policy import Policy
from sage_inspect.errors import RunFailed
from sage_inspect.eval.trace_file import read_trace
from sage_inspect.schema import Fact

from ..server import ANSWER
from .conftest import sound

KILLED = """
import os, signal, sys
from sage_inspect.agents import graph
from sage_inspect.agents.api import follow, start
real, calls = graph.examine, []
def examine(branch, **tools):
    calls.append(branch)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(branch, **tools)
graph.examine = examine
run = start(sys.argv[1], references=sys.argv[2], out=sys.argv[3])
for event in follow(run):
    print(event.kind, event.node, flush=True)
"""


def test_a_kill_in_the_middle_resumes_from_the_last_node_to_the_same_verdict(tmp_path):
    from sage_inspect.finetune.world.boards.pair import draw_pair

    test, golden, _ = draw_pair(5, defects=4)
    test.save(tmp_path / "test.png")
    golden.save(tmp_path / "golden.png")
    words = [sys.executable, "-c", KILLED, tmp_path / "test.png", tmp_path / "golden.png", tmp_path / "run"]
    killed = subprocess.run([str(w) for w in words], capture_output=True, text=True, check=False)
    assert killed.returncode == -9, killed.stderr
    before = read_trace(tmp_path / "run")
    assert [s.node for s in before.steps][:1] == ["intake"]
    assert before.verdict is None and not before.complete
    run = reopen(tmp_path / "run", test=tmp_path / "test.png")
    nodes = [event.node for event in follow(run) if event.kind == "end"]
    assert "compare" not in nodes, "what was done before the kill is not done again"
    assert "examine" in nodes
    whole = inspect(tmp_path / "test.png", references=tmp_path / "golden.png")
    assert run.verdict is not None
    ours, theirs = (v.model_dump(exclude={"run", "timings_ms"}) for v in (run.verdict, whole))
    assert ours == theirs
    after = read_trace(tmp_path / "run")
    assert after.complete
    assert after.steps[: len(before.steps)] == before.steps
    assert sorted(s.subject for s in after.steps if s.node == "examine") == sorted(
        s.subject for s in read_trace(whole.run).steps if s.node == "examine"
    )


def test_a_checkpoint_stays_small_with_ten_facts_and_fifteen_regions(scripted, stores, tmp_path):
    golden = np.full((400, 400), 255, np.uint8)
    golden[::40] = 0
    golden[1::40] = 0
    golden[2::40] = 0
    test = golden.copy()
    for i in range(15):
        y, x = 60 + 80 * (i // 4), 40 + 90 * (i % 4)
        test[y : y + 14, x : x + 14] = 0
    texts = [
        f"Way number {i} in which a short shows is a bridge of copper at place {i} of the board." for i in range(12)
    ]
    stores.facts.add([Fact(id="", text=t, object="bench board", kind="defect") for t in texts])
    run = start(test, references=golden, object="bench board", model=scripted(), stores=stores, out=tmp_path / "run",
                policy=Policy(facts=10))  # fmt: skip
    for _ in follow(run):
        pass
    assert len(run.verdict.facts) == 10
    assert len([s for s in read_trace(tmp_path / "run").steps if s.node == "examine"]) == 15
    with sqlite3.connect(tmp_path / "run" / "checkpoints.sqlite") as db:
        sizes = [n for (n,) in db.execute(
            "select length(c.checkpoint) + length(c.metadata) + coalesce((select sum(length(w.value)) from writes w "
            "where w.checkpoint_id = c.checkpoint_id), 0) from checkpoints c")]  # fmt: skip
    assert max(sizes) <= 10 * 1024, sizes


def test_no_image_bytes_in_checkpoints_or_trace(scripted, stores, pair, tmp_path):
    run = start(pair[0], references=pair[1], model=scripted(), stores=stores, out=tmp_path / "run")
    for _ in follow(run):
        pass
    with open_checkpoints(tmp_path / "run" / "checkpoints.sqlite") as saver:
        kept = [repr(c.checkpoint) + repr(c.pending_writes) for c in saver.list(None)]
    assert kept
    for text in [*kept, (tmp_path / "run" / "trace.jsonl").read_text()]:
        assert "base64" not in text
        assert "iVBOR" not in text


def test_tokens_and_calls_are_counted_by_step(scripted, stores, pair, tmp_path):
    run = start(pair[0], references=pair[1], model=scripted(), stores=stores, out=tmp_path / "run")
    for _ in follow(run):
        pass
    by_node = {s.node: s for s in read_trace(tmp_path / "run").steps}
    assert (by_node["examine"].calls, by_node["examine"].tokens) == (1, {"input": 10, "output": 5})
    assert by_node["compare"].calls == 0
    assert by_node["reason"].claims[0].id == "CV"


def test_a_reviewer_function_is_asked(scripted, stores, pair):
    seen = []

    def reviewer(question):
        seen.append(question)
        return {"verdict": "normal", "reviewer": "eva"}

    verdict = inspect(pair[0], references=pair[1], model=scripted(), stores=stores, reviewer=reviewer,
                      policy=Policy(review="always"))  # fmt: skip
    assert verdict.reviewed and verdict.verdict == "normal"
    assert seen[0]["verdict"] == "anomalous"
    with pytest.raises(RunFailed, match="waits for a review"):
        inspect(pair[0], references=pair[1], model=scripted(), stores=stores, reviewer=lambda q: None,
                policy=Policy(review="always"))  # fmt: skip


def test_an_out_folder_that_cannot_be_made_fails_while_running(scripted, stores, pair, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunFailed, match="cannot be written"):
        start(pair[0], references=pair[1], model=scripted(), stores=stores, out=tmp_path / "file" / "run")


def test_request_is_kept_json_plain(scripted, stores, pair, tmp_path):
    start(pair[0], references=pair[1], model=scripted(), stores=stores, out=tmp_path / "run", question="Is it ok?")
    request = json.loads((tmp_path / "run" / "request.json").read_text())
    assert request["question"] == "Is it ok?"
    assert len(request["test"]["sha256"]) == 64


def test_the_same_graph_runs_over_an_openai_compatible_url(server, stores, pair):
    def reply(body):
        content = body["messages"][-1]["content"]
        assert all(
            b["image_url"]["url"].startswith("data:image/png;base64,") for b in content if b["type"] == "image_url"
        )
        words, p = sound(next(b["text"] for b in content if b["type"] == "text")), None
        words, p = words if isinstance(words, tuple) else (words, 0.5)
        top = [{"token": "True", "logprob": math.log(p)}, {"token": "False", "logprob": math.log(1 - p)}]
        first = {"token": words.split(".")[0], "logprob": 0.0, "top_logprobs": top}
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": words}}
        return 200, {**ANSWER, "choices": [{**choice, "logprobs": {"content": [first]}}]}

    server.reply = reply
    verdict = inspect(pair[0], references=pair[1], model=f"{server.url}#vlm", stores=stores)
    assert (verdict.verdict, verdict.model) == ("anomalous", "vlm")
    assert verdict.p_true == pytest.approx(0.97)
    assert [d.type for d in verdict.defects] == ["short"]
    images = [b for _, _, body, _ in (c for c in server.calls if c[0] == "POST") for m in body["messages"] for b in m["content"]
              if b["type"] == "image_url"]  # fmt: skip
    assert images


def test_a_disk_that_fills_up_leaves_no_half_request(scripted, stores, pair, tmp_path, monkeypatch):
    from pathlib import Path

    real = Path.write_text

    def full(path, text, **options):
        if path.name.startswith("request"):
            real(path, text[:3], **options)
            raise OSError(28, "No space left on device")
        return real(path, text, **options)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(RunFailed, match="No space left"):
        start(pair[0], references=pair[1], model=scripted(), stores=stores, out=tmp_path / "run")
    assert list((tmp_path / "run").iterdir()) == []
