"""The answers of benchmarks/questions.py in the form that `sage-inspect eval answers` reads, with all that is true."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..eval.answer_scale import Truth
from ..schema import Fact, Verdict


@dataclass
class Predictions:
    """Lines for a file of predictions, collected question by question."""

    lines: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self, group: str, level: str, question: str, truth: Truth, reference: str, said: Verdict, known: Sequence[Fact],
        regions: Sequence[str],
    ) -> None:  # fmt: skip
        """Take in one answer.

        Args:
            reference: a right answer in words.
            known: the facts in the store; those that the run recalled are cited under the run's own ids.
            regions: ids of the regions that the run's comparison found.
        """
        told = {f.text: f for f in known}
        facts = [
            {"id": f.id, "text": f.text, "kind": told[f.text].kind, "allows": told[f.text].allows}
            for f in said.facts if f.text in told
        ]  # fmt: skip
        self.lines.append(
            {
                "id": f"{group}#{len(self.lines)}", "group": group, "level": level, "question": question,
                "answer": said.answer, "truth": truth.value, "reference": reference, "object": said.object or "",
                "asks": truth.asks, "asked": truth.asked, "allowed": sorted(truth.allowed), "facts": facts,
                "regions": list(regions), "names": dict(truth.names),
                "shown": [{"type": s.type, "places": s.places} for s in truth.shown],
            }
        )  # fmt: skip

    def write(self, path: Path) -> None:
        """Write all lines."""
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in self.lines), encoding="utf-8")
