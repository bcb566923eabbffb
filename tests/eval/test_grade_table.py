"""Tables of grades: wide and long, raters, empty cells; a bad cell is named by its line."""

from __future__ import annotations

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.eval.grade_table import read_grades


def table(tmp_path, text: str):
    path = tmp_path / "human.csv"
    path.write_text(text)
    return path


def test_one_column_a_figure(tmp_path):
    one, two = read_grades(
        table(tmp_path, "Case;logic;identification;cluster\na;3;;x\nb;4,5;1;\n".replace("4,5", "4.5"))
    )
    assert one == ("a", "", "x", {"logic": 3, "identification": None})
    assert two.grades == {"logic": 4.5, "identification": 1}


def test_the_long_form_and_raters(tmp_path):
    text = "id,axis,grade,rater\na,logic,3,eva\na,localization,2,eva\na,logic,5,ben\n"
    eva, ben = read_grades(table(tmp_path, text))
    assert eva == ("a", "eva", "", {"logic": 3, "localization": 2}) and ben.grades == {"logic": 5}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("name,logic\na,3\n", "no column is called case, id or trace"),
        ("case,logic\n", "holds no row"), ("", "no column is called"),
        ("case,logic\na,3\n,4\n", ":3: the row names no case"),
        ("case,logic\na,good\n", r":2, logic: 'good' is no number from 1 to 5"),
        ("case,logic\na,nan\n", r"'nan' is no number"), ("case,logic\na,6\n", r"'6' is no number from 1 to 5"),
        ("case,logic\na,3\na,4\n", ":3: logic of case 'a' is graded twice"),
        ("case,logic\na,3,4\n", ":2: the row has more cells than the head"),
        ("case,axis,grade\na,,3\n", "names no axis"),
    ],
)  # fmt: skip
def test_a_bad_table_is_told(tmp_path, text, why):
    with pytest.raises(BadInput, match=why):
        read_grades(table(tmp_path, text), low=1, high=5)


def test_no_such_file(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        read_grades(tmp_path / "none.csv")
