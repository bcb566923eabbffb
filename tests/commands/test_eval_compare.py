"""`eval compare`, `agreement` and `calibrate` on what the other commands leave, and on traces of real runs' form."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sage_inspect.cli import cli
from sage_inspect.errors import BadInput, RunFailed
from sage_inspect.eval.predictions.scoring import AnswerScore
from sage_inspect.eval.trace_file import digest_of
from sage_inspect.schema import Claim, ImageRef, Step, Trace, Verdict

from ..eval.judge.judges import case_of as number_of


def run(*words, code: int = 0):
    done = CliRunner().invoke(cli, ["eval", *map(str, words)])
    if isinstance(done.exception, BadInput | RunFailed):
        raise done.exception
    assert done.exit_code == code, done.output
    return done


def scored(path, grades, **more):
    path.mkdir()
    with (path / "answers.jsonl").open("w") as file:
        for i, g in enumerate(grades):
            told = AnswerScore(
                id=str(i), group=f"g{i}", level="", question=f"Q{i}?", answer=f"A{g}.", truth=True, right=g > 2,
                logic=g, judge_logic=min(5.0, g + 1), **more,
            )  # fmt: skip
            file.write(told.model_dump_json() + "\n")
    return path


def test_two_scored_sets(tmp_path):
    a, b = scored(tmp_path / "a", [1, 2, 3, 4] * 5), scored(tmp_path / "b", [2, 3, 4, 5] * 5)
    done = run("compare", a, b)
    line = next(line for line in done.stdout.splitlines() if line.startswith("logic"))
    assert line.split()[:3] == ["logic", "2.500", "3.500"] and line.endswith("better")
    assert "20 cases in 20 clusters" in done.stdout
    told = json.loads(run("compare", a, b, "--json").stdout)
    logic = next(f for f in told["figures"] if f["figure"] == "logic")
    assert (logic["difference"], logic["higher"], logic["b_is"]) == (1, 20, "better")
    run("compare", a, b, "--fail-under", "logic=0.5")
    assert "gate logic: -1 is below -0.5" in run("compare", b, a, "--fail-under", "logic=-0.5", code=1).stderr
    with pytest.raises(BadInput, match="no such figure"):
        run("compare", a, b, "--fail-under", "beauty=0")


def trace(run_id: str, verdict: str, image: int) -> Trace:
    ref = ImageRef(sha256=f"{image:064x}", width=8, height=8)
    claim = Claim(id="CV", subject="image", defect=verdict == "anomalous", text=f"{verdict}.")
    output = {"verdict": verdict}
    step = Step(id="S1", node="reason", output=output, output_digest=digest_of(output), claims=(claim,))
    told = Verdict(verdict=verdict, probability=None, probability_source=None, test=ref, question="?", claims=(claim,))
    return Trace(run=run_id, request={"test": ref.model_dump(), "question": "?"}, steps=(step,), verdict=told)


def write(path, traces):
    path.write_text("".join(t.model_dump_json() + "\n" for t in traces))
    return path


def test_traces_of_two_agents_meet_over_their_images(tmp_path):
    a = write(tmp_path / "a.jsonl", [trace(f"a{i}", "normal", i) for i in range(3)])
    b = write(tmp_path / "b.jsonl", [trace(f"b{i}", "anomalous", i) for i in range(1, 4)])
    told = json.loads(run("compare", a, b, "--json").stdout)
    assert (told["cases"], told["only_a"], told["only_b"]) == (2, 1, 1)
    assert "fewer than 10 clusters" in told["note"]


def prefers_anomalous(body: dict) -> tuple[int, dict]:
    user = body["messages"][-1]["content"]
    better = "first" if "anomalous" in user.split("Second:")[0] else "second"
    evidence = {"first": ["S1"], "second": ["S1"]}
    text = json.dumps({"case": number_of(user), "reason": "It sees it.", "evidence": evidence, "better": better})
    return 200, {"id": "1", "object": "chat.completion", "created": 1, "model": "vlm", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}]}  # fmt: skip


def test_a_judge_compares_the_traces_in_both_orders(tmp_path, server):
    server.reply = prefers_anomalous
    a = write(tmp_path / "a.jsonl", [trace(f"a{i}", "normal", i) for i in range(2)])
    b = write(tmp_path / "b.jsonl", [trace(f"b{i}", "anomalous", i) for i in range(2)])
    words = ("compare", a, b, "--judge", f"{server.url}#vlm")
    done = run(*words, "--fail-under", "prefer_logic=0.9")
    assert (
        "the judge prefers B in logic: 1.000 [1.000 1.000] (ties half), 2 of 2 cases judged, 0 by the order"
        in done.stdout
    )
    assert len([c for c in server.calls if c[0] == "POST"]) == 3 * 2  # the two cases read alike
    server.reply = lambda body: (503, {"error": {"message": "down"}})
    run(*words)  # everything is kept
    c = write(tmp_path / "c.jsonl", [trace(f"c{i}", "uncertain", i) for i in range(2)])
    with pytest.raises(RunFailed, match="503.*then run the same again: replies are kept"):
        run("compare", a, c, "--judge", f"{server.url}#vlm")


def test_scores_alone_cannot_be_judged(tmp_path):
    (tmp_path / "a.csv").write_text("case,quality\n1,0.5\n")
    with pytest.raises(BadInput, match="these are scores alone"):
        run("compare", tmp_path / "a.csv", tmp_path / "a.csv", "--judge", "http://127.0.0.1:9/v1#m")


def human(path, grades):
    path.write_text("case,logic\n" + "".join(f"{i},{g}\n" for i, g in enumerate(grades)))
    return path


def test_agreement_with_people(tmp_path):
    grades = [1, 2, 3, 4] * 5
    a, people = scored(tmp_path / "a", grades), human(tmp_path / "h.csv", [*grades, 5])
    done = run("agreement", a, people)
    assert "logic beside people's logic: 20 of 21 cases, 20 clusters" in done.stdout
    told = {f["figure"]: f for f in json.loads(run("agreement", a, people, "--json").stdout)["figures"]}
    assert told["logic"]["kappa"]["value"] == 1 and told["judge_logic"]["kappa"]["value"] < 0.8
    assert told["judge_logic"]["spearman"]["value"] == pytest.approx(1) and told["logic"]["unscored"] == 1
    words = ("agreement", a, people, "--fail-under", "logic.kappa=0.9", "--fail-under", "judge_logic.kappa=0.9")
    assert run(*words, code=1).stderr.startswith("gate judge_logic.kappa")
    with pytest.raises(BadInput, match="this names no pair"):
        run("agreement", a, people, "--pair", "logic")


def test_calibration_is_written_and_used(tmp_path, server):
    grades = [1, 2, 3, 4] * 6
    a, people, out = scored(tmp_path / "a", grades), human(tmp_path / "h.csv", grades), tmp_path / "c" / "cal.json"
    done = run("calibrate", a, people, "--out", out)
    assert "judge_logic: grade -1.00 (24 cases, 24 clusters)" in done.stdout
    assert "before 1.000 [1.000 1.000]   after, on cases left out 0.000" in done.stdout
    assert json.loads(out.read_text())["axes"]["judge_logic"]["mapping"]["offset"] == pytest.approx(-1)
    from .test_eval_answers import answered

    server.reply = lambda body: (200, answered(body, 4))
    (tmp_path / "p.jsonl").write_text(json.dumps({"question": "?", "answer": "True."}) + "\n")
    words = (
        "answers",
        tmp_path / "p.jsonl",
        "--out",
        tmp_path / "o",
        "--no-similarity",
        "--judge",
        f"{server.url}#vlm",
    )
    run(*words, "--calibration", out)
    assert json.loads((tmp_path / "o" / "answers.jsonl").read_text())["judge_logic"] == pytest.approx(3)


def test_there_must_be_a_judge_to_calibrate(tmp_path):
    (tmp_path / "a.csv").write_text("case,logic\n0,3\n")
    with pytest.raises(BadInput, match="no judge's grades are in it"):
        run("calibrate", tmp_path / "a.csv", human(tmp_path / "h.csv", [3]), "--out", tmp_path / "c.json")
