"""What a judge reads of an answer or a trace: JSON lines of harmless strings, and the ids that it may cite.

Every string, keys and ids too, goes through `prompts.as_data`: one line, no brackets that could close a block, pose as
a citation or be a special token of the judge. Images and digests are left out: the judge reads text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...prompts import as_data
from ...schema import Claim, Step, Trace, Verdict
from ..predictions.prediction import Prediction

STRING = 600
"""Longest string in characters; what is cut off is marked by an ellipsis."""

ITEMS = 60
"""Longest list inside a step."""

TOTAL = 60_000
"""Most characters of all lines together: what is longer is not judged at all, rather than in part."""

_BLIND = frozenset(
    ("sha256", "digest", "output_digest", "width", "height", "heatmap", "aligned", "test", "references", "crop",
     "reference", "reference_crop", "images", "overlay", "timings_ms", "run", "origin", "version", "extra", "model")
)  # fmt: skip
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True)
class Material:
    """One thing to be judged.

    Attributes:
        kind: `answer` or `trace`.
        lines: JSON objects, harmless.
        ids: as the judge reads them -> as they are in what is judged.
        too_long: why it is not judged, "" where it is.
    """

    kind: str
    lines: tuple[str, ...]
    ids: Mapping[str, str]
    too_long: str = ""


def answer_material(prediction: Prediction) -> Material:
    """An answer by sentences (`A1`, `A2`, ...), what was asked, given and is known to be right."""
    said = [s for s in _SENTENCE.split(" ".join(prediction.answer.split())) if s]
    lines: list[dict[str, Any]] = [{"question": prediction.question}]
    if prediction.object:
        lines[0]["object"] = prediction.object
    lines += [{"fact": f.id, "says": f.text} for f in prediction.facts]
    lines += [{"region": r} for r in prediction.regions]
    if prediction.truth is not None:
        lines.append({"truth": prediction.truth})
    if prediction.reference:
        lines.append({"reference": prediction.reference})
    if prediction.shown is not None:
        lines.append({"shown": [{"type": s.type, "places": list(s.places)} for s in prediction.shown]})
    lines += [{"sentence": f"A{n}", "says": s} for n, s in enumerate(said, 1)]
    ids = [*(f"A{n}" for n in range(1, len(said) + 1)), *(f.id for f in prediction.facts), *prediction.regions]
    return _material("answer", lines, ids)


def trace_material(trace: Trace) -> Material:
    """A trace step by step, then its verdict; ids are those of steps, claims, facts and regions."""
    lines: list[dict[str, Any]] = [{"asked": _seen(trace.request)}] if trace.request else []
    lines += [_step(step) for step in trace.steps]
    ids = [step.id for step in trace.steps]
    for step in trace.steps:
        ids += [claim.id for claim in step.claims]
        ids += _ids_in(step.output)
    if trace.verdict is not None:
        lines.append(_verdict(trace.verdict))
        ids += [*(c.id for c in trace.verdict.claims), *(f.id for f in trace.verdict.facts)]
    return _material("trace", lines, ids)


def _material(kind: str, lines: list[dict[str, Any]], ids: list[str]) -> Material:
    told = tuple(json.dumps(_harmless(line), ensure_ascii=False) for line in lines)
    size = sum(map(len, told))
    why = f"it is longer than a judge is shown ({size} characters of {TOTAL})" if size > TOTAL else ""
    return Material(kind, told, {as_data(i, STRING): i for i in reversed(ids) if as_data(i, STRING)}, why)


def _step(step: Step) -> dict[str, Any]:
    line: dict[str, Any] = {"step": step.id, "node": step.node, "about": step.subject, "after": list(step.parents)}
    line |= {"input": _seen(step.input), "output": _seen(step.output), "error": step.error}
    line["claims"] = [_claim(c) for c in step.claims]
    return {k: v for k, v in line.items() if v not in ("", [], {}, None)}


def _claim(claim: Claim) -> dict[str, Any]:
    told = {"claim": claim.id, "about": claim.subject, "defect": claim.defect, "type": claim.type, "says": claim.text}
    return told | {"cites": [*claim.regions, *claim.facts]}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "verdict": verdict.verdict,
        "probability": verdict.probability,
        "answer": verdict.answer,
        "doubt": verdict.doubt,
        "defects": [{"region": d.region, "type": d.type, "box": list(d.box)} for d in verdict.defects],
        "facts": [{"fact": f.id, "says": f.text, "source": f.source} for f in verdict.facts],
        "claims": [_claim(c) for c in verdict.claims],
    }


def _seen(value: Any) -> Any:
    """A step's input or output without images, digests and what is empty."""
    if isinstance(value, Mapping):
        kept = {str(k): _seen(v) for k, v in value.items() if k not in _BLIND}
        return {k: v for k, v in kept.items() if v not in ("", [], {}, None)}
    if isinstance(value, list | tuple):
        left = len(value) - ITEMS
        return [_seen(v) for v in value[:ITEMS]] + ([f"{left} more"] if left > 0 else [])
    return value


def _harmless(value: Any) -> Any:
    if isinstance(value, str):
        told = as_data(value, STRING + 1)
        return told if len(told) <= STRING else told[:STRING] + "…"
    if isinstance(value, Mapping):
        return {as_data(str(k), STRING): _harmless(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_harmless(v) for v in value]
    return round(value, 3) if isinstance(value, float) else value


def _ids_in(value: Any) -> Iterator[str]:
    """Ids of facts and regions anywhere inside a step's output; the store's own keys of facts are none."""
    if isinstance(value, Mapping):
        if isinstance(value.get("id"), str):
            yield value["id"]
        for key, inside in value.items():
            if key != "fact":
                yield from _ids_in(inside)
    elif isinstance(value, list | tuple):
        for inside in value:
            yield from _ids_in(inside)
