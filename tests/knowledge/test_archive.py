"""Ended versions in a collection of their own, and what a kill between two steps leaves of them."""

from __future__ import annotations

import pytest

from sage_inspect.knowledge.archive import Archive, Move
from sage_inspect.knowledge.folder import open_folder
from sage_inspect.knowledge.versions import Event, FactVersion

from .nuts import nut

ADDED, EDITED = Event("added", "Ann", "2026-01-01"), Event("edited", "Bob", "2026-01-02", "clearer")


def version(number: int, text: str = "Nuts bend.", lineage: str = "a") -> FactVersion:
    return FactVersion(nut(text).model_copy(update={"version": number}), lineage, ADDED, EDITED)


@pytest.fixture
def writing(tmp_path):
    with open_folder(tmp_path).writing() as session:
        yield session


def test_what_was_begun_is_unfinished_until_it_is_finished(writing):
    archive = Archive()
    moves = [Move(version(1), version(2, "Nuts bend a bit.")), Move(version(1, "Nuts crack.", "b"))]
    archive.begin(writing, moves)
    assert archive.unfinished(writing) == moves  # whole, so that the next write can carry them out
    archive.finish(writing, moves[:1])
    assert archive.unfinished(writing) == moves[1:]
    archive.finish(writing, moves)
    assert archive.unfinished(writing) == [] and len(archive.versions(writing)) == 2  # the same rows, not two more


def test_versions_by_lineage_and_number_and_each_lineage_is_forgotten_alone(writing):
    archive = Archive()
    archive.finish(writing, [Move(version(n)) for n in (10, 9, 2)] + [Move(version(1, "Nuts crack.", "b"))])
    assert [v.fact.version for v in archive.versions(writing, lineage="a")] == [2, 9, 10]
    assert [v.lineage for v in archive.versions(writing, object="metal nut")] == ["a", "a", "a", "b"]
    assert archive.versions(writing, lineage="a", object="bolt") == []
    known = nut("Nuts crack.").id
    assert archive.known(writing, [known, "nobody"]) == {known: "b"}
    archive.forget(writing, "a")
    assert [v.lineage for v in archive.versions(writing)] == ["b"]
