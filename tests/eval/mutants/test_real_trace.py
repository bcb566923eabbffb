"""A trace that the graph itself leaves, with the real comparison and nano: correct, and every mutant of it is seen."""

from __future__ import annotations

from sage_inspect.agents.stores import Stores
from sage_inspect.benchmarks.correct_traces import inspect_pair, pairs_of, read_all
from sage_inspect.eval.reading import ours
from sage_inspect.eval.sensitivity import rows_of
from sage_inspect.images import ImageStore
from sage_inspect.knowledge.facts import FactStore
from sage_inspect.knowledge.golden import GoldenLibrary
from sage_inspect.models.loading import load_model


def test_a_drawn_board(home, tmp_path):
    images = ImageStore(home / "images")
    stores = Stores(
        images, FactStore(home / "chroma"), GoldenLibrary(home / "chroma", images), home / "preferences.jsonl"
    )
    (pair,) = pairs_of("boards", 1, tmp_path)
    inspect_pair(pair, load_model("nano"), stores, tmp_path / "pairs" / "boards-0")
    ((name, trace, labels, reason),) = read_all(tmp_path)
    assert (name, reason) == ("boards-0", "") and trace.verdict.verdict == "anomalous"
    rows = list(rows_of(name, trace, labels, {"ours": ours}))
    planted = [r for r in rows if not r.neutral and (r.strength is None or r.strength <= 0.3)]
    assert [(r.variant, r.detected, r.located) for r in planted if not (r.detected and r.located)] == []
    assert [r.variant for r in rows if r.neutral and (r.detected or r.drift)] == []
