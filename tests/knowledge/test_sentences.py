from __future__ import annotations

import pytest

from sage_inspect.knowledge.sentences import split_sentences, strip_marks, why_not


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("A gap of 0.5 mm is seen. It is dark.", ["A gap of 0.5 mm is seen.", "It is dark."]),
        ("Some parts, e.g. Nuts, bend. Others do not!", ["Some parts, e.g. Nuts, bend.", "Others do not!"]),
        ('He said "stop." Then it ran.', ['He said "stop."', "Then it ran."]),
        ("See fig. 3 for more", ["See fig. 3 for more"]),
        ("One line\nbroken in two.", ["One line broken in two."]),
        ("", []),
    ],
)
def test_split(text, parts):
    assert split_sentences(text) == parts


def test_lengths_are_inclusive():
    assert why_not("A crack.") == "" and why_not("Cracks.")
    assert why_not("x" * 300) == "" and why_not("x" * 301)


def test_strip_marks():
    assert strip_marks("- **Missing** [bristles](http://x) are `bad`") == "Missing bristles are bad"
    assert strip_marks("3. A 2*3*4 grid_of_lines") == "A 2*3*4 grid_of_lines"
