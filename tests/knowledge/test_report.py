from __future__ import annotations

from sage_inspect.knowledge.facts import FactStore
from sage_inspect.knowledge.report import AddReport

from .nuts import nut


def test_each_fact_is_counted_once_under_its_name(tmp_path, hand):
    store = FactStore(tmp_path, embed=hand)
    store.add([nut("Nuts bend."), nut("Nuts crack.", source="generated"), nut("Nuts rust.")])
    store.retire(nut("Nuts rust.").id)
    new = [nut(f"Nuts {verb}.") for verb in ("bend", "crack", "rust", "wear", "break", "slip", "jam")]
    assert store.add(new) == AddReport(added=4, duplicates=1, updated=1, withheld=1)
