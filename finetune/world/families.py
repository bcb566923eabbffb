"""All families of the world, and one by its name."""

from __future__ import annotations

import hashlib
from collections import Counter
from functools import lru_cache
from importlib import import_module
from pathlib import Path

from ...errors import BadInput
from .family import Family

MODULES = ("boards.family", "populated.family", "textures.families", "objects.families")
NONE = "none"
"""The label of a window that shows no defect."""


def families(held_out: bool | None = None) -> tuple[Family, ...]:
    """All families, always in the same order; only those held out (True) or only the others (False)."""
    return tuple(f for f in _all() if held_out is None or f.held_out == held_out)


def family(name: str) -> Family:
    """The family called `name`.

    Raises:
        BadInput: there is none.
    """
    for one in _all():
        if one.name == name:
            return one
    raise BadInput(
        f"family {name!r}", "the synthetic world has none of that name", "one of: " + ", ".join(family_names())
    )


def family_names() -> tuple[str, ...]:
    """The names of all families, in order."""
    return tuple(f.name for f in _all())


def label_names() -> tuple[str, ...]:
    """`none`, then the names of all defect types of all families, each once, by alphabet."""
    return (NONE, *sorted({t.name for f in _all() for t in f.types}))


@lru_cache(maxsize=1)
def world_digest() -> str:
    """SHA-256 of the source files that draw: two sets of one seed are the same where this is."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


@lru_cache(maxsize=1)
def _all() -> tuple[Family, ...]:
    found: tuple[Family, ...] = ()
    for module in MODULES:
        found += import_module(f".{module}", __package__).FAMILIES
    twice = [name for name, count in Counter(f.name for f in found).items() if count > 1]
    if twice:
        raise ValueError(f"two families are called {twice[0]!r}")
    return found
