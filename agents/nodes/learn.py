"""learn: a person's correction becomes a fact (`expert`) and a preference pair (chosen/rejected) for tuning."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from filelock import FileLock
from langchain_core.language_models import BaseChatModel

from ...errors import RunFailed
from ...knowledge.facts import FactStore, fact_id
from ...models.loading import model_name
from ...prompts import PROMPTS_VERSION
from ...schema import Fact
from ..state import InspectionState, read_comparison, read_test
from .review import Correction


def learn(state: InspectionState, *, facts: FactStore, model: BaseChatModel, preferences: Path) -> dict[str, Any]:
    """Keep what a reviewer said. A note becomes an expert fact on this object; a verdict that differs from the
    agent's becomes a line in `preferences` (JSONL: image, question, chosen, rejected, provenance).

    Writing the same correction twice keeps one (a resumed run repeats this node).
    """
    if not state.get("correction"):
        return {}
    correction = Correction.model_validate(state["correction"])
    learned: dict[str, Any] = {}
    if correction.note and state.get("object"):
        fact = _fact(str(state["object"]), correction)
        facts.add([fact])
        learned["fact"] = fact.id
    if not correction.accepted:
        learned["preference"] = _keep_preference(state, correction, model_name(model), preferences)
    return {"learned": learned}


def _fact(name: str, correction: Correction) -> Fact:
    text = " ".join(correction.note.split())
    return Fact(
        id=fact_id(name, text),
        text=text,
        object=name,
        kind="normal" if correction.verdict == "normal" else "appearance" if correction.type else "defect",
        source="expert",
        origin=f"review by {correction.reviewer}",
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def _keep_preference(state: InspectionState, correction: Correction, model: str, path: Path) -> str:
    reasoning = state.get("reasoning") or {}
    comparison = read_comparison(state)
    defect = correction.verdict == "anomalous"
    cited = f" [{correction.region}]" if correction.region else ""
    reason = correction.note or ("a reviewer found a defect" if defect else "a reviewer found no defect")
    kind = correction.type.capitalize() or ("Defect" if defect else "No defect")
    line = {
        "image": [read_test(state).sha256, *([comparison.references[0].sha256] if comparison else [])],
        "question": state["question"],
        "chosen": f"{defect}. {kind}: {reason}{cited}",
        "rejected": (reasoning.get("verdict") or {}).get("text", ""),
        "provenance": {"reviewer": correction.reviewer, "model": model, "prompts": PROMPTS_VERSION},
    }
    if not line["rejected"] or correction.verdict == "uncertain":
        return ""
    text = json.dumps(line, sort_keys=True)
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            known = path.read_text().splitlines() if path.exists() else []
            if text not in known:
                with path.open("a") as file:
                    file.write(text + "\n")
    except OSError as error:
        raise RunFailed(
            str(path), f"the correction cannot be kept ({error.strerror})", "free space and resume"
        ) from None
    return key
