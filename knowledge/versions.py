"""A version of a fact: what it said, since when, by whom, how it ended; and how that lies in Chroma's metadata."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ..schema import Criterion, Fact
from .limits import read_criterion

REPLACED = ("edited", "raised")
"""What ends a version because the next one takes its place."""


class Event(NamedTuple):
    """Something that befell a fact.

    Attributes:
        action: `added`, `raised` (the same sentence from a better source), `edited`, `retired`, `quarantined` (it looks
            like an instruction to the model), `restored`, `approved`.
        by: who did it, "" where nobody said.
        at: UTC, ISO 8601.
        why: one line, "" where nobody said.
    """

    action: str
    by: str = ""
    at: str = ""
    why: str = ""


class FactVersion(NamedTuple):
    """One version of a fact.

    Attributes:
        fact: as it stood.
        lineage: the id of its first version, the same for all of them.
        began: what made it.
        ended: what ended it, None while it holds.
    """

    fact: Fact
    lineage: str
    began: Event
    ended: Event | None = None


def event(action: str, by: str = "", why: str = "") -> Event:
    """Something that happens now."""
    return Event(action, " ".join(by.split()), datetime.now(UTC).isoformat(), " ".join(why.split()))


def metadata(version: FactVersion) -> dict[str, Any]:
    """A version as Chroma's metadata. Every key is always written: Chroma keeps those that an update leaves out."""
    fact = version.fact
    return {
        "object": fact.object,
        "kind": fact.kind,
        "source": fact.source,
        "allows": "|".join(fact.allows),
        "criterion": fact.criterion.model_dump_json() if fact.criterion else "",
        "origin": fact.origin,
        "digest": fact.digest,
        "created": version.began.at,
        "version": fact.version,
        "lineage": version.lineage,
        "action": version.began.action,
        "by": version.began.by,
        "why": version.began.why,
    }


def facts_of(rows: Any) -> list[Fact]:
    """The facts in Chroma's `rows` (ids, documents, metadatas)."""
    return [
        _fact(id, text, data) for id, text, data in zip(rows["ids"], rows["documents"], rows["metadatas"], strict=True)
    ]


def versions_of(rows: Any) -> list[FactVersion]:
    """The facts in Chroma's `rows`, with their lineage and what made them."""
    return [
        FactVersion(fact, data.get("lineage") or fact.id, _began(data))
        for fact, data in zip(facts_of(rows), rows["metadatas"], strict=True)
    ]


def to_json(version: FactVersion) -> str:
    """A version as one line of JSON, for `from_json`."""
    return json.dumps({**version._asdict(), "fact": version.fact.model_dump(mode="json")}, ensure_ascii=False)


def from_json(line: str) -> FactVersion:
    """The version that `to_json` wrote."""
    data = json.loads(line)
    ended = Event(*data["ended"]) if data["ended"] else None
    return FactVersion(Fact.model_validate(data["fact"]), data["lineage"], Event(*data["began"]), ended)


def told(versions: Sequence[FactVersion]) -> list[dict[str, Any]]:
    """What befell a fact, oldest first: a row `{action, by, at, why, ...fact}` for each event."""
    rows: list[dict[str, Any]] = []
    for version in versions:
        said = version.fact.model_dump(mode="json")
        rows.append({**version.began._asdict(), **said})
        # An edit is told by the version that it made.
        if version.ended and version.ended.action not in REPLACED:
            rows.append({**version.ended._asdict(), **said})
    return rows


def _began(data: Any) -> Event:
    return Event(data.get("action") or "added", data.get("by") or "", data.get("created") or "", data.get("why") or "")


def _fact(id: str, text: str, data: Any) -> Fact:
    limit = data.get("criterion")
    # A row of format 1 has no such key: there the sentence itself says it.
    read = read_criterion(text) if limit is None and data["kind"] == "criterion" else None
    return Fact(
        id=id,
        text=text,
        object=data["object"],
        kind=data["kind"],
        source=data["source"],
        allows=tuple(t for t in data["allows"].split("|") if t),
        criterion=Criterion.model_validate_json(limit) if limit else read,
        origin=data["origin"],
        digest=data["digest"],
        version=data.get("version") or 1,
    )
