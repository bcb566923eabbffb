"""Labels find their traces by run, digest or file name; masks by the image's name."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from sage_inspect.errors import BadInput
from sage_inspect.eval.label_file import LabelFile
from sage_inspect.eval.labelled import true_boxes
from sage_inspect.schema import Box, Trace

from .traces import trace


@pytest.mark.parametrize("key", [{"trace": "run-1"}, {"image": "a" * 64}, {"image": "board.png"}, {"image": "board"}])
def test_a_line_names_its_trace(tmp_path, key):
    (tmp_path / "labels.jsonl").write_text(json.dumps({**key, "label": "anomalous", "types": ["short"]}) + "\n\n")
    labels = LabelFile(tmp_path / "labels.jsonl")
    assert labels.of(trace()).types == ("short",)
    assert labels.of(Trace(run="another")) is None


def test_masks_belong_to_images_of_the_same_name(tmp_path):
    mask = np.zeros((100, 100), np.uint8)
    mask[10:30, 10:30] = 255
    Image.fromarray(mask).save(tmp_path / "board_mask.png")
    assert true_boxes(LabelFile(masks=tmp_path).of(trace())) == (Box(10, 10, 30, 30),)
    Image.fromarray(mask * 0).save(tmp_path / "board_mask.png")
    assert LabelFile(masks=tmp_path).of(trace()).label == "normal"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"label": "normal"}', "neither a trace nor an image"),
        ("{", "no label"),
        ('{"image": "a", "label": "bad"}', "no label"),
        ("[]", "no label"),
    ],
)
def test_a_line_that_is_no_label_is_named(tmp_path, line, words):
    (tmp_path / "labels.jsonl").write_text(line + "\n")
    with pytest.raises(BadInput, match=words) as found:
        LabelFile(tmp_path / "labels.jsonl")
    assert str(found.value).startswith(f"{tmp_path}/labels.jsonl:1: ")


def test_what_does_not_exist_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no label file"):
        LabelFile(tmp_path / "no.jsonl")
    with pytest.raises(BadInput, match="no folder of masks"):
        LabelFile(masks=tmp_path / "no")
