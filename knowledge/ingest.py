"""Reading facts from a file: JSON Lines, Markdown, plain text, or MMAD's domain_knowledge.json."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import BadInput
from ..schema import Fact
from .fact import allowed_types, infer_kind, make_fact
from .ingest_mmad import mmad_rows
from .ingest_text import markdown_rows, text_rows
from .objects import normal_name
from .rows import Problem, Row

MAX_BYTES = 50 * 1024 * 1024
_KEYS = {"text", "object", "kind", "source", "allows", "origin", "id", "digest"}


class IngestReport(NamedTuple):
    """What a file held.

    Attributes:
        facts: the good ones, each once, in the order of the file; not stored yet (`FactStore.add`).
        problems: every line that could not be read, with the reason.
    """

    facts: tuple[Fact, ...]
    problems: tuple[Problem, ...]


def ingest(path: str | os.PathLike[str], *, object: str | None = None, source: str = "curated") -> IngestReport:
    """Facts from a file; what is broken is named by line and does not cost the rest.

    `.jsonl`: one `{text, object?, kind?, source?, allows?}` a line; a line's own values win over the arguments.
    `.json`: MMAD's domain_knowledge.json (of one category where `object` names it), or a list of such objects.
    `.md`: the first heading gives the object where `object` does not, other headings the kind; bullet points and
    sentences are facts. Everything else is plain text, one fact a sentence; it needs `object`.
    A sentence such as "Pin-holes are acceptable on this board." becomes a criterion that allows `pin-hole`.

    Raises:
        BadInput: no such file, a folder, binary, over 50 MB, not UTF-8, no object given where one is needed, or not a
            single fact in it and nothing else to report.
    """
    file = Path(path)
    text = _read(file)
    suffix = file.suffix.lower()
    rows: Iterable[Row | Problem]
    if suffix in (".jsonl", ".ndjson"):
        rows = _json_lines(text, file.name)
    elif suffix == ".json":
        rows = _json(text, file, object)
    elif suffix in (".md", ".markdown"):
        rows = markdown_rows(text, file.name, object)
    else:
        if not normal_name(object or ""):
            raise BadInput(str(file), "plain text does not say which object it is about", "give the object's name")
        rows = text_rows(text, file.name, object or "")
    facts: dict[str, Fact] = {}
    problems: list[Problem] = []
    for row in rows:
        made = row if isinstance(row, Problem) else _make(row, object, source)
        if isinstance(made, Problem):
            problems.append(made)
        else:
            facts.setdefault(made.id, made)
    if not facts and not problems:
        raise BadInput(str(file), "no fact was found in it", "write one sentence a line, 8 to 300 characters each")
    return IngestReport(tuple(facts.values()), tuple(problems))


def _read(file: Path) -> str:
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise BadInput(str(file), f"{size / 2**20:.0f} MB are more than 50 MB", "split the file")
        data = file.read_bytes()
    except FileNotFoundError:
        raise BadInput(str(file), "no such file", "check the path") from None
    except IsADirectoryError:
        raise BadInput(str(file), "this is a folder, not a file", "name one file of facts") from None
    except OSError as error:
        raise BadInput(str(file), f"it cannot be read ({error.strerror})", "check its permissions") from None
    if b"\0" in data:
        raise BadInput(str(file), "this is a binary file", "give JSON Lines, Markdown or plain text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(str(file), f"byte {error.start} is not UTF-8", "save it as UTF-8 text") from None


def _make(row: Row, object: str | None, source: str) -> Fact | Problem:
    name = row.object or object or ""
    allows = row.allows if row.allows is not None else allowed_types(row.text)
    kind = row.kind or ("criterion" if allows else infer_kind(row.text, normal_name(name)))
    if row.allows is None and kind != "criterion":
        # The words allow something, yet the author said that it is no criterion: then nothing is allowed.
        allows = ()
    try:
        return make_fact(row.text, name, kind, source=row.source or source, allows=allows, origin=row.origin)
    except BadInput as error:
        return Problem(row.origin, error.why, row.text[:80])


def _json_lines(text: str, name: str) -> Iterable[Row | Problem]:
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


def _json(text: str, file: Path, object: str | None) -> Iterable[Row | Problem]:
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
    return Row(
        text=text,
        origin=where,
        object=data.get("object", ""),
        kind=data.get("kind", ""),
        source=data.get("source", ""),
        allows=None if allows is None else tuple(allows),
    )
