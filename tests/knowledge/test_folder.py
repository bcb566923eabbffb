"""The shared Chroma folder: what is no store is refused in one line, before or after Chroma saw it."""

from __future__ import annotations

import sqlite3

import chromadb
import pytest

from sage_inspect.errors import BadInput
from sage_inspect.knowledge.folder import DATABASE, open_folder


class PanicException(BaseException):  # as pyo3_runtime's, which cannot be imported
    pass


def test_a_foreign_database_with_the_same_tables_is_refused_before_chroma_opens_it(tmp_path):
    with sqlite3.connect(tmp_path / DATABASE) as db:
        db.execute("create table migrations(x)")
        db.execute("create table collections(x)")
    before = (tmp_path / DATABASE).read_bytes()
    with pytest.raises(BadInput, match="not a Chroma store"), open_folder(tmp_path).reading():
        pass
    assert (tmp_path / DATABASE).read_bytes() == before


def test_a_panic_while_opening_is_one_line(tmp_path, monkeypatch):
    def panic(*_, **__):
        raise PanicException("range end index 10\nout of range")

    monkeypatch.setattr(chromadb, "PersistentClient", panic)
    with pytest.raises(BadInput, match="range end index 10 out of range") as failed, open_folder(tmp_path).reading():
        pass
    assert failed.value.exit_code == 2


def test_a_panic_while_reading_is_one_line_and_gives_the_lock_back(tmp_path):
    folder = open_folder(tmp_path)
    with pytest.raises(BadInput, match="gave up"), folder.reading():
        raise PanicException("boom")
    with folder.reading() as client:
        assert client.list_collections() == []


def test_ctrl_c_stays_what_it_is(tmp_path):
    with pytest.raises(KeyboardInterrupt), open_folder(tmp_path).reading():
        raise KeyboardInterrupt
