"""The metrics of one trace (table in eval/scores.py) from its view and from what the checks found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from ..images import ImageStore
from ..schema import Check
from .answer_text import plain
from .checks import CHECKS, TraceView
from .checks.entailment import derive, first_claims
from .labelled import right_verdict, true_boxes, true_types
from .localize import claimed_boxes, detection, heat, heat_in_map, localization
from .scores import Scale, Score

BY_METRIC = dict[str, list[Check]]
METRICS = (
    "identification", "localization", "detection", "entailment", "grounding", "faithfulness", "consistency", "coverage",
    "order", "efficiency", "heat",
)  # fmt: skip
"""The metrics' names, in the order of a trace's scores."""
HEAT_MAP = "heat_map"
"""One more where images are at hand: `heat` against the heat map itself."""


def faults_by_metric(checks: Iterable[Check]) -> BY_METRIC:
    """What the checks found, by the metric that it lowers."""
    found: BY_METRIC = defaultdict(list)
    for check in checks:
        registered = CHECKS.get(check.name)
        for metric in registered.metrics if registered else ():
            found[metric].append(check)
    return found


def metric_scores(view: TraceView, faults: BY_METRIC, images: ImageStore | None) -> tuple[Score, ...]:
    """One score a metric: first those against the truth, then those of the process."""
    return (
        identification(view),
        *against_boxes(view),
        entailment(view, faults["entailment"]),
        grounding(view, faults["grounding"]),
        _steps("faithfulness", view, faults, sum(bool(s.output_digest or s.claims) for s in view.trace.steps)),
        consistency(view, faults["consistency"]),
        coverage(view, faults["coverage"]),
        _steps("order", view, faults, len(view.trace.steps)),
        _steps("efficiency", view, faults, len(view.trace.steps)),
        *heat_scores(view, faults["heat"], images),
        *(_steps(name, view, faults, len(view.trace.steps)) for name in own_metrics()),
    )


def own_metrics() -> list[str]:
    """Metrics that a check from outside added, by name."""
    return sorted({m for check in CHECKS.values() for m in check.metrics} - set(METRICS))


def identification(view: TraceView) -> Score:
    """The verdict against the label, half of it the types: named and there over named or there (Jaccard).

    A right verdict gives .5 and half of the types' agreement (.5 of it where it names none); a wrong one .25 where
    all types it names are there, else 0. An uncertain verdict is unscored.
    """
    right, final = right_verdict(view.labels), view.final
    if right is None or final is None or final.verdict == "uncertain":
        why = "no label" if right is None else "no verdict" if final is None else "the agent abstained"
        return Score(name="identification", scale="trace", reason=why)
    types: list[str | None] = [d.type for d in final.defects] or [c.type for c in first_claims(view.claims) if c.defect]
    named = frozenset(plain(t) for t in types if t and not t.startswith("unnamed"))
    true = true_types(view.labels)
    if final.verdict != right:
        value = 0.25 if named and named <= true else 0.0
        return Score(name="identification", scale="trace", value=value, reason=f"{final.verdict}, the label is {right}")
    if right == "normal" or not true:
        return Score(name="identification", scale="trace", value=1.0, reason=f"{right}, as labelled")
    alike = len(named & true) / len(named | true) if named else 0.5
    told = f"named {', '.join(sorted(named)) or 'no type'}; there: {', '.join(sorted(true))}"
    return Score(name="identification", scale="trace", value=0.5 + 0.5 * alike, reason=told)


def against_boxes(view: TraceView) -> tuple[Score, Score]:
    """Localization and detection; they do not exist where nothing is defective or no place is known."""
    true = true_boxes(view.labels)
    if not true:
        why = "nothing is defective" if true is not None else "no true box or mask"
        return tuple(Score(name=n, scale="trace", reason=why) for n in ("localization", "detection"))  # type: ignore[return-value]
    claimed = claimed_boxes(view)
    if not claimed and (view.final is None or view.final.verdict == "uncertain"):
        return tuple(Score(name=n, scale="trace", reason="the agent abstained") for n in ("localization", "detection"))  # type: ignore[return-value]
    hits, told = detection(claimed, true), f"{len(claimed)} boxes claimed, {len(true)} true"
    return (
        Score(name="localization", scale="trace", value=localization(claimed, true), reason=told),
        Score(name="detection", scale="trace", value=hits, reason=f"{round(hits * len(true))} of {len(true)} hit"),
    )


def entailment(view: TraceView, faults: Sequence[Check]) -> Score:
    """1 where the verdict follows from the claims, 0 where it does not, .5 where only the answer does not."""
    final = view.final
    if final is None or (derive(view) is None and not faults):
        why = "no verdict" if final is None else "nothing decisive was claimed"
        return Score(name="entailment", scale="trace", reason=why)
    if not faults and final.verdict == "uncertain":
        return Score(name="entailment", scale="trace", reason="the agent abstained")
    of_verdict = [f for f in faults if f.name != "answer_not_entailed"]
    value = 0.0 if of_verdict else 0.5 if faults else 1.0
    return _told("entailment", "trace", value, of_verdict or faults, f"{final.verdict} follows from the claims")


def grounding(view: TraceView, faults: Sequence[Check]) -> Score:
    """Share of the claims that cite or decide something and are grounded; a warning costs half."""
    claims = {(s.claim.id, s.step.id) for s in view.live if s.claim.defect is not None or _cites(s.claim)}
    return _share("grounding", "claim", len(claims), faults, "claims are grounded")


def consistency(view: TraceView, faults: Sequence[Check]) -> Score:
    """Share of the claims on parts of the image that contradict no earlier one."""
    claims = [c for c in view.claims if c.defect is not None or c.type]
    return _share("consistency", "claim", len(claims), faults, "claims contradict no other")


def coverage(view: TraceView, faults: Sequence[Check]) -> Score:
    """Share of what must be there that is: regions examined, and the steps that others follow from."""
    final = view.final
    if final is None:
        return Score(name="coverage", scale="trace", reason="no verdict")
    regions = {r for r in view.regions if view.comparable} | {d.region for d in final.defects if d.region}
    edges = sum(len(s.parents) for s in view.trace.steps)
    return _share("coverage", "trace", len(regions) + edges, faults, "regions and steps relied on are there")


def heat_scores(view: TraceView, faults: Sequence[Check], images: ImageStore | None) -> list[Score]:
    """Agreement of claimed boxes with the comparison's regions; with an image store also with its heat map."""
    none = "no box was claimed, or no region found"
    value = heat(view)
    scores = [_told("heat", "claim", value, faults, none if value is None else "boxes against the regions found")]
    if images is not None:
        value = heat_in_map(view, images)
        told = "no box was claimed, or the map is not in the store" if value is None else "boxes in the heat map"
        scores.append(Score(name=HEAT_MAP, scale="claim", value=value, reason=told))
    return scores


def ungrounded(view: TraceView, faults: Sequence[Check]) -> bool:
    """Whether an error lies in the grounding of a claim that decides something."""
    decisive = {s.claim.id for s in view.live if s.claim.defect is not None}
    return any(f.severity == "error" and f.subject in decisive for f in faults)


def _cites(claim: object) -> bool:
    return bool(getattr(claim, "facts", ()) or getattr(claim, "regions", ()))


def _steps(name: str, view: TraceView, faults: BY_METRIC, count: int) -> Score:
    by_step = (
        [f.model_copy(update={"subject": f.step}) for f in faults[name]] if len(faults[name]) > 1 else faults[name]
    )
    return _share(name, "step", count, by_step, "steps are without fault")


def _share(name: str, scale: Scale, count: int, faults: Sequence[Check], good: str) -> Score:
    """1 less the share of faulty items; each counts once, by its worst fault: an error 1, a warning one half."""
    worst: dict[tuple[str, str], float] = {}
    for found in faults:
        key = (found.subject, found.step)
        worst[key] = max(worst.get(key, 0.0), 1.0 if found.severity == "error" else 0.5)
    count = max(count, len(worst))
    if not count:
        return Score(name=name, scale=scale, reason="there is nothing to judge")
    lost = sum(worst.values())
    return _told(name, scale, 1 - lost / count, faults, f"all {count} {good}")


def _told(name: str, scale: Scale, value: float | None, faults: Sequence[Check], good: str) -> Score:
    more = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
    return Score(
        name=name,
        scale=scale,
        value=value,
        reason=faults[0].message + more if faults else good,
        evidence=tuple(dict.fromkeys(f.subject for f in faults)),
    )
