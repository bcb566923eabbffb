"""What came of adding facts."""

from __future__ import annotations

from typing import NamedTuple


class AddReport(NamedTuple):
    """How many facts were new, there already, raised to a better source or a new kind, or withheld.

    Withheld is what a person edited, retired or has not approved yet: adding it again does not bring it back.
    """

    added: int
    duplicates: int
    updated: int = 0
    withheld: int = 0
