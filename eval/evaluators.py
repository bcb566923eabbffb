"""Our scores as evaluators that agentevals, openevals and LangSmith call: `(inputs, outputs, reference_outputs)`.

    from sage_inspect.eval.evaluators import evaluator
    evaluate(target, data=..., evaluators=[evaluator("process"), evaluator("entailment")])

`outputs` is a message list (or `{"messages": [...]}`), a trace (`Trace`, or its JSON), or `{"trace": ...}`. What
`reference_outputs` says of the truth (`{"label": "normal" | "anomalous", "types": [...]}`) becomes the labels. An
unscored metric has `score` None and a `comment` that says why: LangSmith leaves it out of its means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from ..errors import BadInput
from ..schema import Trace
from .claims import with_claims
from .importers.messages import read_messages
from .importers.traces import read_schema
from .labels import Labels
from .process import NAME as PROCESS
from .process import process_score
from .score_trace import score_trace

Evaluator = Callable[..., dict[str, Any]]
_AXES = ("identification_axis", "localization_axis", "logic_axis", "score")


def evaluator(metric: str = PROCESS) -> Evaluator:
    """An evaluator for one metric.

    Args:
        metric: `process`, a metric of eval/scores.py, `score` (S) or `<axis>_axis`; the last two are 1..5 and are told
            on 0..1 as (value - 1) / 4, as these tools expect.

    Returns:
        A function of keywords `inputs`, `outputs`, `reference_outputs` that gives `{key, score, comment}`.
    """

    def evaluate(inputs: Any = None, outputs: Any = None, reference_outputs: Any = None, **more: Any) -> dict[str, Any]:
        trace = trace_of(outputs)
        if metric == PROCESS:
            told = process_score(trace)
            return {"key": metric, "score": told.value, "comment": told.reason}
        scored = score_trace(trace, labels=labels_of(reference_outputs))
        first = f"first error at {scored.first_error}" if scored.first_error else "no error found"
        if metric in _AXES:
            value = getattr(scored, metric.removesuffix("_axis"))
            return {"key": metric, "score": None if value is None else (value - 1) / 4, "comment": first}
        found = next((s for s in scored.scores if s.name == metric and not s.subject), None)
        if found is None:
            return {"key": metric, "score": None, "comment": f"there is no metric {metric!r}"}
        return {"key": metric, "score": found.value, "comment": f"{found.reason or 'unscored'}; {first}"}

    evaluate.__name__ = f"sage_inspect_{metric}"
    return evaluate


def trace_of(outputs: Any) -> Trace:
    """The trace in what an evaluator is given, with the claims that its free text makes.

    Raises:
        BadInput: it is neither messages nor a trace.
    """
    if isinstance(outputs, Mapping) and "trace" in outputs:
        outputs = outputs["trace"]
    if isinstance(outputs, Trace):
        return with_claims(outputs)
    if isinstance(outputs, Mapping) and "steps" in outputs:
        return with_claims(next(read_schema([dict(outputs)])))
    if isinstance(outputs, (list, tuple)) or (isinstance(outputs, Mapping) and "messages" in outputs):
        return with_claims(next(read_messages(outputs)))
    raise BadInput("outputs", "there are neither messages nor a trace in it", 'return {"messages": [...]} or a trace')


def labels_of(reference: Any) -> Labels | None:
    """The labels in `reference_outputs`; None where it tells none (a reference trajectory is no label)."""
    if isinstance(reference, Labels):
        return reference
    if not isinstance(reference, Mapping):
        return None
    told = {k: v for k, v in reference.items() if k in Labels.model_fields}
    try:
        return Labels.model_validate(told) if told else None
    except ValidationError as error:
        raise BadInput(
            "reference_outputs", str(error).splitlines()[0], 'give {"label": "normal" | "anomalous"}'
        ) from None
