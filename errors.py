"""Every failure a user can meet, as one line: what, why, remedy; and the exit code that goes with it."""

from __future__ import annotations


class SageInspectError(Exception):
    """Base of this package's errors; `str(error)` is one line that names the value, the reason and the remedy.

    Attributes:
        exit_code: what the command line returns for it (2 bad input, 3 failed while running).
    """

    exit_code = 3

    def __init__(self, what: str, why: str, remedy: str) -> None:
        self.what, self.why, self.remedy = what, why, remedy
        super().__init__(" ".join(f"{what}: {why}; {remedy}".split()))


class BadInput(SageInspectError):
    """What the caller gave cannot be used (exit code 2)."""

    exit_code = 2


class RunFailed(SageInspectError):
    """Something outside the caller's input failed while running: an endpoint, a disk, a store (exit code 3)."""

    exit_code = 3
