"""The curated facts that come with the package."""

from __future__ import annotations

import json
from importlib import resources

from ..schema import Fact
from .fact import make_fact

STARTER_MARK = "starter boards 1"
"""Set in a store once the pack was added; a later pack gets a mark of its own."""


def starter_facts() -> tuple[Fact, ...]:
    """The facts of starter/boards.jsonl, on the bare printed circuit board that the embedded model knows."""
    text = (resources.files(__package__) / "starter" / "boards.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    return tuple(
        make_fact(
            r["text"],
            r["object"],
            r["kind"],
            source=r["source"],
            allows=r.get("allows", ()),
            origin=f"starter/boards.jsonl#{n}",
        )
        for n, r in enumerate(rows, 1)
    )
