"""How well are sentences read into claims? `SAGE_DATA=... python -m sage_inspect.benchmarks.claims`

A hundred sentences of AnomalyClaw's traces, drawn at random (25 of each kind of text) and labelled by hand before the
rules were written; claim_labels.jsonl holds references and labels, the sentences stay where they are (CC BY-NC). Rules
were tuned on every second one; the other half was read once. `--model` reads them with a chat model instead.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..eval.claims import Statement, read_statement, sentences
from ..eval.claims.steps import Reader

LABELS = Path(__file__).with_name("claim_labels.jsonl")


class Labelled(NamedTuple):
    """A sentence and what a person says of it; an empty `types` says that it names none."""

    text: str
    defect: bool | None
    hedged: bool
    types: tuple[str, ...]
    place: str


def labelled(folder: Path) -> Iterator[Labelled]:
    """The labelled sentences, looked up in the data; one that has changed is an error."""
    items: dict[str, dict[str, Any]] = {}
    for line in LABELS.read_text().splitlines():
        row = json.loads(line)
        if row["item_id"] not in items:
            items |= {i["item_id"]: i for i in json.loads((folder / row["file"]).read_text(encoding="utf-8"))}
        text = sentences(field(items[row["item_id"]], row["field"]))[row["sentence"]]
        if hashlib.sha256(text.encode()).hexdigest() != row["sha256"]:
            raise SystemExit(f"{row['item_id']} {row['field']}: the sentence is not the one that was labelled")
        yield Labelled(text, row["defect"], row["hedged"], tuple(row["types"]), row["place"])


def field(item: Any, path: str) -> str:
    """A text of an item: `history.0.thought`; `direct_rationale` is JSON in a string."""
    for part in path.split("."):
        if isinstance(item, str):
            item = json.loads(item)
        item = item[int(part)] if part.isdigit() else item[part]
    return str(item)


def figures(rows: Sequence[Labelled], read: Reader = read_statement) -> dict[str, str]:
    """Accuracy by property; hedging and place where the polarity is right, the type of asserted defects."""
    pairs: list[tuple[Labelled, Statement]] = [(r, read(r.text)) for r in rows]
    told = [(r, s) for r, s in pairs if r.defect is not None and s.defect == r.defect]
    typed = [(r, s) for r, s in told if r.defect]
    return {
        "polarity": _share([s.defect == r.defect for r, s in pairs]),
        "unread": str(sum(s.defect is None and r.defect is not None for r, s in pairs)),
        "wrong": str(sum(s.defect is not None and s.defect != r.defect for r, s in pairs)),
        "hedged": _share([s.hedged == r.hedged for r, s in told]),
        "type": _share([s.type in r.types if r.types else s.type is None for r, s in typed]),
        "place": _share([s.place == r.place for r, s in told]),
    }


def _share(right: Sequence[bool]) -> str:
    return f"{sum(right)}/{len(right)} = {sum(right) / len(right):.2f}" if right else "-"


def main() -> None:
    """Print a table: both halves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=None, help="openai:NAME or an OpenAI-compatible URL")
    options = parser.parse_args()
    folder = Path(os.environ.get("SAGE_DATA", "")) / "anomalyclaw_traces"
    if not folder.is_dir():
        print(f"skipped: {folder} is not there; set SAGE_DATA")
        return
    read: Reader = read_statement
    if options.model:
        from ..eval.claims.model import reader
        from ..models.loading import load_model

        read = reader(load_model(options.model))
    rows = list(labelled(folder))
    halves = {"tuned on": rows[::2], "held out": rows[1::2]}
    told = {name: figures(half, read) for name, half in halves.items()}
    print("| | " + " | ".join(f"{name} ({len(half)})" for name, half in halves.items()) + " |\n|---|---|---|")
    for key in told["held out"]:
        print(f"| {key} | " + " | ".join(t[key] for t in told.values()) + " |")


if __name__ == "__main__":
    main()
