"""conclude: the verdict from what is known, by published rules; nothing is invented where nothing was measured."""

from __future__ import annotations

from typing import Any, NamedTuple

from langchain_core.language_models import BaseChatModel

from ...eval.checks.criteria import gives_leave
from ...models.loading import model_name
from ...prompts import strip_citations
from ...schema import (
    Check,
    Claim,
    Comparison,
    Defect,
    Finding,
    ReferenceUsed,
    Region,
    Verdict,
    VerdictFact,
    VerdictName,
)
from ..answering import UNKNOWN_IMAGE, answer_of, knows_image
from ..policy import Policy
from ..state import InspectionState, dump, read_comparison, read_facts, read_findings, read_test


class Decision(NamedTuple):
    """A verdict's head: name, probability of anomalous (or None) with its source, and what speaks against it."""

    verdict: VerdictName
    probability: float | None
    source: str | None
    p_true: float | None
    doubt: str


def decide(state: InspectionState, policy: Policy) -> Decision:
    """The verdict that the state supports.

    In this order: a person's correction; a question that is no inspection; images that cannot be compared; the
    model, where it knows what it sees (highest P(True) of the regions it examined; where there was no region and it
    reads whole images, P(True) of its verdict); the conformal p-value; the comparison's score by itself. An error that
    verification could not get repaired makes the model's verdict `uncertain`.
    """
    correction = state.get("correction")
    if correction:
        verdict = correction["verdict"]
        return Decision(verdict, {"normal": 0.0, "anomalous": 1.0}.get(verdict), "review", _p_true(state), "")
    if state["plan"]["route"] == "knowledge":
        return Decision("uncertain", None, None, None, "not inspected: the question is about the kind of object")
    comparison = read_comparison(state)
    if comparison is not None and not comparison.registration.comparable:
        return Decision("uncertain", None, None, None, comparison.registration.note or "the images are not comparable")
    decision = _by_model(state, comparison, policy) or _by_comparison(comparison, policy, knows_image(state))
    # An answer that does not hold is told as such; it does not touch what the findings say of the part.
    errors = [c["message"] for c in state.get("checks") or () if c["severity"] == "error" and c["subject"] != "CA"]
    if errors and decision.source in ("p_true", None):
        more = f"; and {len(errors) - 3} more" if len(errors) > 3 else ""
        return decision._replace(verdict="uncertain", doubt="; ".join(errors[:3]) + more)
    return decision


def _p_true(state: InspectionState) -> float | None:
    """The highest P(True) of the regions that no criterion allows; without regions, that of the verdict."""
    findings = read_findings(state)
    if findings:
        return max((f.p_true for f in findings if f.p_true is not None and not f.overruled), default=None)
    return (state.get("reasoning") or {}).get("p_true")


def _by_model(state: InspectionState, comparison: Comparison | None, policy: Policy) -> Decision | None:
    """The model's decision; None where it has no say: it does not know such images, or saw nothing of this one."""
    findings = read_findings(state)
    reasoning = state.get("reasoning") or {}
    if findings:
        if not any(f.familiar for f in findings):
            return None
        said = [f.claim.defect for f in findings if f.familiar]
    else:
        if not reasoning.get("familiar", True) or reasoning.get("regions_only"):
            return None
        said = [(reasoning.get("verdict") or {}).get("defect")]
    p_true = _p_true(state)
    source = None if p_true is None else "p_true"
    low, high = policy.normal_below, policy.anomalous_above
    if not state.get("recognised", True):
        low, high = min(low, policy.strange_margin), max(high, 1 - policy.strange_margin)
    if any(said):
        if p_true is not None and p_true < high:
            return Decision("uncertain", p_true, source, p_true, f"P(True) {p_true:.2f} is too close to call")
        if _strange(state) and any(gives_leave(f) for f in read_facts(state)):
            why = f"{_strange(state)}, so that it cannot be told whether a criterion permits it"
            return Decision("uncertain", p_true, source, p_true, why)
        return Decision("anomalous", p_true, source, p_true, _strange(state))
    if p_true is not None and p_true >= high:
        return Decision("uncertain", p_true, source, p_true, "the model's words and its probabilities disagree")
    if None in said:
        return Decision("uncertain", p_true, source, p_true, "an answer of the model could not be read")
    unsettled = _unsettled(findings, comparison)
    if unsettled:
        return Decision("uncertain", p_true, source, p_true, unsettled)
    if p_true is not None and p_true > low:
        return Decision("uncertain", p_true, source, p_true, f"P(True) {p_true:.2f} is too close to call")
    if p_true is None and any(f.overruled for f in findings):
        return Decision("normal", 0.0, "criterion", None, "")
    return Decision("normal", p_true, source, p_true, _against(comparison, policy) or _strange(state))


def _strange(state: InspectionState) -> str:
    """What a person should know where the model tells defects of an object whose defects it cannot name."""
    return "" if state.get("recognised", True) else "the model does not know this object: it names no defect"


def _unsettled(findings: tuple[Finding, ...], comparison: Comparison | None) -> str:
    """Why a part in which the model saw no defect is not normal yet; "" where nothing is open."""
    unknown = ", ".join(f.region for f in findings if not f.familiar)
    if unknown:
        return f"the model does not know what it sees at {unknown}"
    seen = {f.region for f in findings}
    left = [r.id for r in comparison.regions if r.id not in seen] if comparison and findings else []
    return f"{len(left)} differing regions were not examined ({', '.join(left)})" if left else ""


def _against(comparison: Comparison | None, policy: Policy) -> str:
    p = comparison.p_value if comparison else None
    if p is not None and p <= policy.false_alarm_rate:
        return f"the model sees no defect, but the difference is unusual among the golden images (p = {p:.3f})"
    return ""


def _by_comparison(comparison: Comparison | None, policy: Policy, familiar: bool) -> Decision:
    """The model has no say here: golden images decide, or nobody does."""
    unknown = "" if familiar else UNKNOWN_IMAGE
    if comparison is None:
        why = "this model reads no whole image" if familiar else unknown
        return Decision("uncertain", None, None, None, f"no golden image, and {why}")
    p, score = comparison.p_value, comparison.score
    if p is not None and 1 / (len(comparison.references) + 1) <= policy.false_alarm_rate:
        name: VerdictName = "anomalous" if p <= policy.false_alarm_rate else "normal"
        # A p-value is no probability: read so that the allowed false-alarm rate stands at one half.
        odds = policy.false_alarm_rate / (policy.false_alarm_rate + p)
        return Decision(name, odds, "p_value", None, unknown)
    if not comparison.regions and score < policy.same_below:
        return Decision("normal", score, "comparison", None, unknown)
    if comparison.regions and score >= policy.different_above:
        return Decision("anomalous", score, "comparison", None, unknown)
    needed = int(1 / policy.false_alarm_rate + 0.5) - 1
    many = f"{needed} golden images are needed to tell with a false-alarm rate of {policy.false_alarm_rate:.0%}"
    return Decision("uncertain", score, "comparison", None, f"{unknown}; {many}" if unknown else many)


def defects_of(state: InspectionState, decision: Decision) -> tuple[Defect, ...]:
    """The defects to list: a reviewer's, else what the model called one, and differences that nobody could name."""
    comparison = read_comparison(state)
    if comparison is None or decision.verdict == "normal" or state["plan"]["route"] == "knowledge":
        return ()
    regions = {r.id: r for r in comparison.regions}
    correction = state.get("correction") or {}
    if correction and not correction.get("accepted"):
        return _corrected(correction, regions)
    findings = read_findings(state)
    open_or_defect = [f for f in findings if f.claim.defect or (f.claim.defect is None and not f.familiar)]
    return tuple(
        Defect(
            type=f.claim.type or ("unnamed defect" if f.claim.defect else "unnamed difference"),
            box=regions[f.region].box,
            score=round(f.p_true if f.p_true is not None else regions[f.region].score, 4),
            claim=strip_citations(f.claim.text),
            facts=f.claim.facts,
            region=f.region,
        )
        for f in open_or_defect
    )


def _corrected(correction: dict[str, Any], regions: dict[str, Region]) -> tuple[Defect, ...]:
    """A reviewer's defect; what the model said besides is not confirmed, so it is not listed."""
    region = regions.get(correction.get("region", ""))
    if correction["verdict"] != "anomalous" or region is None:
        return ()
    kind = correction.get("type") or "unnamed defect"
    claim = correction.get("note") or f"{kind.capitalize()}, as {correction['reviewer']} judged."
    return (Defect(type=kind, box=region.box, score=1.0, claim=claim, region=region.id),)


def conclude(state: InspectionState, *, model: BaseChatModel, policy: Policy) -> dict[str, Any]:
    """Build the `Verdict` (without timings and folder, which the runner knows)."""
    decision = decide(state, policy)
    comparison = read_comparison(state)
    findings = read_findings(state)
    reasoning = state.get("reasoning") or {}
    spoken = [Claim.model_validate(reasoning[k]) for k in ("verdict", "answer") if reasoning.get(k)]
    references = comparison.references if comparison is not None else ()
    verdict = Verdict(
        verdict=decision.verdict,
        probability=None if decision.probability is None else round(decision.probability, 4),
        probability_source=decision.source,  # type: ignore[arg-type]
        p_true=None if decision.p_true is None else round(decision.p_true, 4),
        p_value=comparison.p_value if comparison else None,
        defects=defects_of(state, decision),
        answer=answer_of(state, verdict=decision.verdict, doubt=decision.doubt, terms=getattr(model, "terms", None)),
        answer_p_true=reasoning.get("answer_p_true"),
        question=state["question"],
        object=state.get("object"),
        facts=tuple(
            VerdictFact(id=f.id, text=f.fact.text, source=f.fact.source, score=round(f.score, 4))
            for f in read_facts(state)
        ),
        reference=ReferenceUsed(
            digest=references[0].sha256,
            chosen=state["images"]["chosen"],  # type: ignore[arg-type]
            name=references[0].name,
            count=len(references),
        )
        if references
        else None,
        claims=(*(f.claim for f in findings), *spoken),
        checks=tuple(Check.model_validate(c) for c in state.get("checks") or ()),
        doubt=decision.doubt,
        reviewed=bool(state.get("correction")),
        test=read_test(state),
        model=model_name(model),
    )
    return {"verdict": dump(verdict)}
