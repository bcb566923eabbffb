"""Nobody waits to read: not for a writer in the middle of its work, nor for one that was killed there."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from sage_inspect.knowledge.facts import FactStore
from sage_inspect.knowledge.failures import Busy
from sage_inspect.knowledge.folder import MIRROR, open_folder
from sage_inspect.knowledge.mirror import Mirror, MirrorRow

from .nuts import NUT, nut, texts

EMBED = """
import os, sys, time; from pathlib import Path
import numpy as np
from sage_inspect.knowledge.facts import FactStore, make_fact
class E:
    embedding_name = "hand"
    def __call__(self, texts): return np.eye(8, dtype="float32")[[len(t) % 8 for t in texts]]
store = FactStore(Path(sys.argv[1]), embed=E())
"""
HALF = (
    EMBED
    + """
from sage_inspect.knowledge.mirror import Mirror
def stuck(*_, **__):
    print("in the middle", flush=True)  # Chroma has the facts, the mirror has not
    time.sleep(60)
Mirror.put = stuck
store.add([make_fact("A late fact is never lost.", "metal nut", "defect")])
"""
)
READER = (
    EMBED
    + """
import faulthandler; faulthandler.dump_traceback_later(20, exit=True)
print(len(store.recall("q", object="metal nut")), len(store.recall("Nuts bend.")), store.count(),
      store.history(store.list()[0].id)[0].fact.version, len(store.criteria("metal nut")), store.seed_starter().added)
"""
)


@pytest.fixture
def half(tmp_path, hand):
    """A store with two facts, and a process that holds its lock in the middle of adding a third."""
    store = FactStore(tmp_path / "s", embed=hand)
    store.add([nut("Nuts bend."), nut("Nuts crack.")])
    store._marks.set("starter boards 1")
    writer = subprocess.Popen([sys.executable, "-c", HALF, tmp_path / "s"], stdout=subprocess.PIPE)
    assert writer.stdout.readline()
    yield tmp_path / "s", store, writer
    writer.kill()
    writer.wait()


def test_readers_answer_while_a_writer_holds_the_lock(half, hand):
    path, store, writer = half
    with pytest.raises(Busy), open_folder(path).writing(wait=False):
        pass
    start = time.monotonic()
    assert len(store.recall("q", object=NUT)) == 2 and store.count() == 2  # a warm reader
    assert len(store._table.nearest(hand(["q"])[0], 5).facts) == 2  # without the index: row by row
    reader = subprocess.run([sys.executable, "-c", READER, path], capture_output=True, text=True)
    assert reader.stdout.split() == ["2", "0", "2", "1", "0", "0"], reader.stderr  # and one that has just started
    assert writer.poll() is None and time.monotonic() - start < 20  # two minutes is what a writer waits


def test_after_a_kill_the_store_is_readable_and_writable_and_nothing_is_lost(half, hand):
    path, store, writer = half
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    assert len(store.recall("q", object=NUT)) == 3  # Chroma had it: the reader made the mirror anew
    assert store.add([nut("Nuts rust.")]).added == 1
    assert FactStore(path, embed=hand).count() == 4
    assert len(store._table.shelf(NUT).vectors) == 4


def test_a_lost_or_damaged_mirror_is_made_anew(tmp_path, hand):
    FactStore(tmp_path / "a", embed=hand).add([nut("Nuts bend.")])
    for number, damage in enumerate((lambda f: f.unlink(), lambda f: f.write_bytes(b"no database" * 900))):
        copy = tmp_path / str(number)
        shutil.copytree(tmp_path / "a", copy)
        for ending in ("-wal", "-shm"):
            (copy / f"{MIRROR}{ending}").unlink(missing_ok=True)
        damage(copy / MIRROR)
        assert texts(FactStore(copy, embed=hand).recall("q", object=NUT)) == ["Nuts bend."]


def test_what_a_program_without_a_mirror_wrote_is_seen(tmp_path, hand):
    store = FactStore(tmp_path, embed=hand)
    store.add([nut("Nuts bend."), nut("Nuts crack.")])
    with open_folder(tmp_path).writing() as session:
        session.client.get_collection("sage_facts", embedding_function=None).delete(ids=[nut("Nuts bend.").id])
        session.folder._write("sage-stamp", "another")
        stamp = session.folder.mirror.value("stamp")
        session.folder._written = lambda: stamp
    del open_folder(tmp_path)._written
    assert texts(store.recall("q", object=NUT)) == ["Nuts crack."]


def test_all_at_once_or_not_at_all(tmp_path):
    mirror, other = Mirror(tmp_path / "m"), Mirror(tmp_path / "m")
    with mirror.writing():
        mirror.put("c", [MirrorRow("1", "a", {"object": "nut", "open": True})])
    with pytest.raises(KeyError), mirror.writing():
        mirror.put("c", [MirrorRow("2", "b", {"object": "nut", "open": False})])
        assert mirror.count("c") == 2 and other.count("c") == 1
        raise KeyError
    assert mirror.ids("c", {"$and": [{"object": "nut"}, {"open": True}]}) == ["1"]
    assert mirror.ids("c", {"object": {"$in": ["bolt"]}}) == mirror.ids("d") == []


def test_a_row_without_a_vector_keeps_the_one_it_has(tmp_path, hand):
    mirror = Mirror(tmp_path / "m")
    with mirror.writing():
        mirror.put("c", [MirrorRow("1", "a", {}, hand(["a"])[0])])
        mirror.put("c", [MirrorRow("1", "b", {"object": "nut"})])
    (row,) = mirror.rows("c", vectors=True)
    assert (row.document, row.metadata) == ("b", {"object": "nut"}) and row.vector @ hand(["a"])[0] == 1
    (tmp_path / "m").unlink()
    assert mirror.value("stamp") == ""
    with pytest.raises(sqlite3.OperationalError):
        mirror.count("c")


def test_after_a_kill_only_what_was_begun_is_copied_again(half, monkeypatch):
    _, store, writer = half
    writer.kill()
    writer.wait()
    monkeypatch.setattr("sage_inspect.knowledge.folder.mirror_all", lambda *_: pytest.fail("copied everything"))
    assert store.count() == 3
