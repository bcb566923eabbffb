"""Labels with acceptance criteria applied."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from sage_inspect.eval.labelled import right_verdict, true_boxes, true_types
from sage_inspect.eval.labels import LabelledDefect, Labels
from sage_inspect.schema import Box

HOLE = LabelledDefect(box=Box(1, 1, 5, 5), type="Pin-hole")
OPEN = LabelledDefect(box=Box(20, 20, 30, 30), type="open")


@pytest.mark.parametrize(
    ("labels", "verdict", "types", "boxes"),
    [
        (None, None, set(), None),
        (Labels(), None, set(), None),
        (Labels(label="normal"), "normal", set(), ()),
        (Labels(label="anomalous"), "anomalous", set(), None),
        (Labels(types=("open",)), "anomalous", {"open"}, None),
        (Labels(defects=(HOLE, OPEN)), "anomalous", {"pin hole", "open"}, (HOLE.box, OPEN.box)),
        (Labels(defects=(HOLE, OPEN), permitted=("pin-hole",)), "anomalous", {"open"}, (OPEN.box,)),
        (Labels(label="anomalous", defects=(HOLE,), permitted=("pin hole",)), "normal", set(), ()),
    ],
)
def test_what_labels_say(labels, verdict, types, boxes):
    assert (right_verdict(labels), true_types(labels), true_boxes(labels)) == (verdict, types, boxes)


def test_a_mask_gives_its_parts(tmp_path):
    mask = np.zeros((100, 100), np.uint8)
    mask[10:20, 30:50] = 7
    Image.fromarray(mask).save(tmp_path / "m.png")
    assert true_boxes(Labels(label="anomalous", mask=tmp_path / "m.png")) == (Box(30, 10, 50, 20),)
