"""The graph's state: JSON-plain, small, images by digest; schema.py's nouns are dumped into it and read back."""

from __future__ import annotations

import operator
from typing import Annotated, Any, TypedDict, TypeVar

from ..schema import Comparison, Finding, ImageRef, Noun, RecalledFact

N = TypeVar("N", bound=Noun)


class Images(TypedDict, total=False):
    """Which images this inspection is about (each an `ImageRef` as JSON) and how the golden ones were chosen."""

    test: dict[str, Any]
    references: list[dict[str, Any]]
    chosen: str  # given | library | none


class InspectionState(TypedDict, total=False):
    """Everything the nodes read and write.

    The caller gives `test` and `references` (path, digest, or an `ImageRef` as JSON), `question`, `object` and
    `review` (ask a person where the policy says so). The rest is written by the node of the same purpose. A second
    question on the same thread finds the comparison and the findings there already, and the nodes that made them have
    nothing left to do.
    """

    test: str | dict[str, Any]
    references: list[str | dict[str, Any]]
    question: str
    object: str | None
    review: bool

    images: Images
    object_source: str  # given | golden | model | unknown
    familiar: bool  # the model knows this kind of image
    recognised: bool  # and the object: then it may name defects
    facts: list[dict[str, Any]]
    comparison: dict[str, Any] | None
    plan: dict[str, Any]
    findings: Annotated[list[dict[str, Any]], operator.add]
    reasoning: dict[str, Any]
    checks: list[dict[str, Any]]
    repairs: int
    correction: dict[str, Any] | None
    review_problem: str
    learned: dict[str, Any]
    verdict: dict[str, Any]


class RegionBranch(TypedDict):
    """What one `Send` hands to `examine`: one region and what it needs to be judged.

    Facts by citation and store id: every branch is checkpointed by itself, and fifteen copies of ten facts add up.
    """

    region: dict[str, Any]
    test: dict[str, Any]
    aligned: dict[str, Any] | None
    facts: list[tuple[str, str]]
    familiar: bool
    recognised: bool


def dump(noun: Noun) -> dict[str, Any]:
    """A noun as JSON-plain data, defaults left out (checkpoints stay small)."""
    return noun.model_dump(mode="json", exclude_defaults=True)


def read_facts(state: InspectionState) -> tuple[RecalledFact, ...]:
    """The recalled facts in the state."""
    return tuple(RecalledFact.model_validate(f) for f in state.get("facts") or ())


def read_comparison(state: InspectionState) -> Comparison | None:
    """The comparison in the state, None where there was no golden image."""
    found = state.get("comparison")
    return Comparison.model_validate(found) if found else None


def read_findings(state: InspectionState) -> tuple[Finding, ...]:
    """The findings in the state, by region number (branches end in any order); a second look replaces the first."""
    latest = {f["region"]: f for f in state.get("findings") or ()}
    return tuple(Finding.model_validate(latest[r]) for r in sorted(latest, key=lambda r: int(r[1:])))


def read_test(state: InspectionState) -> ImageRef:
    """The test image's reference."""
    return ImageRef.model_validate(state["images"]["test"])
