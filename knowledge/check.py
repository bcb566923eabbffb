"""Is the knowledge sound? Contradictions, orphans, documents that are gone, and text that instructs the model."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from itertools import combinations
from pathlib import Path
from typing import Literal, NamedTuple

from ..schema import Fact
from .collection import PAGE
from .facts import FactStore
from .stance import stance

CheckName = Literal["contradiction", "overruled", "orphan", "document", "quarantine"]


class Complaint(NamedTuple):
    """Something that a person should look at.

    Attributes:
        check: `contradiction` (two criteria on one object cannot both be followed), `overruled` (one on a nearer object
            stands against one on what it is a kind of, and counts), `orphan` (a kind that nothing is known of),
            `document` (what facts link to is gone or has changed), `quarantine` (a fact waits for approval).
        message: one line.
        facts: the ids of the facts that it is about, at most twelve.
    """

    check: CheckName
    message: str
    facts: tuple[str, ...] = ()


def check(store: FactStore, *, used: Collection[str] = (), by: str = "") -> list[Complaint]:
    """All complaints about a store; what instructs the model is put into quarantine first.

    Args:
        used: names of objects that are inspected (as the golden library spells them), which are no orphans.
        by: who asks for it.
    """
    quarantine_injected(store, by=by)
    facts = store.list()
    return [
        *contradictions(store, facts),
        *orphans(store, facts, used),
        *documents(store, facts),
        *waiting(store),
    ]


def quarantine_injected(store: FactStore, *, by: str = "") -> list[Fact]:
    """Take what reads like an instruction to the model out of recall, unless a person let it in; the facts it took."""
    taken: list[Fact] = []
    facts = store.list()
    for start in range(0, len(facts), PAGE):
        page = facts[start : start + PAGE]
        for fact, why in store.screened(page, store.vectors(page))[1]:
            if store.history(fact.id)[-1].began.action not in ("approved", "restored"):
                store.quarantine([fact], by=by, why=why)
                taken.append(fact)
    return taken


def contradictions(store: FactStore, facts: Collection[Fact]) -> Iterator[Complaint]:
    """Criteria that permit and reject the same type, or set it two limits, on one object or up the taxonomy."""
    rules: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.kind == "criterion":
            rules.setdefault(fact.object, []).append(fact)
    below = {r.object for r in store.taxonomy.relations()}
    for name in sorted(rules.keys() | below):
        levels = [(k, f) for k in store.taxonomy.kin(name) for f in rules.get(k.name, ())]
        for (one, a), (two, b) in combinations(levels, 2):
            about = _differ(a, b)
            if not about or (one.distance and one.name != two.name and one.distance != two.distance):
                continue  # two kinds above, one of which is nearer: told where they stand
            if one.distance == two.distance:
                if one.distance and one.name == two.name:
                    continue  # told of that kind itself
                where = f"on '{name}'" if not one.distance else f"of which '{name}' is both"
                message = f"'{a.text}' stands against '{b.text}' {where}, about {about}: retire or edit one"
                yield Complaint("contradiction", message, (a.id, b.id))
            else:
                message = f"'{a.text}' on '{one.name}' overrules '{b.text}' on '{two.name}', about {about}"
                yield Complaint("overruled", message, (a.id, b.id))


def orphans(store: FactStore, facts: Collection[Fact], used: Collection[str]) -> Iterator[Complaint]:
    """Kinds of which nothing is known, from which nothing inherits and which nobody inspects."""
    known = {f.object for f in facts} | set(used)
    relations = store.taxonomy.relations()
    for relation in relations:
        if not {k.name for k in store.taxonomy.kin(relation.kind)} & known:
            message = f"'{relation.object}' is a '{relation.kind}', but there is no fact on that: nothing is inherited"
            yield Complaint("orphan", message)
    for name in sorted({r.object for r in relations} - {r.kind for r in relations} - known):
        yield Complaint("orphan", f"'{name}' has no fact and no golden image of its own, and nothing is a kind of it")


def documents(store: FactStore, facts: Collection[Fact]) -> Iterator[Complaint]:
    """Documents that facts link to and that are gone, or say something else by now."""
    links: dict[str, list[str]] = {}
    for fact in facts:
        links.setdefault(fact.origin.rsplit("#", 1)[0], []).append(fact.id)
    held: dict[str, list[tuple[str, str]]] = {}
    for document in store.documents.all():
        held.setdefault(document.name, []).append((document.path, document.sha256))
    for name, copies in held.items():
        ids = links.get(name, [])
        if not ids:
            continue
        there = [(path, digest) for path, digest in copies if Path(path).is_file()]
        if not there:
            message = f"{copies[0][0]} is gone, and {len(ids)} facts link to it: retire them, or bring it back"
            yield Complaint("document", message, tuple(ids[:12]))
        elif all(_digest(path) != digest for path, digest in there):
            message = f"{there[0][0]} has changed since its {len(ids)} facts were read: add it again"
            yield Complaint("document", message, tuple(ids[:12]))


def waiting(store: FactStore) -> Iterator[Complaint]:
    """Facts in quarantine."""
    for version in store.withdrawn(action="quarantined"):
        why = version.ended.why if version.ended else ""
        message = f"'{version.fact.text}' is not recalled: {why}; approve it, or leave it"
        yield Complaint("quarantine", message, (version.fact.id,))


def _differ(one: Fact, other: Fact) -> str:
    """What two criteria cannot both be followed in, "" where they can."""
    limits = (one.criterion, other.criterion)
    about = set(stance(one).against(stance(other)))
    if (
        limits[0]
        and limits[1]
        and (limits[0].comparison, limits[0].limit, limits[0].unit)
        == (
            limits[1].comparison,
            limits[1].limit,
            limits[1].unit,
        )
    ):
        about = {a for a in about if " of " not in a}  # the same limit twice
    return ", ".join(sorted(about))


def _digest(path: str) -> str:
    try:
        with Path(path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""
