"""Editing, retiring and restoring facts: every change makes a version with its author and time, and nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import BadInput
from ..schema import Fact
from .archive import Move
from .collection import Session
from .fact import remade
from .table import FactTable
from .versions import REPLACED, FactVersion, event


class Revisions:
    """What `FactStore` does to single facts of `table`."""

    def __init__(self, table: FactTable) -> None:
        self._table = table

    def held(self, id: str) -> FactVersion:
        """The version that holds under this id; BadInput says what became of it where none does."""
        return self._table.looking(lambda session: self._held(session, id))

    def edit(self, id: str, changes: dict[str, Any], by: str, why: str) -> Fact:
        """The next version of a fact (see `FactStore.edit`)."""

        def choose(session: Session) -> list[Move]:
            old = self._held(session, id)
            fact = remade(old.fact, **changes)
            if fact == old.fact:
                raise BadInput(f"fact '{id}'", "nothing would change", "say what is to be different")
            elsewhere = self._table.lineage(session, fact.id)
            if elsewhere is not None and elsewhere != old.lineage:
                known = f"the same sentence is a fact already ({fact.id})"
                raise BadInput(f"fact '{id}'", known, f"see: sage-inspect knowledge history {fact.id}")
            fact = fact.model_copy(update={"version": old.fact.version + 1})
            done = event("edited", by, why)
            return [Move(old._replace(ended=done), FactVersion(fact, old.lineage, done))]

        (move,) = self._table.change(choose)
        assert move.new is not None
        return move.new.fact

    def withdraw(self, ids: Sequence[str], action: str, by: str, why: str) -> list[Fact]:
        """Take facts out of recall; `action` is `retired` or `quarantined`."""

        def choose(session: Session) -> list[Move]:
            ended = event(action, by, why)
            return [Move(self._held(session, id)._replace(ended=ended)) for id in dict.fromkeys(ids)]

        return [m.old.fact for m in self._table.change(choose)]

    def restore(self, id: str, by: str, why: str, action: str = "restored") -> Fact:
        """Let the last version of a withdrawn fact hold again (see `FactStore.restore`)."""

        def choose(session: Session) -> list[FactVersion]:
            versions = self._versions(session, id)
            last = versions[-1]
            if last.ended is None:
                raise BadInput(f"fact '{id}'", f"it holds, as version {last.fact.version} ({last.fact.id})", "edit it")
            fact = last.fact.model_copy(update={"version": last.fact.version + 1})
            return [FactVersion(fact, last.lineage, event(action, by, why))]

        return self._table.revive(choose)[0].fact

    def approve(self, id: str, by: str, why: str) -> Fact:
        """Let a quarantined fact hold (see `FactStore.approve`)."""
        last = self.history(id)[-1]
        if last.ended is None or last.ended.action != "quarantined":
            state = last.ended.action if last.ended else "not in quarantine"
            raise BadInput(f"fact '{id}'", f"it is {state}", "see: sage-inspect knowledge list --all")
        return self.restore(id, by, why, action="approved")

    def quarantine(self, facts: Sequence[Fact], by: str, why: str) -> int:
        """Withdraw facts, or keep new ones out from the first (see `FactStore.quarantine`)."""

        def choose(session: Session) -> list[Move]:
            ended, began = event("quarantined", by, why), event("added", by)
            moves: list[Move] = []
            for fact in {f.id: f for f in facts}.values():
                held = self._table.standing_by_id(session, fact.id)
                if held is None and self._table.lineage(session, fact.id) is None:
                    held = FactVersion(fact, fact.id, began)
                if held is not None:
                    moves.append(Move(held._replace(ended=ended)))
            return moves

        return len(self._table.change(choose)) if facts else 0

    def history(self, id: str) -> tuple[FactVersion, ...]:
        """All versions of the lineage that this id belongs to, oldest first."""
        return self._table.looking(lambda session: tuple(self._versions(session, id)))

    def withdrawn(self, object: str | None, action: str) -> tuple[FactVersion, ...]:
        """The last versions of facts that hold no longer."""

        def look(session: Session) -> tuple[FactVersion, ...]:
            last = {v.lineage: v for v in self._table.past(session, **({} if object is None else {"object": object}))}
            ended = [v for v in last.values() if v.ended and v.ended.action not in REPLACED]
            chosen = [v for v in ended if not action or (v.ended and v.ended.action == action)]
            standing = self._table.lineages(session, [v.lineage for v in chosen])
            return tuple(v for v in chosen if v.lineage not in standing)

        return self._table.looking(look)

    def _held(self, session: Session, id: str) -> FactVersion:
        version = self._table.standing_by_id(session, id)
        if version:
            return version
        last = self._versions(session, id)[-1]
        if last.ended is None:
            why = f"it was edited by {last.began.by or 'somebody'}"
            raise BadInput(f"fact '{id}'", why, f"its present version is {last.fact.id}")
        why = f"it was {last.ended.action} by {last.ended.by or 'somebody'} on {last.ended.at[:10]}"
        raise BadInput(f"fact '{id}'", why, f"sage-inspect knowledge restore {id} brings it back")

    def _versions(self, session: Session, id: str) -> list[FactVersion]:
        lineage = self._table.lineage(session, id)
        if lineage is None:
            raise BadInput(f"fact '{id}'", "no such fact in the store", "list the facts to see their ids")
        return [*self._table.past(session, lineage=lineage), *self._table.standing_in(session, lineage)]
