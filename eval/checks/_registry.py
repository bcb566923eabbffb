"""What a check sees, and the list of checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ...schema import Check, Claim, Measured, RecalledFact, Region


@dataclass(frozen=True)
class Evidence:
    """What was known and what was said, in one run.

    Attributes:
        facts: recalled facts by citation id; regions: the comparison's regions by id.
        unfamiliar: regions about which the model had nothing to say.
        measured: sizes of regions, by id, as far as they were measured.
        claims: one an examined region; verdict, answer: the reasoning's claims, None where there were none.
    """

    facts: Mapping[str, RecalledFact] = field(default_factory=dict)
    regions: Mapping[str, Region] = field(default_factory=dict)
    measured: Mapping[str, tuple[Measured, ...]] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    unfamiliar: frozenset[str] = frozenset()
    verdict: Claim | None = None
    answer: Claim | None = None

    def all_claims(self) -> tuple[Claim, ...]:
        """Every claim once: regions, verdict, answer."""
        spoken = [c for c in (self.verdict, self.answer) if c is not None]
        return (*self.claims, *spoken)


CheckFunction = Callable[[Evidence], Iterator[Check]]
CHECKS: dict[str, CheckFunction] = {}


def register(check: CheckFunction) -> CheckFunction:
    """Add a check under its function's name; a second one of the same name is an error."""
    if check.__name__ in CHECKS:
        raise ValueError(f"a check named {check.__name__!r} is registered already")
    CHECKS[check.__name__] = check
    return check


def fault(
    name: str,
    subject: str,
    message: str,
    *,
    severity: Literal["error", "warning"] = "error",
    scale: Literal["claim", "step", "trace"] = "claim",
) -> Check:
    """What a check found wrong about `subject` (the id of a claim, step or region), in one line."""
    return Check(name=name, scale=scale, severity=severity, subject=subject, message=message)


def run_checks(evidence: Evidence) -> tuple[Check, ...]:
    """Everything that the registered checks find wrong, in the order of registration."""
    return tuple(found for check in CHECKS.values() for found in check(evidence))
