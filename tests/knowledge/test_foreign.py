"""What is no database of Chroma's is left alone; folders with one are in test_folder.py."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import chromadb
import pytest

from sage_inspect.errors import BadInput
from sage_inspect.knowledge.foreign import check_database


def test_nothing_there_and_chroma_s_own_are_fine(tmp_path):
    check_database(tmp_path / "none", "move it")
    assert not (tmp_path / "none").exists()
    (tmp_path / "empty").touch()
    check_database(tmp_path / "empty", "move it")
    client = chromadb.PersistentClient(str(tmp_path / "s"), settings=chromadb.Settings(anonymized_telemetry=False))
    client.create_collection("nuts", embedding_function=None)
    check_database(tmp_path / "s" / "chroma.sqlite3", "move it")  # in use, too
    client.close()


@pytest.mark.parametrize(
    "tables",
    [
        ("create table invoices(id)",),
        ("create table migrations(dir, version, filename, sql, hash)",),
        ("create table migrations(dir, version, filename, sql)", "create table collections(id, name)"),
    ],
    ids=["other tables", "one is missing", "a column is missing"],
)
def test_another_program_s_database_is_refused_untouched(tmp_path, tables):
    file = tmp_path / "a#b?.sqlite3"  # marks that mean something in an address
    with closing(sqlite3.connect(file)) as connection:
        for statement in tables:
            connection.execute(statement)
        connection.commit()
    before = file.read_bytes()
    with pytest.raises(BadInput, match="not a Chroma store; move it"):
        check_database(file, "move it")
    assert file.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == [file.name]


def test_no_database_at_all(tmp_path):
    (tmp_path / "f").write_bytes(b"hello " * 2000)
    with pytest.raises(BadInput, match=r"not a Chroma store \(.*\); move it"):
        check_database(tmp_path / "f", "move it")
