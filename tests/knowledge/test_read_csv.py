"""Facts from tables."""

from __future__ import annotations

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.knowledge.ingest import ingest
from sage_inspect.knowledge.read_csv import csv_rows
from sage_inspect.knowledge.rows import Problem


@pytest.mark.parametrize("cut", [",", ";", "\t"])
def test_columns_by_name_and_rows_by_line(tmp_path, cut):
    lines = [
        ["Part", "Text", "kind", "allows", "Remark"],
        ["nut", f'"A dent{cut} or hollow, is round."', "appearance", "", "x"],
        [],
        ["bolt", "Burrs may stay on it.", "criterion", "burr|spur", ""],
        ["", "Nobody knows what this is on.", "", "", ""],
        ["nut", "", "", "", ""],
        ["nut", "Dents up to 3 mm are acceptable."],
    ]
    (tmp_path / "f.csv").write_text("\n".join(cut.join(row) for row in lines), encoding="utf-8-sig")
    report = ingest(tmp_path / "f.csv")
    first, second, third = report.facts
    assert (first.text, first.object, first.kind) == (
        " ".join(f"A dent{cut} or hollow, is round.".split()),
        "nut",
        "appearance",
    )
    assert (second.object, second.allows, second.origin) == ("bolt", ("burr", "spur"), "f.csv#4")
    assert third.criterion is not None and third.criterion.limit == 3
    assert [(p.where, p.reason) for p in report.problems] == [
        ("f.csv#5", "it names no object"), ("f.csv#6", "its text is empty"),
    ]  # fmt: skip


def test_a_table_without_sentences(tmp_path):
    (tmp_path / "f.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BadInput, match="no column is called 'text'"):
        ingest(tmp_path / "f.csv")


def test_a_quotation_mark_that_is_never_closed_costs_its_own_line():
    rows = list(csv_rows('text;object\n"Rims tear;gasket\n"Rims\nbend.";gasket\nRims rust.;gasket\n', "t.csv"))
    assert [getattr(r, "text", "") for r in rows[1:]] == ["Rims bend.", "Rims rust."]
    assert isinstance(rows[0], Problem) and rows[0].where == "t.csv#2" and "not a row" in rows[0].reason
    assert [r.origin for r in rows[1:]] == ["t.csv#3", "t.csv#5"]
