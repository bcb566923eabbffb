"""The files of a build as they grow: what is not finished is taken away, and other builds are refused."""

from __future__ import annotations

import json

import pytest

from sage_inspect.errors import BadInput, RunFailed
from sage_inspect.finetune.preferences.lines import Lines
from sage_inspect.finetune.records import Example, Preference

OPTIONS = {"seed": 1, "levels": ["a"]}


def write(lines, case, count=2):
    for _ in range(count):
        id = lines.next_id(case)
        answers = [{"text": "True.", "score": 5}, {"text": "False.", "score": 1}]
        lines.preference(Preference(id=id, prompt="Is it?", answers=answers))
        lines.example(Example(id=id, prompt="Is it?", answer="True."))


def ids(out, name="preferences.jsonl"):
    return [json.loads(line)["id"] for line in (out / name).read_text().splitlines()]


def test_ids_count_within_a_case(tmp_path):
    with Lines(tmp_path, OPTIONS) as lines:
        assert [lines.next_id("a"), lines.next_id("a"), lines.next_id("b")] == ["a#1", "a#2", "b#1"]


def test_a_case_that_was_not_finished_is_taken_away(tmp_path):
    with pytest.raises(KeyboardInterrupt), Lines(tmp_path, OPTIONS) as lines:
        write(lines, "a")
        lines.finish("a")
        write(lines, "b", 1)
        raise KeyboardInterrupt
    assert ids(tmp_path) == ["a#1", "a#2", "b#1"]
    with Lines(tmp_path, OPTIONS) as lines:
        assert lines.done == {"a"}
        assert ids(tmp_path) == ids(tmp_path, "examples.jsonl") == ["a#1", "a#2"]
        write(lines, "b")
        lines.finish("b")
        lines.close({"cases": 2, "none": None})
    assert ids(tmp_path) == ["a#1", "a#2", "b#1", "b#2"]
    about = json.loads((tmp_path / "build.json").read_text())
    assert about["complete"] is True
    assert about["built"] == {"cases": 2}
    assert about["seed"] == 1


def test_a_kill_in_the_middle_of_a_line(tmp_path):
    with Lines(tmp_path, OPTIONS) as lines:
        for case in ("a", "b"):
            write(lines, case)
            lines.finish(case)
    with (tmp_path / "done.txt").open("a") as file:
        file.write('["c", 99')
    with (tmp_path / "examples.jsonl").open("a") as file:
        file.write('{"id": "c')
    with Lines(tmp_path, OPTIONS) as lines:
        assert lines.done == {"a", "b"}
        write(lines, "c")
        lines.finish("c")
    assert ids(tmp_path) == ids(tmp_path, "examples.jsonl") == ["a#1", "a#2", "b#1", "b#2", "c#1", "c#2"]
    with Lines(tmp_path, OPTIONS) as lines:
        assert lines.done == {"a", "b", "c"}


def test_a_finished_case_is_on_disk(tmp_path):
    with Lines(tmp_path, OPTIONS) as lines:
        write(lines, "a")
        lines.finish("a")
        assert ids(tmp_path) == ["a#1", "a#2"]
        assert json.loads((tmp_path / "done.txt").read_text())[0] == "a"


@pytest.mark.parametrize("change", [{"seed": 2}, {"levels": []}, {"more": 1}])
def test_another_build_is_refused_and_kept(tmp_path, change):
    with Lines(tmp_path, OPTIONS) as lines:
        write(lines, "a")
        lines.finish("a")
    with (
        pytest.raises(BadInput, match=f"differs in {next(iter(change))}; name another folder"),
        Lines(tmp_path, {**OPTIONS, **change}),
    ):
        pass
    assert ids(tmp_path) == ["a#1", "a#2"]


def test_files_of_another_origin_are_not_overwritten(tmp_path):
    (tmp_path / "examples.jsonl").write_text("mine\n")
    with pytest.raises(BadInput, match="of another origin"), Lines(tmp_path, OPTIONS):
        pass
    assert (tmp_path / "examples.jsonl").read_text() == "mine\n"
    (tmp_path / "build.json").write_text("{")
    with pytest.raises(BadInput, match="build.json, which cannot be read"), Lines(tmp_path, OPTIONS):
        pass


def test_a_disk_that_is_full_is_one_line_and_other_errors_are_their_own(tmp_path):
    with pytest.raises(RunFailed, match="it cannot be written .No space left on device"), Lines(tmp_path, OPTIONS):
        raise OSError(28, "No space left on device")
    with pytest.raises(KeyError), Lines(tmp_path, OPTIONS):
        raise KeyError("x")
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFailed, match="cannot be written"), Lines(tmp_path / "file", OPTIONS):
        pass
