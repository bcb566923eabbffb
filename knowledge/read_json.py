"""Candidate facts from JSON Lines, from a JSON list, and from MMAD's domain_knowledge.json."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import BadInput
from ..schema import Criterion
from .ingest_mmad import mmad_rows
from .rows import Problem, Row

_KEYS = {"text", "object", "kind", "source", "allows", "criterion", "origin", "id", "digest", "version"}


def json_lines(text: str, name: str) -> Iterable[Row | Problem]:
    """One object a line; empty lines do not count."""
    # Not splitlines(): it also breaks at U+2028 and the like, which JSON strings may hold.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{name}#{number}"
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            yield Problem(where, f"not JSON ({reason})", line[:80])
            continue
        yield _row(data, where)


def json_rows(text: str, file: Path, object: str | None) -> Iterable[Row | Problem]:
    """A list of objects, or MMAD's dictionary of categories.

    Raises:
        BadInput: neither, or no JSON.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(str(file), f"not JSON ({str(error)[:80]})", "check the file") from None
    if isinstance(data, list):
        return [_row(item, f"{file.name}#{number}") for number, item in enumerate(data, 1)]
    if isinstance(data, dict) and data:
        return list(mmad_rows(data, file, object))
    raise BadInput(str(file), "neither a list of facts nor a dictionary of categories", "see docs on ingesting facts")


def _row(data: Any, where: str) -> Row | Problem:
    if not isinstance(data, dict):
        return Problem(where, "not a JSON object", str(data)[:80])
    text = data.get("text")
    if not isinstance(text, str):
        return Problem(where, "'text' is missing" if text is None else "'text' is not a string", str(data)[:80])
    unknown = sorted(set(map(str, data)) - _KEYS)
    if unknown:
        return Problem(where, f"unknown key '{unknown[0]}'", text[:80])
    for key in ("object", "kind", "source"):
        if not isinstance(data.get(key, ""), str):
            return Problem(where, f"'{key}' is not a string", text[:80])
    allows = data.get("allows")
    if allows is not None and not (isinstance(allows, list) and all(isinstance(a, str) for a in allows)):
        return Problem(where, "'allows' is not a list of strings", text[:80])
    try:
        limit = data.get("criterion")
        criterion = None if limit is None else Criterion.model_validate(limit)
    except ValidationError as error:
        first = error.errors()[0]
        return Problem(where, f"'criterion' {'.'.join(map(str, first['loc']))}: {first['msg']}", text[:80])
    return Row(
        text=text,
        origin=where,
        object=data.get("object", ""),
        kind=data.get("kind", ""),
        source=data.get("source", ""),
        allows=None if allows is None else tuple(allows),
        criterion=criterion,
    )
