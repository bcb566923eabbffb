"""Lines of training files: what a line may say, and errors that name the file and the line."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from sage_inspect.errors import BadInput
from sage_inspect.finetune.records import Example, Preference, read_records

LINE = {"id": "a", "prompt": "Is it?", "answer": "True."}


def ranked(*scores):
    answers = [{"text": f"answer {i}", "score": score} for i, score in enumerate(scores)]
    return {"id": "a", "prompt": "Is it?", "answers": answers}


def write(folder, *lines):
    path = folder / "lines.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
    return path


def test_lines_are_read_in_order_and_blank_ones_passed_over(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.png").write_bytes(b"not opened")
    path = write(tmp_path, LINE, "", "  ", {**LINE, "id": "b", "images": ["deep/a.png"], "group": "g", "level": "l"})
    first, second = read_records(path, Example)
    assert (first.id, first.images, first.group, first.answer) == ("a", (), "", "True.")
    assert (second.id, second.images, second.group, second.level) == ("b", ("deep/a.png",), "g", "l")


def test_images_are_relative_to_the_file(tmp_path, monkeypatch):
    (tmp_path / "here.png").write_bytes(b"")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "elsewhere", {**LINE, "images": ["here.png"]})
    with pytest.raises(BadInput, match=r"lines.jsonl:1: image here.png is not there"):
        list(read_records(path, Example))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", r":2: not JSON"),
        ("[]", r":2: the line: "),
        ({**LINE, "id": ""}, r":2: id: "),
        ({**LINE, "prompt": ""}, r":2: prompt: "),
        ({**LINE, "answr": "x"}, r":2: answr: Extra inputs"),
        ({"id": "a", "prompt": "x"}, r":2: answer: Field required"),
        ({**LINE, "images": "a.png"}, r":2: images: "),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, told):
    with pytest.raises(BadInput, match=told) as error:
        list(read_records(write(tmp_path, LINE, line), Example))
    assert "\n" not in str(error.value)


def test_good_lines_before_a_wrong_one_are_given(tmp_path):
    lines = read_records(write(tmp_path, LINE, "{"), Example)
    assert next(lines).id == "a"
    with pytest.raises(BadInput):
        next(lines)


def test_no_file(tmp_path):
    with pytest.raises(BadInput, match="no such file"):
        list(read_records(tmp_path / "gone.jsonl", Example))


@pytest.mark.parametrize("scores", [(5, 4, 4, 1), (5, 5), (None, None, None)])
def test_ranks_with_scores_or_without(scores):
    assert [a.score for a in Preference.model_validate(ranked(*scores)).answers] == list(scores)


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ((4, 5), "scores rise along the ranks"),
        ((5, 3, 4), "scores rise along the ranks"),
        ((5, None), "some answers have a score and some have none"),
        ((None, 5), "some answers have a score and some have none"),
        ((5,), "at least 2 items"),
        ((5.5, 1), "less than or equal to 5"),
        ((5, 0.5), "greater than or equal to 1"),
    ],
)
def test_ranks_that_cannot_be(scores, told):
    with pytest.raises(ValidationError, match=told):
        Preference.model_validate(ranked(*scores))
