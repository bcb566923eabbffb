"""Tool result altered after the claim: the claims stay, what they were made of is another thing now.

`record altered`: somebody changed the record, and its digest tells. `result altered`: the step recorded another result
than it claimed from, digest and all, and only reading both tells.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...schema import Step, Trace
from ..labels import Labels
from .editing import map_json, objects, replace_step, with_output
from .mutant import Edit, Variant, register

FAMILY = "tool result altered after the claim"


def alter_record(trace: Trace, labels: Labels, rng: np.random.Generator) -> Edit | None:
    """One number or word in the output of a step is another one, the digest is the old one's."""
    found = [s for s in trace.steps if s.output_digest and not isinstance(s.output.get("verdict"), dict)]
    altered = [(s, a) for s in found if (a := _altered(s.output)) is not None]
    if not altered:
        return None
    step, output = altered[int(rng.integers(len(altered)))]
    return Edit(
        replace_step(trace, step.model_copy(update={"output": output})), step.id, f"output of {step.id} ({step.node})"
    )


def alter_result(trace: Trace, labels: Labels, rng: np.random.Generator) -> Edit | None:
    """The model's recorded words and probability say the opposite of the claim that was read from them."""
    found = [s for s in trace.steps if any(map(_answered, objects(s.output, "findings")))]
    if not found:
        return None
    step = found[int(rng.integers(len(found)))]

    def changed(value: dict[str, Any]) -> dict[str, Any]:
        if not _answered(value):
            return value
        denied = bool(value["claim"].get("defect"))
        p = value.get("p_true")
        turned = None if p is None else round(min(p, 0.05), 4) if denied else round(max(p, 0.95), 4)
        words = "False. No defect is seen here." if denied else "True. A defect is seen here."
        return {**value, "answer": words, "p_true": turned}

    return Edit(_put(trace, step, map_json(step.output, changed)), step.id, f"the answer recorded in {step.id}")


def _put(trace: Trace, step: Step, output: dict[str, Any]) -> Trace:
    return replace_step(trace, with_output(step, output))


def _answered(finding: Any) -> bool:
    """A finding whose claim says True or False because the model's words do (no criterion overruled them)."""
    if not isinstance(finding, dict) or finding.get("overruled") or not isinstance(finding.get("answer"), str):
        return False
    claim = finding.get("claim")
    defect = claim.get("defect") if isinstance(claim, dict) else None
    return defect is not None and finding["answer"].lower().startswith(str(defect).lower())


def _altered(output: dict[str, Any]) -> dict[str, Any] | None:
    """The output with its first result changed: a score, a probability, a fact's relevance; None if it has none."""
    done = False

    def changed(value: dict[str, Any]) -> dict[str, Any]:
        nonlocal done
        for key in ("p_true", "score"):
            if not done and isinstance(value.get(key), float):
                done = True
                return {**value, key: round(1 - value[key], 4)}
        return value

    new: dict[str, Any] = map_json(output, changed)
    return new if done and new != output else None


for _name, _make in (("record altered", alter_record), ("result altered", alter_result)):
    register(Variant(FAMILY, _name, _make, ("faithfulness",), ("identification",)))
