"""The verdict that an agent's last words give, where it can be read; never guessed."""

from __future__ import annotations

import json
import re
from typing import Any

from ...schema import Verdict
from .rules import concluded

_NORMAL = frozenset(("normal", "good", "ok", "pass", "passed", "defect-free", "no defect", "sound", "non-defective"))
_ANOMALOUS = frozenset(("anomalous", "anomaly", "abnormal", "defective", "defect", "bad", "fail", "failed", "faulty"))
_KEYS = ("verdict", "label", "image_label", "prediction", "result", "conclusion", "decision")
_FLAGS = ("anomalous", "is_anomalous", "anomaly", "is_anomaly", "defective", "is_defective")
_SCORES = ("probability", "anomaly_score", "anomaly_probability")
_LABELLED = re.compile(
    r"\b(?:verdict|conclusion|final answer|result|label|decision)\W{1,4}(?:the \w+ is )?([a-z-]+)", re.I
)


def read_verdict(text: str, model: str = "") -> Verdict | None:
    """The verdict in an agent's last words; None where they give none.

    Read are, in this order: a JSON object with a verdict (`verdict`, `label`, `image_label` ..., or a true/false
    `anomalous`), a labelled word ("Verdict: anomalous"), the whole text as one word, and a concluding sentence ("the
    part is defective"); `uncertain` is a verdict too.
    """
    found, probability = _from_json(text)
    if found is None:
        match = _LABELLED.search(text)
        found = _named(match.group(1)) if match else _named(text.strip(" .!\n"))
    if found is None:
        said = concluded(text)
        found = None if said is None else "anomalous" if said else "normal"
    if found is None:
        return None
    return Verdict.model_validate(
        {"verdict": found, "probability": probability, "probability_source": None, "answer": text, "model": model}
    )


def _from_json(text: str) -> tuple[str | None, float | None]:
    begin, end = text.find("{"), text.rfind("}")
    try:
        told: Any = json.loads(text[begin : end + 1]) if 0 <= begin < end else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        return None, None
    scores = (told.get(k) for k in _SCORES)
    score = next((s for s in scores if isinstance(s, (int, float)) and not isinstance(s, bool) and 0 <= s <= 1), None)
    for key in _KEYS:
        if isinstance(told.get(key), str) and (found := _named(told[key])):
            return found, score
    for key in _FLAGS:
        if isinstance(told.get(key), bool):
            return ("anomalous" if told[key] else "normal"), score
    return None, score


def _named(word: str) -> str | None:
    word = word.strip().lower()
    if word in _NORMAL:
        return "normal"
    if word in _ANOMALOUS:
        return "anomalous"
    return "uncertain" if word in ("uncertain", "unknown", "inconclusive", "unsure") else None
