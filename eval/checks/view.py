"""A finished trace as the checks see it: facts, regions, claims, findings, verdict, each with the step it stems from.

Steps are recognised by what their `output` holds (`facts`, `comparison`, `findings`, `reasoning`, `plan`, `verdict`),
so that a trace of another agent is seen in the same way whatever its nodes are called; what does not fit is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeVar

from pydantic import ValidationError

from ...schema import Claim, Noun, RecalledFact, Region, Step, Trace, Verdict
from ..labels import Labels
from ._registry import Evidence

Role = Literal["claim", "verdict", "answer"]
N = TypeVar("N", bound=Noun)


class Said(NamedTuple):
    """A claim where it was made.

    Attributes:
        at: position of its step in the trace; role: about a part of the image, the verdict's, the answer's.
        withdrawn: the agent repaired it: after verification it made the claim of this id again.
    """

    claim: Claim
    step: Step
    at: int
    role: Role
    withdrawn: bool = False


class Told(NamedTuple):
    """A fact or a region as one step stated it."""

    noun: Any
    step: Step
    at: int


@dataclass(frozen=True)
class TraceView(Evidence):
    """A trace, read once; `Evidence` holds what counts at its end (withdrawn claims do not).

    Attributes:
        trace: as it was; at: position by step id (of the first step with it).
        told_facts, told_regions: facts and regions by citation id, in every step that stated them.
        said: every claim, in order, withdrawn ones included.
        findings: what the examination of regions gave, as recorded, each with its step.
        comparable: False where the comparison says that the images do not show the same.
        regions_only: the model reads regions only: its verdict on a whole image without findings means nothing.
        corrected: the verdict of a person who reviewed the run, "" where nobody did.
        planned: regions that a plan names for examination, each with the plan's step.
        concluding: the step that gave the verdict (else the last one), None where there is no step.
        labels: the truth, where it is known.
    """

    trace: Trace = field(default_factory=lambda: Trace(run=""))
    at: Mapping[str, int] = field(default_factory=dict)
    told_facts: Mapping[str, list[Told]] = field(default_factory=dict)
    told_regions: Mapping[str, list[Told]] = field(default_factory=dict)
    said: tuple[Said, ...] = ()
    findings: tuple[Told, ...] = ()
    comparable: bool = True
    regions_only: bool = False
    corrected: str = ""
    planned: tuple[Told, ...] = ()
    concluding: Step | None = None
    labels: Labels | None = None

    @property
    def final(self) -> Verdict | None:
        """The trace's verdict."""
        return self.trace.verdict

    @property
    def last(self) -> str:
        """Id of the concluding step, "" where there is no step."""
        return self.concluding.id if self.concluding else ""

    @cached_property
    def live(self) -> tuple[Said, ...]:
        """The claims that were not withdrawn."""
        return tuple(s for s in self.said if not s.withdrawn)

    @cached_property
    def _by_identity(self) -> dict[int, Said]:
        return {id(s.claim): s for s in self.said}

    @cached_property
    def examined(self) -> frozenset[str]:
        """Regions about which there is a finding or a claim of their own."""
        found = {str(t.noun.get("region")) for t in self.findings}
        return frozenset(found | {s.claim.subject for s in self.live if s.role == "claim"})

    @cached_property
    def boundaries(self) -> tuple[int, ...]:
        """Positions of the steps after which work is done again for a reason: a repair, a review, a new question."""
        return tuple(i for i, step in enumerate(self.trace.steps) if _begins_anew(step))

    def all_claims(self) -> tuple[Claim, ...]:
        """Every claim that was not withdrawn, in order."""
        return tuple(s.claim for s in self.live)

    def where(self, claim: Claim) -> Said | None:
        """Where a claim of this view was made."""
        return self._by_identity.get(id(claim))

    def step_of(self, claim: Claim) -> str:
        """Id of the step that made a claim."""
        said = self.where(claim)
        return said.step.id if said else ""


def view_of(trace: Trace, labels: Labels | None = None) -> TraceView:
    """Read a trace into its view, in time and memory linear in the trace."""
    told_facts: dict[str, list[Told]] = {}
    told_regions: dict[str, list[Told]] = {}
    facts: dict[str, RecalledFact] = {}
    regions: dict[str, Region] = {}
    findings: list[Told] = []
    planned: list[Told] = []
    at: dict[str, int] = {}
    comparable, regions_only, corrected, concluding = True, False, "", None
    for i, step in enumerate(trace.steps):
        at.setdefault(step.id, i)
        output = step.output
        for fact in _read(RecalledFact, output.get("facts")):
            told_facts.setdefault(fact.id, []).append(Told(fact, step, i))
            facts[fact.id] = fact
        comparison = mapping(output.get("comparison"))
        for region in _read(Region, comparison.get("regions")):
            told_regions.setdefault(region.id, []).append(Told(region, step, i))
            regions[region.id] = region
        if comparison:
            comparable = bool(mapping(comparison.get("registration")).get("comparable", True))
        findings += [Told(f, step, i) for f in listed(output.get("findings")) if isinstance(f, dict)]
        regions_only = bool(mapping(output.get("reasoning")).get("regions_only", regions_only))
        corrected = str(mapping(output.get("correction")).get("verdict", corrected))
        planned += [Told(str(r), step, i) for r in listed(mapping(output.get("plan")).get("regions"))]
        if mapping(output.get("verdict")).get("verdict"):
            concluding = step
    said = _said(trace)
    live = [s for s in said if not s.withdrawn]
    return TraceView(
        facts=facts,
        regions=regions,
        claims=tuple(s.claim for s in live if s.role == "claim"),
        unfamiliar=frozenset(str(t.noun.get("region")) for t in findings if t.noun.get("familiar") is False),
        verdict=next((s.claim for s in reversed(live) if s.role == "verdict"), None),
        answer=next((s.claim for s in reversed(live) if s.role == "answer"), None),
        trace=trace,
        at=at,
        told_facts=told_facts,
        told_regions=told_regions,
        said=said,
        findings=tuple(findings),
        comparable=comparable,
        regions_only=regions_only,
        corrected=corrected,
        planned=tuple(planned),
        concluding=concluding or (trace.steps[-1] if trace.steps else None),
        labels=labels,
    )


def claims_in(output: Mapping[str, Any]) -> list[tuple[Role, dict[str, Any]]]:
    """The claims that an output holds, as recorded: its findings', then its reasoning's."""
    found: list[tuple[Role, Any]] = [("claim", mapping(f).get("claim")) for f in listed(output.get("findings"))]
    reasoning = mapping(output.get("reasoning"))
    found += [("verdict", reasoning.get("verdict")), ("answer", reasoning.get("answer"))]
    return [(role, claim) for role, claim in found if isinstance(claim, dict)]


def _said(trace: Trace) -> tuple[Said, ...]:
    """Every claim with its step; one that was made again after a repair is withdrawn where it stood first."""
    said: list[tuple[Said, tuple[int, int]]] = []
    repairs = questions = 0
    latest: dict[tuple[str, int], int] = {}
    seen: set[int] = set()
    for i, step in enumerate(trace.steps):
        repairs += bool(step.output.get("repairs"))
        questions += "question" in step.output
        inside = claims_in(step.output)
        roles = {str(claim.get("id")): role for role, claim in inside}
        for claim in step.claims or _parsed(claim for _, claim in inside):
            if id(claim) in seen:  # a copied step shares its claims: each has to have a place of its own
                claim = claim.model_copy()
            seen.add(id(claim))
            role = roles.get(claim.id) or _role(claim, step)
            said.append((Said(claim, step, i, role), (questions, repairs)))
            latest[claim.id, questions] = repairs
    return tuple(s._replace(withdrawn=done < latest[s.claim.id, asked]) for s, (asked, done) in said)


def _role(claim: Claim, step: Step) -> Role:
    if claim.id in ("CV", "CA"):
        return "verdict" if claim.id == "CV" else "answer"
    concludes = bool(mapping(step.output.get("verdict")).get("verdict"))
    return "verdict" if concludes and claim.subject == "image" and claim.defect is not None else "claim"


def _parsed(claims: Iterable[dict[str, Any]]) -> list[Claim]:
    found = []
    for claim in claims:
        try:
            found.append(Claim.model_validate(claim))
        except ValidationError:
            continue  # another agent's own form: nothing that can be checked
    return found


def _read(noun: type[N], raw: Any) -> list[N]:
    """The nouns in a recorded list; what is none is left out."""
    found: list[N] = []
    for item in listed(raw):
        if not isinstance(item, dict):
            continue
        try:
            found.append(noun.model_validate(item))
        except ValidationError:
            continue
    return found


def _begins_anew(step: Step) -> bool:
    output = step.output
    return bool(output.get("repairs") or output.get("review_problem") or "question" in output)


def mapping(value: Any) -> Mapping[str, Any]:
    """A recorded value where it is an object, else an empty one: other agents record what they like."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """A recorded value where it is a list, else an empty one."""
    return list(value) if isinstance(value, list | tuple) else []
