"""A version comes back from Chroma's metadata and from JSON as it went in."""

from __future__ import annotations

import pytest

from sage_inspect.knowledge.limits import read_criterion
from sage_inspect.knowledge.versions import (
    Event,
    FactVersion,
    event,
    from_json,
    metadata,
    to_json,
    told,
    versions_of,
)

from .nuts import nut

LIMIT = "Dents up to 3 mm are acceptable."
FACTS = (
    nut("Nuts bend.", origin="a.pdf#p12.3", source="expert"),
    nut(LIMIT, "criterion", criterion=read_criterion(LIMIT)),
    nut("Dents and pin-holes are “fine”.", "criterion", allows=("dent", "pin-hole")),
)
BEGAN = Event("added", "Ann", "2026-01-01T00:00:00+00:00", "the drawing")


def rows(*data: tuple[str, str, dict]) -> dict:
    ids, documents, metadatas = zip(*data, strict=True)
    return {"ids": ids, "documents": documents, "metadatas": metadatas}


@pytest.mark.parametrize("fact", FACTS, ids=lambda f: f.text)
def test_there_and_back(fact):
    whole = FactVersion(fact.model_copy(update={"version": 3}), "first", BEGAN)
    assert versions_of(rows((fact.id, fact.text, metadata(whole)))) == [whole]
    for one in (whole, whole._replace(ended=Event("retired", "Bob", "2026-01-02"))):
        line = to_json(one)
        assert "\n" not in line and from_json(line) == one


def test_metadata_says_every_key_so_that_an_update_leaves_nothing_old_behind():
    keys = {frozenset(metadata(FactVersion(f, f.id, BEGAN))) for f in FACTS}
    assert len(keys) == 1


def test_a_row_of_format_1_is_its_first_version_and_its_limit_is_read_from_the_sentence():
    new = ("criterion", "version", "lineage", "action", "by", "why")
    data = {k: v for k, v in metadata(FactVersion(FACTS[1], FACTS[1].id, BEGAN)).items() if k not in new}
    (read,) = versions_of(rows((FACTS[1].id, LIMIT, data)))
    assert read == FactVersion(FACTS[1], FACTS[1].id, Event("added", at=BEGAN.at))
    # A limit that a person took away stays away: the key is there, and empty.
    (bare,) = versions_of(rows((FACTS[1].id, LIMIT, data | {"criterion": ""})))
    assert bare.fact.criterion is None


def test_an_event_is_one_line_with_the_time():
    done = event("edited", " Ann\tB. ", "two\nlines")
    assert (done.by, done.why) == ("Ann B.", "two lines") and done.at.endswith("+00:00")


def test_what_befell_a_fact_is_told_once_each():
    first = FactVersion(FACTS[0], "a", BEGAN, Event("edited", "Bob"))
    second = FactVersion(nut("Nuts bend a bit."), "a", Event("edited", "Bob"), Event("retired", "Cy"))
    told_rows = told([first, second])
    assert [(r["action"], r["by"], r["text"]) for r in told_rows] == [
        ("added", "Ann", "Nuts bend."), ("edited", "Bob", "Nuts bend a bit."), ("retired", "Cy", "Nuts bend a bit."),
    ]  # fmt: skip
