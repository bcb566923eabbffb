"""The command line as people and scripts use it: the real embedded model, real stores, exit codes, one line for errors."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from sage_inspect import cli
from sage_inspect.finetune.world.boards.pair import draw_pair
from sage_inspect.schema import ComparisonReport, Trace, Verdict

from .told import fails


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    """A drawn board with one open, its golden image, and the truth."""
    folder = tmp_path_factory.mktemp("board")
    test, golden, truth = draw_pair(3, defects=1, kinds=("open",))
    test.save(folder / "test.png")
    golden.save(folder / "golden.png")
    return folder / "test.png", folder / "golden.png", truth


def test_inspect_prints_one_json_object_and_leaves_a_run(sage, board, tmp_path):
    test, golden, _ = board
    code, out, err = sage("inspect", test, "--reference", golden, "--question", "Is any conductor broken?",
                          "--out", tmp_path / "run", "--json")  # fmt: skip
    assert code == 0
    assert err == ""
    verdict = Verdict.model_validate(json.loads(out))
    for key in ("verdict", "probability", "probability_source", "p_true", "p_value", "defects", "answer", "facts",
                "reference", "checks", "model", "timings_ms", "run"):  # fmt: skip
        assert key in json.loads(out)
    assert verdict.p_value is None
    assert verdict.reference is not None and verdict.reference.chosen == "given"
    assert {"intake", "recall", "compare", "plan", "reason", "verify", "conclude"} <= set(verdict.timings_ms)
    run = Path(verdict.run)
    assert {p.name for p in run.iterdir()} >= {"verdict.json", "trace.jsonl", "overlay.png", "report.html"}
    assert json.loads((run / "verdict.json").read_text()) == json.loads(out)
    html = (run / "report.html").read_text()
    assert "data:image/" in html
    assert "http://" not in html and "https://" not in html
    code, out, _ = sage("trace", "show", run, "--json")
    trace = Trace.model_validate(json.loads(out))
    assert trace.complete and trace.verdict == verdict
    assert "base64" not in out


def test_people_see_progress_and_a_panel(sage, board):
    code, out, err = sage("inspect", board[0], "--reference", board[1])
    assert code == 0
    assert err.startswith("run: ") and "intake" in err and "compare" in err
    assert "report.html" in out


def test_gate(sage, board):
    assert sage("inspect", board[1], "--reference", board[1], "--fail-on", "anomalous")[0] == 0
    assert sage("inspect", board[1], "--reference", board[1], "--fail-on", "normal")[0] == 1


def test_compare(sage, board, tmp_path):
    code, out, _ = sage("compare", board[0], board[1], "--out", tmp_path / "cmp", "--json")
    assert code == 0
    found = ComparisonReport.model_validate(json.loads(out))
    assert found.regions and Image.open(found.heatmap).size == Image.open(board[0]).size
    code, out, _ = sage("compare", board[1], board[1], "--json")
    assert (json.loads(out)["score"], json.loads(out)["regions"]) == (0, [])


def test_doctor(sage):
    code, out, _ = sage("doctor", "--json")
    assert code == 0
    rows = json.loads(out)
    assert rows["model"]["value"].startswith("nano")
    assert rows["facts"]["value"] != "0 facts"


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("gone.png", None, "no such file"),
        ("text.png", b"hello, I am text\n", "not an image"),
        ("empty.png", b"", "empty"),
        ("cut.jpg", "cut", "cut off"),
        ("dot.png", "dot", "too few"),
    ],
)
def test_bad_images_are_one_line_and_exit_2(sage, board, tmp_path, name, data, why):
    path = tmp_path / name
    if data == "cut":
        Image.open(board[1]).save(path, "JPEG")
        path.write_bytes(path.read_bytes()[:3000])
    elif data == "dot":
        Image.new("L", (1, 1)).save(path)
    elif data is not None:
        path.write_bytes(data)
    fails(sage("inspect", path, "--json"), 2, name, why)
    fails(sage("inspect", board[0], "--reference", path), 2, name, why)


def test_bad_words_are_one_line_and_exit_2(sage, board):
    fails(sage("inspect", board[0], "--model", "no-such-model"), 2, "no-such-model")
    fails(sage("inspect", board[0], "--question", "  "), 2, "question", "empty")
    fails(sage("inspect", board[0], "--question", "Is it \udce4?"), 2, "question")
    fails(sage("inspect", board[0], "--object", "\udce4"), 2, "object")
    fails(sage("inspect", board[0], "--question", "Is it " + "very " * 100 + "green?"), 2, "question", "400")
    fails(sage("inspect"), 2, "TEST")
    fails(sage("inspect", board[0], "--fail-on", "sometimes"), 2, "sometimes")
    fails(sage("nonsense"), 2, "nonsense")
    fails(sage("trace", "show", "no-such-run"), 2, "no such run")
    fails(sage("inspect", "--resume", "no-such-run"), 2, "no such run")


def test_a_dead_endpoint_is_one_line_and_exit_3(sage, board):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = sage("inspect", board[0], "--reference", board[1], "--model", f"http://127.0.0.1:{port}/v1#any", "--json")
    fails(told, 3, str(port))


def test_an_endpoint_that_never_answers_is_one_line_and_exit_3(sage, board, monkeypatch):
    monkeypatch.setenv("SAGE_INSPECT_ENDPOINT_TIMEOUT", "0.3")
    from sage_inspect.settings import get_settings

    get_settings.cache_clear()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1#any"
        told = sage("inspect", board[0], "--reference", board[1], "--model", url, "--json")
        fails(told, 3, "127.0.0.1")


def test_stores_that_cannot_be_used_are_one_line(sage, board, home):
    shutil.rmtree(home / "chroma")
    (home / "chroma").write_text("a file in the way")
    told = sage("inspect", board[0], "--reference", board[1], "--json")
    assert told[0] in (2, 3)
    fails(told, told[0], "chroma")


def test_a_reference_of_another_object_is_told_as_such(sage, board, tmp_path):
    Image.radial_gradient("L").resize((640, 640)).convert("RGB").save(tmp_path / "other.png")
    code, out, _ = sage("inspect", board[0], "--reference", tmp_path / "other.png", "--json")
    verdict = Verdict.model_validate(json.loads(out))
    assert code == 0
    assert verdict.verdict == "uncertain"
    assert verdict.defects == ()


def test_a_reference_of_another_size_still_compares_or_says_why(sage, board, tmp_path):
    Image.open(board[1]).resize((320, 320)).save(tmp_path / "half.png")
    code, out, _ = sage("compare", board[0], tmp_path / "half.png", "--json")
    assert code == 0
    assert json.loads(out)["registration"]["note"]


def test_a_run_folder_is_not_overwritten(sage, board, tmp_path):
    assert sage("inspect", board[1], "--reference", board[1], "--out", tmp_path / "run", "--json")[0] == 0
    told = sage("inspect", board[1], "--reference", board[1], "--out", tmp_path / "run", "--json")
    fails(told, 2, "holds a run already")
    fails(sage("inspect", board[0], "--resume", tmp_path / "run", "--json"), 2, "another image")
    again = sage("inspect", "--resume", tmp_path / "run", "--json")
    assert again[0] == 0
    assert json.loads(again[1]) == json.loads((tmp_path / "run" / "verdict.json").read_text())


def test_resume_takes_the_same_command_and_refuses_another(sage, board, tmp_path):
    words = (board[1], "--reference", board[1], "--object", "pcb", "--question", "Is it whole?", "--model", "nano",
             "--out", tmp_path / "run", "--json")  # fmt: skip
    first = sage("inspect", *words)
    resume = ("inspect", "--resume", tmp_path / "run")
    assert sage(*resume, *words)[:2] == first[:2]
    for option, value in (("--question", "Is it green?"), ("--object", "gear"), ("--reference", board[0]),
                          ("--out", tmp_path / "other"), ("--model", "http://127.0.0.1:9/v1#x")):  # fmt: skip
        fails(sage(*resume, option, value), 2, option, "started with another")


def test_ctrl_c_tells_how_to_go_on(sage, board, tmp_path, monkeypatch):
    from sage_inspect import console

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(console, "progress", stop)
    run = tmp_path / "a run"
    code, out, err = sage("inspect", board[1], "--reference", board[1], "--out", run, "--json")
    assert (code, out) == (130, "")
    assert err == f"stopped; go on with: sage-inspect inspect --resume '{run}'\n"


def test_a_mistyped_run_is_not_the_folder_one_stands_in(sage, board, tmp_path, monkeypatch):
    sage("inspect", board[1], "--reference", board[1], "--out", tmp_path / "run", "--json")
    monkeypatch.chdir(tmp_path / "run")
    fails(sage("trace", "show", "typo"), 2, "no such run")
    assert sage("trace", "show", "verdict.json", "--json")[0] == 0


def test_review_waits_without_an_answer_and_takes_one_in_another_call(sage, board, tmp_path):
    Image.effect_noise((200, 200), 60).save(tmp_path / "a.png")
    picture = Image.open(tmp_path / "a.png")
    picture.paste(0, (60, 60, 130, 130))
    picture.save(tmp_path / "b.png")
    words = ("inspect", tmp_path / "b.png", "--reference", tmp_path / "a.png", "--out", tmp_path / "run", "--review")
    code, out, _ = sage(*words, "--json", stdin="")
    assert code == 0
    assert set(json.loads(out)) == {"waiting", "verdict", "run"}
    assert json.loads(out)["verdict"] in ("normal", "anomalous", "uncertain")
    resumed = ("inspect", "--resume", tmp_path / "run", "--review")
    assert sage(*resumed, "--json", "--fail-on", "anomalous")[0] == 1, "a gate without a verdict stays shut"
    assert "answer with: " in sage(*resumed)[1]
    code, out, _ = sage("inspect", "--resume", tmp_path / "run", "--review", "--json", stdin="d\nscratch\n\n")
    assert code == 0
    verdict = Verdict.model_validate(json.loads(out))
    assert (verdict.verdict, verdict.reviewed, verdict.probability_source) == ("anomalous", True, "review")


def test_help_and_version_load_no_heavy_module():
    script = (
        "import sys; sys.argv = ['sage-inspect', '--help']\n"
        "import sage_inspect.cli as c\n"
        "try: c.main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'chromadb', 'langgraph', 'cv2', 'numpy', 'pydantic'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "inspect" in done.stdout


def test_debug_shows_the_traceback(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["sage-inspect", "inspect", str(tmp_path / "gone.png"), "--debug"])
    with pytest.raises(Exception, match="no such file"):
        cli.main()
