"""`sage-inspect eval answers` end to end: files, figures, gates, a judge behind an endpoint, and one that dies."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sage_inspect.cli import cli
from sage_inspect.errors import BadInput, RunFailed

from ..eval.judge.judges import grade

LINES = [
    {"id": "1", "group": "a", "level": "L", "question": "Is it torn?", "answer": "True. Torn: at the centre.", "truth": True,
     "asks": "defect", "shown": [{"type": "torn", "places": ["centre"]}], "reference": "True. It is torn."},
    {"id": "2", "group": "a", "level": "L", "question": "Is it sound?", "answer": "True. No defect.", "truth": False,
     "asks": "sound", "shown": [{"type": "torn", "places": ["centre"]}]},
    {"id": "3", "group": "b", "question": "Is it bent?", "answer": "Perhaps.", "truth": False},
]  # fmt: skip


@pytest.fixture
def predictions(tmp_path):
    path = tmp_path / "predictions.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    return path


def run(*words, code: int = 0):
    done = CliRunner().invoke(cli, ["eval", "answers", *map(str, words)])
    if isinstance(done.exception, BadInput | RunFailed):
        raise done.exception
    assert done.exit_code == code, done.output
    return done


def figures(folder) -> dict[str, dict]:
    return {f["figure"]: f for f in json.loads((folder / "summary.json").read_text())["figures"]}


def test_figures_and_files(predictions, tmp_path):
    out = tmp_path / "out"
    done = run(predictions, "--out", out, "--no-similarity")
    found = figures(out)
    assert found["accuracy"]["value"] == 0.5 and found["accuracy"]["coverage"] == pytest.approx(2 / 3)
    assert found["identification"]["scored"] == 2 and found["identification"]["value"] == 3  # 5 and 1
    assert found["similarity"]["value"] is None
    assert "unscored" in done.stdout and "judge" not in done.stdout
    assert [json.loads(line)["id"] for line in (out / "answers.jsonl").open()] == ["1", "2", "3"]
    assert (out / "summary.csv").read_text().startswith("figure,value,low,high,scored,of,coverage")
    told = json.loads(run(predictions, "--out", out, "--no-similarity", "--json").stdout)
    assert told["figures"] == json.loads((out / "summary.json").read_text())["figures"]


def test_gates(predictions, tmp_path):
    words = (predictions, "--out", tmp_path / "out", "--no-similarity", "--fail-under")
    run(*words, "accuracy=0.5", "--fail-under", "accuracy[L]=.5")
    assert "gate accuracy: 0.5 is below 0.6" in run(*words, "accuracy=0.6", code=1).stderr
    assert "gate similarity: unscored" in run(*words, "similarity=-1", code=1).stderr
    with pytest.raises(BadInput, match="there is no such figure"):
        run(*words, "beauty=1")


def test_similarity_by_the_real_embedder(predictions, tmp_path):
    run(predictions, "--out", tmp_path / "out")
    assert figures(tmp_path / "out")["similarity"]["scored"] == 1
    assert 0.5 < figures(tmp_path / "out")["similarity"]["value"] < 1


def test_questions_that_know_the_truth(tmp_path):
    questions, given = tmp_path / "qa.json", tmp_path / "p.jsonl"
    asked = [{"question_en": q, "answer": True, "conclusion_en": "It is."} for q in ("Is it torn?", "Is it bent?")]
    questions.write_text(
        json.dumps([{"test_image": "a.png", "pair_type": "defect diagnosis", "question_answer": asked}])
    )
    given.write_text(json.dumps({"image": "set/a.png", "question": "Is it torn?", "answer": "True."}) + "\n")
    run(given, "--questions", questions, "--out", tmp_path / "out", "--no-similarity")
    found = figures(tmp_path / "out")
    assert (found["accuracy"]["value"], found["accuracy"]["scored"], found["accuracy"]["of"]) == (1, 1, 2)
    assert (
        found["accuracy_strict"]["value"] == 0.5
        and json.loads((tmp_path / "out/summary.json").read_text())["unanswered"] == 1
    )


def test_mmad_has_three_numbers(tmp_path):
    questions, given, out = tmp_path / "mmad.json", tmp_path / "p.jsonl", tmp_path / "out"
    asked = {
        "Question": "Which?",
        "Answer": "B",
        "Options": {"A": "Torn", "B": "Bent"},
        "type": "Defect Classification",
    }
    questions.write_text(json.dumps({f"VisA/c/test/bad/{n}.png": {"conversation": [asked]} for n in range(3)}))
    told = ["B. A bent rim", "B", "don't know"]
    given.write_text("".join(json.dumps({"image": f"VisA/c/test/bad/{n}.png", "question": "Which?", "answer": a}) + "\n" for n, a in enumerate(told)))  # fmt: skip
    done = run(given, "--questions", questions, "--out", out)
    assert "strict 0.6667; as the public scorer counts 0.5000 (1 of 3 left out there)" in done.stdout
    assert "0.3333" in done.stdout
    assert (
        "gate failures"
        in run(given, "--questions", questions, "--out", out, "--fail-under", "failures=.1", code=1).stderr
    )
    assert (out / "answers.csv").read_text().count("\n") == 4


def answered(body: dict, score: int) -> dict:
    text = grade(body["messages"][-1]["content"], score)
    return {"id": "1", "object": "chat.completion", "created": 1, "model": "vlm", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}]}  # fmt: skip


def test_a_judge_behind_an_endpoint_and_its_death(predictions, tmp_path, server):
    server.reply = lambda body: (200, answered(body, 4))
    words = (predictions, "--out", tmp_path / "out", "--no-similarity", "--judge", f"{server.url}#vlm")
    calls = []

    def dying(body):
        calls.append(body)
        return (200, answered(body, 4)) if len(calls) <= 2 else (503, {"error": {"message": "down"}})

    server.reply = dying
    with pytest.raises(
        RunFailed, match="503.*then run the same again: what the judge said is kept, 3 answers are left"
    ):
        run(*words)
    assert figures(tmp_path / "out")["accuracy"]["value"] == 0.5  # what needs no judge is there
    server.reply = lambda body: (200, answered(body, 4))
    run(*words, "--fail-under", "judge_logic=4")
    found, told = figures(tmp_path / "out"), json.loads((tmp_path / "out" / "summary.json").read_text())
    assert found["judge_logic"]["value"] == 4 and found["judge_logic"]["scored"] == 3
    # Eight grades in all: the third answer has nothing to judge its places by; two were known.
    assert told["judge_calls"] == "6" and found["judge_score"]["scored"] == 2
    assert all("Authorization" not in line for line in (tmp_path / "out" / "answers.jsonl").open())


def test_a_model_that_is_no_judge_is_told(predictions, tmp_path, server):
    done = run(predictions, "--out", tmp_path / "out", "--no-similarity", "--judge", f"{server.url}#vlm")
    assert "the judge graded nothing (unscored: the reply is not JSON): this model is no judge" in done.stderr
    assert figures(tmp_path / "out")["judge_logic"]["value"] is None
