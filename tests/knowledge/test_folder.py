"""The shared Chroma folder: what is no store is refused in one line, before or after Chroma saw it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import chromadb
import pytest

from sage_inspect.errors import BadInput
from sage_inspect.knowledge.facts import FactStore
from sage_inspect.knowledge.failures import DATABASE
from sage_inspect.knowledge.folder import open_folder

from .nuts import nut


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


def test_a_panic_while_writing_is_one_line_and_gives_the_lock_back(tmp_path):
    folder = open_folder(tmp_path)
    with pytest.raises(BadInput, match="gave up"), folder.writing():
        raise PanicException("boom")
    with folder.writing() as session:
        assert session.client.list_collections() == []


def test_ctrl_c_stays_what_it_is(tmp_path):
    with pytest.raises(KeyboardInterrupt), open_folder(tmp_path).reading():
        raise KeyboardInterrupt


def test_a_write_that_was_killed_is_rolled_back(tmp_path, hand):
    FactStore(tmp_path / "a", embed=hand).add([nut("Nuts bend.")])
    code = (
        "import os, sqlite3, sys\n"
        "d = sqlite3.connect(sys.argv[1]); d.execute('pragma cache_size = 1'); d.execute('begin immediate')\n"
        "d.execute('create table waste (a)')\n"
        "d.executemany('insert into waste values (?)', [('x' * 4000,)] * 500)\n"
        "os._exit(9)"
    )
    file = tmp_path / "a" / "chroma.sqlite3"
    subprocess.run([sys.executable, "-c", code, file])
    assert (tmp_path / "a" / "chroma.sqlite3-journal").stat().st_size  # a hot journal, as a kill leaves it
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert FactStore(tmp_path / "b", embed=hand).count() == 1


def test_a_file_where_the_folder_should_be(tmp_path, hand):
    (tmp_path / "f").write_text("x")
    for path in (tmp_path / "f", tmp_path / "f" / "below"):
        with pytest.raises(BadInput, match=r"SAGE_INSPECT_HOME"):
            FactStore(path, embed=hand).count()


def test_a_foreign_folder_is_left_alone(tmp_path, hand):
    (tmp_path / "thesis.doc").write_text("x")
    with pytest.raises(BadInput, match=r"thesis\.doc"):
        FactStore(tmp_path, embed=hand).add([nut("Nuts bend.")])
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.doc"]


@pytest.mark.parametrize("content", [b"not a database" * 100, None])
def test_a_database_that_is_no_chroma_store(tmp_path, hand, content):
    file = tmp_path / "chroma.sqlite3"
    if content is None:
        with sqlite3.connect(file) as other:
            other.execute("create table mine (a)")
        other.close()
    else:
        file.write_bytes(content)
    before = file.read_bytes()
    with pytest.raises(BadInput, match="not a Chroma store"):
        FactStore(tmp_path, embed=hand).count()
    assert file.read_bytes() == before


def test_a_store_of_a_newer_or_other_chroma(tmp_path, hand):
    FactStore(tmp_path / "a", embed=hand).add([nut("Nuts bend.")])
    shutil.copytree(tmp_path / "a", tmp_path / "newer")
    shutil.copytree(tmp_path / "a", tmp_path / "format")
    shutil.copytree(tmp_path / "a", tmp_path / "other")
    (tmp_path / "newer" / "sage-store.json").write_text('{"format": 1, "chroma": "9.0.0"}')
    with pytest.raises(BadInput, match="newer than the installed"):
        FactStore(tmp_path / "newer", embed=hand).count()
    (tmp_path / "format" / "sage-store.json").write_text('{"format": 99, "chroma": "1.5.0"}')
    with pytest.raises(BadInput, match="update sage-inspect"):
        FactStore(tmp_path / "format", embed=hand).count()
    with sqlite3.connect(tmp_path / "other" / "chroma.sqlite3") as database:
        database.execute("update migrations set hash = '00' where dir = 'sysdb' and version = 3")
    database.close()
    with pytest.raises(BadInput, match="cannot open the store"):
        FactStore(tmp_path / "other", embed=hand).count()


def test_a_folder_that_was_deleted_starts_afresh(tmp_path, hand):
    path: Path = tmp_path / "s"
    FactStore(path, embed=hand).add([nut("Nuts bend.")])
    shutil.rmtree(path)
    assert FactStore(path, embed=hand).count() == 0
