"""Mutants as they lie on disk: JSON lines, one mutant a line; `eval mutate` writes, `read_traces` reads them.

A line says what was planted (`of`: the correct trace's name, `family`, `variant`, `strength`, `step`, `falls`, `holds`,
`note`), what is true of the image (`labels`), and holds the mutant as `trace`, whose run is still the correct trace's.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from ..schema import Trace
from .labels import Labels
from .mutants import Mutant
from .trace_file import check_version, unfitting


def mutant_line(of: str, mutant: Mutant, labels: Labels | None) -> dict[str, Any]:
    """A mutant of the trace named `of`, JSON-plain."""
    return {
        "of": of, "family": mutant.family, "variant": mutant.variant, "strength": mutant.strength,
        "step": mutant.step, "falls": mutant.falls, "holds": mutant.holds, "note": mutant.note,
        "labels": labels.model_dump(mode="json") if labels else None,
        "trace": mutant.trace.model_dump(mode="json"),
    }  # fmt: skip


def is_mutant(line: dict[str, Any]) -> bool:
    """Whether a parsed line is of this form, rather than a trace of its own."""
    return {"of", "variant", "trace"} <= set(line) and isinstance(line["trace"], dict)


def read_mutant(line: dict[str, Any], where: str) -> tuple[Trace, Labels | None]:
    """The mutant as a trace whose run is its name, `OF: VARIANT` (unique in its file), and what is true of its image.

    What the line says of it stands in the trace's `extra["mutant"]`, with the correct trace's `run`; the name is its
    case too (eval/trace_cases.py), for all mutants of a trace share image and question.

    Raises:
        BadInput: its trace does not fit the schema or has another version; its labels are none.
    """
    try:
        check_version(line["trace"].get("version", 1), where)
        trace = Trace.model_validate(line["trace"])
        labels = Labels.model_validate(line["labels"]) if line.get("labels") else None
    except ValidationError as error:
        raise unfitting(where, error) from None
    name = f"{line['of']}: {line['variant']}"
    about = {key: value for key, value in line.items() if key not in ("trace", "labels")} | {"run": trace.run}
    return trace.model_copy(update={"run": name, "extra": {**trace.extra, "case": name, "mutant": about}}), labels
