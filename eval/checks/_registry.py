"""What a check sees in mid-run, and the list of checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeVar, overload

from ...schema import Check, Claim, RecalledFact, Region

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Evidence:
    """What was known and what was said, in one run. A finished trace knows more: `view.TraceView`.

    Attributes:
        facts: recalled facts by citation id; regions: the comparison's regions by id.
        unfamiliar: regions about which the model had nothing to say.
        claims: one an examined region; verdict, answer: the reasoning's claims, None where there were none.
    """

    facts: Mapping[str, RecalledFact] = field(default_factory=dict)
    regions: Mapping[str, Region] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    unfamiliar: frozenset[str] = frozenset()
    verdict: Claim | None = None
    answer: Claim | None = None

    def all_claims(self) -> tuple[Claim, ...]:
        """Every claim once: regions, verdict, answer."""
        spoken = [c for c in (self.verdict, self.answer) if c is not None]
        return (*self.claims, *spoken)

    def step_of(self, claim: Claim) -> str:
        """Id of the step that made a claim; "" while the run is still going on."""
        return ""

    def was_known(self, cited: str) -> bool:
        """Whether a cited fact or region is known to this run."""
        return cited in self.facts or cited in self.regions


CheckFunction = Callable[[Any], Iterator[Check]]
F = TypeVar("F", bound=CheckFunction)


class Registered(NamedTuple):
    """A check, the metrics (table of eval/scores.py) that its faults lower, and the evidence that it needs."""

    function: CheckFunction
    metrics: tuple[str, ...]
    on: type[Evidence]


CHECKS: dict[str, Registered] = {}


@overload
def register(check: F) -> F: ...
@overload
def register(*, metric: str | tuple[str, ...] = (), on: type[Evidence] = Evidence) -> Callable[[F], F]: ...
def register(
    check: F | None = None, *, metric: str | tuple[str, ...] = (), on: type[Evidence] = Evidence
) -> F | Callable[[F], F]:
    """Add a check under its function's name, which is also the name of the faults that it yields.

    Args:
        metric: the metric(s) that its faults lower in trace scoring; a name that is not in the table of eval/scores.py
            becomes a metric of its own (the share of steps without such a fault). None: the faults are told only.
        on: `Evidence`: it runs in mid-run as well, in the graph's verify node; `TraceView`: on finished traces only.

    Raises:
        ValueError: there is a check of this name already.
    """

    def add(function: F) -> F:
        if function.__name__ in CHECKS:
            raise ValueError(f"a check named {function.__name__!r} is registered already")
        CHECKS[function.__name__] = Registered(function, (metric,) if isinstance(metric, str) else tuple(metric), on)
        return function

    return add if check is None else add(check)


def fault(
    name: str,
    subject: str,
    message: str,
    *,
    severity: Severity = "error",
    scale: Literal["claim", "step", "trace"] = "claim",
    step: str = "",
) -> Check:
    """What a check found wrong about `subject` (the id of a claim, step or region), in one line."""
    return Check(name=name, scale=scale, severity=severity, subject=subject, message=message, step=step)


def run_checks(evidence: Evidence) -> tuple[Check, ...]:
    """Everything that the checks made for this kind of evidence find wrong, in the order of registration."""
    return tuple(
        found for check in CHECKS.values() if isinstance(evidence, check.on) for found in check.function(evidence)
    )
