"""A small correct trace of an inspection, as the graph leaves it: two regions, one of them a short."""

from __future__ import annotations

import hashlib
import json

from sage_inspect.eval.labels import LabelledDefect, Labels
from sage_inspect.eval.trace_file import digest_of
from sage_inspect.schema import Box, Trace

IMAGE = {"sha256": "a" * 64, "width": 100, "height": 100, "name": "board.png"}


def _fact(id: str, text: str) -> dict:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {
        "id": id,
        "fact": {"id": f"k{id}", "text": text, "object": "pcb", "kind": "defect", "digest": digest},
        "score": 0.5,
    }


FACTS = [_fact("F1", "A short joins two conductors."), _fact("F2", "An open breaks a conductor.")]
REGIONS = [
    {"id": "R1", "box": [10, 10, 30, 30], "score": 0.9, "hint": "short"},
    {"id": "R2", "box": [60, 60, 80, 80], "score": 0.5},
]
C1 = {
    "id": "C1",
    "subject": "R1",
    "defect": True,
    "type": "short",
    "text": "Short [R1] [F1].",
    "regions": ["R1"],
    "facts": ["F1"],
}
C2 = {"id": "C2", "subject": "R2", "defect": False, "text": "No defect [R2].", "regions": ["R2"]}
CV = {
    "id": "CV",
    "subject": "R1",
    "defect": True,
    "type": "short",
    "text": "True. Short [R1] [F1].",
    "regions": ["R1"],
    "facts": ["F1"],
}
VERDICT = {
    "verdict": "anomalous", "probability": 0.99, "probability_source": "p_true", "p_true": 0.99, "test": IMAGE,
    "defects": [{"type": "short", "box": [10, 10, 30, 30], "score": 0.99, "claim": "Short.", "facts": ["F1"], "region": "R1"}],
    "facts": [{"id": f["id"], "text": f["fact"]["text"], "source": "curated", "score": 0.5} for f in FACTS],
    "claims": [C1, C2, CV],
}  # fmt: skip
LABELS = Labels(
    label="anomalous", types=("short",), defects=(LabelledDefect(box=Box(10, 10, 30, 30), type="short"),)
)  # fmt: skip


def _finding(claim: dict, region: str, p_true: float) -> dict:
    words = f"{claim['defect']}. {claim['text']}"
    return {
        "region": region,
        "place": "centre",
        "p_true": p_true,
        "familiar": True,
        "crop": IMAGE,
        "answer": words,
        "claim": claim,
    }


def raw() -> dict:
    """The trace as plain data; change it, then `sealed` makes the digests anew."""
    steps = [
        {"id": "S1", "node": "intake", "output": {"question": "Any defect?", "repairs": 0, "checks": []}},
        {"id": "S2", "node": "recall", "parents": ["S1"], "input": {"question": "Any defect?"}, "output": {"facts": FACTS}},
        {"id": "S3", "node": "compare", "parents": ["S1"], "input": {"images": {"test": IMAGE}},
         "output": {"comparison": {"test": IMAGE, "score": 0.9, "regions": REGIONS, "registration": {"method": "shift", "confidence": 1}}}},
        {"id": "S4", "node": "plan", "parents": ["S2", "S3"], "output": {"plan": {"route": "regions", "regions": ["R1", "R2"], "why": "2 regions"}}},
        {"id": "S5", "node": "examine", "subject": "R1", "parents": ["S4"], "input": {"region": REGIONS[0]},
         "output": {"findings": [_finding(C1, "R1", 0.99)]}, "claims": [C1], "calls": 1, "tokens": {"input": 9, "output": 3}, "ms": 200.0},
        {"id": "S6", "node": "examine", "subject": "R2", "parents": ["S4"], "input": {"region": REGIONS[1]},
         "output": {"findings": [_finding(C2, "R2", 0.02)]}, "claims": [C2], "calls": 1, "tokens": {"input": 9, "output": 3}, "ms": 100.0},
        {"id": "S7", "node": "reason", "parents": ["S5", "S6"], "input": {"question": "Any defect?"},
         "output": {"reasoning": {"verdict": CV, "p_true": 0.98, "familiar": True}}, "claims": [CV]},
        {"id": "S8", "node": "verify", "parents": ["S7"], "output": {"checks": []}},
        {"id": "S9", "node": "conclude", "parents": ["S8"], "output": {"verdict": VERDICT}},
    ]  # fmt: skip
    return sealed(json.loads(json.dumps({"run": "run-1", "steps": steps, "verdict": VERDICT})))


def sealed(trace: dict) -> dict:
    """The same with fresh digests of all results."""
    for step in trace["steps"]:
        step["output_digest"] = digest_of(step["output"])
    return trace


def trace(changed: dict | None = None) -> Trace:
    return Trace.model_validate(changed if changed is not None else raw())


def own_lines(changed: dict | None = None, run: str = "run-1") -> list[str]:
    """The trace as the lines of a `trace.jsonl`."""
    data = trace(changed).model_dump(mode="json")
    lines = [{"line": "header", "version": 1, "run": run}]
    lines += [{"line": "step", "step": step} for step in data["steps"]]
    return [json.dumps(line) + "\n" for line in [*lines, {"line": "verdict", "verdict": data["verdict"]}]]
