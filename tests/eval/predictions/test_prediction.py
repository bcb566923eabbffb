"""Lines of predictions: both forms, what is left out stays None, bad lines are named by their number."""

from __future__ import annotations

import json

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.eval.predictions.prediction import read_predictions

FULL = {
    "id": "q1", "question": "Is it scratched?", "answer": "True. Scratch: a line [F1].", "truth": "yes", "group": "nut 1",
    "level": "standard comparison", "reference": "True. A scratch.", "shown": [{"type": "scratch", "places": ["centre"]}],
    "facts": ["A scratch is a line.", {"id": "F7", "text": "Nuts are grey.", "kind": "normal"}], "seconds": 0.3,
}  # fmt: skip


def write(tmp_path, *lines):
    path = tmp_path / "predictions.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def test_a_full_line(tmp_path):
    (found,) = read_predictions(write(tmp_path, FULL))
    assert found.truth is True and found.cluster == "nut 1"
    assert [(f.id, f.kind) for f in found.facts] == [("F1", "defect"), ("F7", "normal")]
    truth = found.scale_truth()
    assert truth.value is True and truth.shown[0].places == ("centre",) and truth.facts[1].fact.kind == "normal"
    assert found.extra == {"seconds": 0.3}


def test_what_nobody_said_is_not_a_normal_image(tmp_path):
    one, two = read_predictions(
        write(tmp_path, {"question": "?", "answer": "True.", "truth": True}, "", FULL | {"shown": []})
    )
    assert (one.id, one.cluster, one.scale_truth()) == ("1", "1", None)
    assert two.scale_truth().shown == ()


def test_the_form_of_sages_own_predictions(tmp_path):
    raw = {"id": 3, "image": ["a.png", "b.png"], "label": 1, "question": "?", "answer": "It is torn.", "prediction": "False. Fine.", "ground_truth": True, "dichotomy": True}  # fmt: skip
    (found,) = read_predictions(write(tmp_path, raw))
    assert (found.id, found.image, found.reference, found.answer, found.truth) == (
        "3", "a.png", "It is torn.", "False. Fine.", True,
    )  # fmt: skip
    assert found.extra["dichotomy"] is True and found.extra["label"] == 1


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{broken", r":2: the line is not JSON"),
        ('{"question": "?", "answer": "x", "extra": {"a": NaN}}', r":2: the line is not JSON \(NaN is no JSON"),
        ("[1]", r":2: the line is no JSON object"),
        ({"question": "?"}, r":2: answer: Field required"),
        ({"question": "?", "answer": "x", "truth": "perhaps"}, r":2: truth: .*neither true nor false"),
        ({"question": "?", "answer": "x", "truth": 1}, r":2: truth: .*neither true nor false"),
        ({"question": "?", "answer": "x", "shown": [{"type": "dent", "places": ["north"]}]}, r"'north' is no place"),
        (FULL, r":2: id 'q1' is there already"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, why):
    with pytest.raises(BadInput, match=why):
        list(read_predictions(write(tmp_path, FULL, line)))


def test_no_such_file(tmp_path):
    with pytest.raises(BadInput, match="no such file"):
        list(read_predictions(tmp_path / "none.jsonl"))
    with pytest.raises(BadInput, match="cannot be read"):
        list(read_predictions(tmp_path))
