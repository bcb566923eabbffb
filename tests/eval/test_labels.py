"""What labels may say, and that what they do not know stays unknown."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sage_inspect.eval.labels import LabelledDefect, Labels
from sage_inspect.schema import Box


def test_nothing_is_known_unless_it_is_said():
    assert Labels() == Labels(label=None, types=(), defects=(), mask=None, permitted=())


def test_as_json_and_back():
    known = Labels.model_validate_json(
        '{"label": "anomalous", "types": ["open"], "mask": "m.png", "permitted": ["pin-hole"],'
        ' "defects": [{"box": [1, 2, 3, 4], "type": "open"}, {"box": [5, 6, 7, 8]}]}'
    )
    assert known.defects == (LabelledDefect(box=Box(1, 2, 3, 4), type="open"), LabelledDefect(box=Box(5, 6, 7, 8)))
    assert known.mask is not None and known.mask.name == "m.png" and known.defects[1].type == ""
    assert Labels.model_validate_json(known.model_dump_json()) == known


@pytest.mark.parametrize(
    "wrong",
    [
        {"label": "bad"},
        {"label": "uncertain"},
        {"lable": "normal"},
        {"defects": [{"type": "open"}]},
        {"defects": [{"box": [1, 2, 3]}]},
        {"types": "open"},
    ],
)
def test_what_is_no_label_is_refused(wrong):
    with pytest.raises(ValidationError):
        Labels.model_validate(wrong)
