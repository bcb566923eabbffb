"""The documented schema (docs/schema/trace.json): JSON lines, one whole trace a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ...errors import BadInput
from ...schema import TRACE_VERSION, Trace
from ..trace_file import check_version, unfitting


def read_schema(source: Path | Iterable[dict[str, Any]]) -> Iterator[Trace]:
    """The traces of a file (read line by line) or of parsed objects.

    Raises:
        BadInput: a line is no JSON object, does not fit the schema, or has another version.
    """
    if isinstance(source, Path):
        with source.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _trace(line, f"{source}, line {number}")
    else:
        for number, item in enumerate(source, 1):
            yield _trace(item, f"trace {number}")


def _trace(said: str | dict[str, Any], where: str) -> Trace:
    try:
        item = json.loads(said) if isinstance(said, str) else said
    except ValueError as error:
        raise BadInput(
            where, f"this is not JSON ({error})", "write one trace a line (docs/schema/trace.json)"
        ) from None
    if not isinstance(item, dict):
        raise BadInput(where, "this is no JSON object", "write one trace a line (docs/schema/trace.json)")
    check_version(item.get("version", TRACE_VERSION), where)
    try:
        return Trace.model_validate_json(said) if isinstance(said, str) else Trace.model_validate(item)
    except ValidationError as error:
        raise unfitting(where, error) from None
