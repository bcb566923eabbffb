"""Facts as rows of a collection: nothing is lost between processes and threads, and a damaged index heals."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.knowledge.facts import FactStore, make_fact

from .nuts import NUT, nut

ADDER = """
import sys; from pathlib import Path
import numpy as np
from sage_inspect.knowledge.facts import FactStore, make_fact
class E:
    embedding_name = "hand"
    def __call__(self, texts):
        rows = np.random.default_rng(len(texts)).normal(size=(len(texts), 8)).astype("float32")
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)
store = FactStore(Path(sys.argv[1]), embed=E())
for page in range(7):
    store.add([make_fact(f"{sys.argv[2]} found defect number {page * 200 + i}.", "nut", "defect") for i in range(200)])
    store.recall("anything")
"""


def test_two_processes_that_add_at_once_lose_nothing(tmp_path, hand):
    # 2 x 1,400 facts: Chroma persists its index every 1,000, and a stale one would overwrite the other's.
    runs = [subprocess.Popen([sys.executable, "-c", ADDER, tmp_path / "s", name]) for name in ("Ann", "Bob")]
    assert [r.wait(120) for r in runs] == [0, 0]
    store = FactStore(tmp_path / "s", embed=hand)
    assert store.count() == 2_800
    shelf = store._table.shelf("nut")  # reads every vector
    assert len(shelf.facts) == len(shelf.vectors) == 2_800


def test_an_index_that_lacks_what_another_process_wrote_is_never_kept(tmp_path, monkeypatch):
    # The order that loses vectors in plain Chroma: open here, 1,400 facts there (index persisted), 1,400 more here.
    spaces: dict = {}
    exec(ADDER.split("store =")[0].replace("import sys; ", ""), spaces)
    store = FactStore(tmp_path / "s", embed=spaces["E"]())
    monkeypatch.setattr(
        "sage_inspect.knowledge.collection.Collection._rebuilt", lambda *_: pytest.fail("vectors were lost")
    )
    store.add([make_fact(f"Eve found defect number {i}.", "nut", "defect") for i in range(300)])
    store.recall("anything", object="nut")
    subprocess.run([sys.executable, "-c", ADDER, tmp_path / "s", "Ann"], check=True)
    store.add([make_fact(f"Eve found defect number {i}.", "nut", "defect") for i in range(300, 1_700)])
    assert store.count() == 3_100
    assert len(store._table.shelf("nut").facts) == 3_100


def test_threads_share_a_store(tmp_path, hand):
    store = FactStore(tmp_path, embed=hand)

    def work(i: int) -> int:
        store.add([nut(f"Thread {i} saw a crack.")])
        return len(store.recall("crack", object=NUT, k=50))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(24)))
    assert store.count(NUT) == 24


def test_a_damaged_index_is_built_anew_from_the_texts(tmp_path, hand):
    store = FactStore(tmp_path / "a", embed=hand)
    for page in range(3):
        store.add([nut(f"Nut {page * 500 + i} is bent.") for i in range(500)])
    folders = [p for p in (tmp_path / "a").iterdir() if p.is_dir()]
    assert folders  # the index was persisted
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    for folder in folders:
        shutil.rmtree(tmp_path / "b" / folder.name)
    healed = FactStore(tmp_path / "b", embed=hand)
    assert len(healed.recall("q", object=NUT, k=5)) == 5
    assert healed.count() == 1_500
    healed.add([nut("A new one.")])
    assert healed.count(NUT) == 1_501


def test_vectors_of_another_embedding_never_mix(tmp_path, hand):
    FactStore(tmp_path, embed=hand).add([nut("Nuts bend.")])
    with pytest.raises(BadInput, match="'hand'"):
        FactStore(tmp_path).count()
