"""What a person's edit of a fact's words means for the rest of it: kind, what it permits, its limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..schema import Fact
from .fact import allowed_types
from .limits import read_criterion


def reread(
    fact: Fact,
    *,
    text: str | None = None,
    object: str | None = None,
    kind: str | None = None,
    allows: Sequence[str] | None = None,
) -> dict[str, Any]:
    """The changes for `FactStore.edit`: what was given, and what the new words say of a criterion.

    A criterion whose text changes permits what its new words permit: what the old ones did would be a lie.
    """
    changes: dict[str, Any] = {"text": text, "object": object, "kind": kind}
    changes = {name: value for name, value in changes.items() if value is not None}
    words, after = text or fact.text, kind or fact.kind
    if allows is not None:
        changes["allows"] = tuple(a for a in allows if a.strip())
    elif text is not None or kind is not None:
        changes["allows"] = allowed_types(words) if after == "criterion" else ()
    if text is not None or kind is not None:
        changes["criterion"] = read_criterion(words) if after == "criterion" else None
    return changes
