"""Limits read from sentences, and the sentences from which none may be read."""

from __future__ import annotations

import json

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.knowledge.fact import make_fact
from sage_inspect.knowledge.facts import FactStore
from sage_inspect.knowledge.ingest import ingest
from sage_inspect.knowledge.limits import read_criterion
from sage_inspect.knowledge.reread import reread

PLAIN = {
    "Pin-holes up to 20 px are acceptable.": ("pin-hole", "length", "<=", 20, "px", True),
    "Pinholes below 20 pixels are acceptable on this board.": ("pin-hole", "length", "<", 20, "px", True),
    "Scratches longer than 5 mm are rejected.": ("scratch", "length", "<=", 5, "mm", False),
    "A scratch wider than 0.2 mm is not acceptable.": ("scratch", "breadth", "<=", 0.2, "mm", False),
    "Scratches of 5 mm or more are rejected.": ("scratch", "length", "<", 5, "mm", False),
    "Dents with an area up to 2,5 mm² are tolerated.": ("dent", "area", "<=", 2.5, "mm2", True),
    "Stains with an area of at most 100 square pixels are allowed.": ("stain", "area", "<=", 100, "px2", True),
    "The length of a crack must not exceed 200 µm.": ("crack", "length", "<=", 0.2, "mm", False),
    "Burrs must not exceed 1 cm.": ("burr", "length", "<=", 10, "mm", False),
    "At most three spots are accepted.": ("spot", "count", "<=", 3, "", True),
    "Up to 2 pin-holes per board are acceptable.": ("pin-hole", "count", "<=", 2, "", True),
    "At most two specks are accepted.": ("speck", "count", "<=", 2, "", True),
    "Two specks are accepted.": ("speck", "count", "<=", 2, "", True),
    "Not more than twelve inclusions per part are permitted.": ("inclusion", "count", "<=", 12, "", True),
    "Höchstens zwei Kratzer sind zulässig.": ("scratch", "count", "<=", 2, "", True),
    "More than two dents are rejected.": ("dent", "count", "<=", 2, "", False),
    "Reject scratches longer than 5 mm.": ("scratch", "length", "<=", 5, "mm", False),
    "Defects up to 3 px are acceptable.": ("", "length", "<=", 3, "px", True),
    "Spur length <= 20 px.": ("spur", "length", "<=", 20, "px", True),
    "size <= 20 px": ("", "length", "<=", 20, "px", True),
    "count <= 3": ("", "count", "<=", 3, "", True),
    "area < 40 px²": ("", "area", "<", 40, "px2", True),
}
NONE = (
    "Pin-holes are acceptable on this board.",
    "Pin-holes up to 20 px are acceptable unless they touch a pad.",
    "Pin-holes up to 20 px are acceptable if there are fewer than three.",
    "Pin-holes up to 20 px are not always acceptable.",
    "Two scratches longer than 5 mm were seen in 2019.",
    "Two scratches are accepted if they do not cross.",
    "No specks are accepted.",
    "A mousebite that takes away more than one fifth of a track's width is rejected.",
    "Scratches up to 5 % of the width are acceptable.",
    "Burrs up to 0.1 mm high are acceptable.",
    "area <= 20 px",
    "length <= 20 px2",
    "size <= 3",
    "Gizmos up to 20 px are acceptable.",
    "Scratches between 2 and 5 mm are acceptable.",
    "Dents up to 2 inches are acceptable.",
)


@pytest.mark.parametrize("text", PLAIN)
def test_plain_limits_are_read(text):
    found = read_criterion(text)
    assert found is not None
    assert (found.of, found.quantity, found.comparison, found.limit, found.unit, found.permits) == PLAIN[text]


@pytest.mark.parametrize("text", NONE)
def test_nothing_is_read_into_a_sentence(text):
    assert read_criterion(text) is None


def test_limits_through_a_file_and_the_store(tmp_path, hand):
    file = tmp_path / "rules.md"
    file.write_text("# nut\n- Dents up to 3 mm are acceptable.\n- A dent is a hollow.\n")
    store = FactStore(tmp_path / "s", embed=hand)
    store.add(ingest(file).facts)
    (rule,) = FactStore(tmp_path / "s", embed=hand).criteria("nut")
    assert rule.kind == "criterion" and rule.allows == () and rule.criterion == read_criterion(rule.text)
    edited = store.edit(rule.id, **reread(rule, text="Dents up to 4 mm are acceptable."))
    assert edited.criterion is not None and edited.criterion.limit == 4
    plain = store.edit(edited.id, **reread(edited, text="Dents are acceptable on this part."))
    assert (plain.criterion, plain.allows) == (None, ("dent",))
    own = {"quantity": "area", "comparison": "<", "limit": 9, "unit": "px2"}
    lines = [
        {"text": "Blobs are judged by their area.", "object": "nut", "kind": "criterion", "criterion": own},
        {"text": "Blobs are judged by their size.", "object": "nut", "kind": "criterion", "criterion": {"limit": -1}},
    ]
    jsonl = tmp_path / "rules.jsonl"
    jsonl.write_text("\n".join(map(json.dumps, lines)))
    report = ingest(jsonl)
    assert report.facts[0].criterion is not None and report.facts[0].criterion.limit == 9
    assert "criterion" in report.problems[0].reason
    with pytest.raises(BadInput, match="cannot set a limit"):
        make_fact("Dents are hollow.", "nut", "defect", criterion=rule.criterion)
