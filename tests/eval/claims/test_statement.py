"""A statement that nobody read says nothing: unscored, not wrong."""

import dataclasses

import pytest

from sage_inspect.eval.claims import Statement, read_statement


def test_by_default_nothing_is_stated():
    assert Statement("A gear.") == Statement(
        "A gear.", subject="image", defect=None, hedged=False, type=None, place="", box=None
    )


def test_it_does_not_change_and_counts_by_what_it_says():
    said = Statement("A crack.", defect=True, type="crack")
    with pytest.raises(dataclasses.FrozenInstanceError):
        said.defect = False  # type: ignore[misc]
    assert said in {Statement("A crack.", defect=True, type="crack")} and said != Statement("A crack.", type="crack")


@pytest.mark.parametrize(
    ("text", "subject", "box"),
    [
        ("There is a crack at [10, 20, 30, 40].", "image", (10.0, 20.0, 30.0, 40.0)),
        ("Reference images show a smooth surface with small pores.", "reference", None),
        ("I will compare the left edge with the references to check for chips.", "process", None),
    ],
)
def test_its_fields_as_they_are_read(text, subject, box):
    read = read_statement(text)
    assert (read.text, read.subject, read.box) == (text, subject, box)
