"""Reading facts from a file: PDF, Markdown, plain text, CSV, JSON Lines, or MMAD's domain_knowledge.json."""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..errors import BadInput
from ..schema import Fact
from .fact import allowed_types, infer_kind, make_fact
from .ingest_text import markdown_rows, text_rows
from .limits import read_criterion
from .objects import normal_name
from .read_csv import csv_rows
from .read_json import json_lines, json_rows
from .read_pdf import pdf_rows, read_pages
from .rows import Problem, Row

MAX_BYTES = 50 * 1024 * 1024


class IngestReport(NamedTuple):
    """What a file held.

    Attributes:
        facts: the good ones, each once, in the order of the file; not stored yet (`FactStore.add`).
        problems: every line that could not be read, with the reason.
    """

    facts: tuple[Fact, ...]
    problems: tuple[Problem, ...]


class Batch(NamedTuple):
    """What was read next from a file: `done` of `total` pages (a file without pages is one)."""

    facts: tuple[Fact, ...]
    problems: tuple[Problem, ...]
    done: int = 1
    total: int = 1


def ingest(path: str | os.PathLike[str], *, object: str | None = None, source: str = "curated") -> IngestReport:
    """Facts from a file; what is broken is named by line and does not cost the rest.

    `.jsonl`: one `{text, object?, kind?, source?, allows?, criterion?}` a line; a line's own values win over the
    arguments. `.json`: MMAD's domain_knowledge.json (of one category where `object` names it), or a list of such
    objects. `.csv`, `.tsv`: a column `text`, and if there are any `object`, `kind`, `source`, `allows`.
    `.md`: the first heading gives the object where `object` does not, other headings the kind; bullet points and
    sentences are facts. A PDF (by its content): sentences by page and paragraph; it needs `object`. Everything else is
    plain text, one fact a sentence; it needs `object` too.
    A sentence such as "Pin-holes are acceptable on this board." becomes a criterion that allows `pin-hole`; one such as
    "Scratches up to 5 mm are acceptable." one with a limit.

    Raises:
        BadInput: no such file, a folder, binary, over 50 MB, neither UTF-8 nor marked as UTF-16, an encrypted or
            damaged PDF, no object given where one is needed, or not a single fact in it and nothing else to report.
    """
    facts: dict[str, Fact] = {}
    problems: list[Problem] = []
    for batch in batches(Path(path), object=object, source=source):
        problems += batch.problems
        for fact in batch.facts:
            facts.setdefault(fact.id, fact)
    return IngestReport(tuple(facts.values()), tuple(problems))


def batches(file: Path, *, name: str = "", object: str | None = None, source: str = "curated") -> Iterator[Batch]:
    """What `ingest` reads, page by page; the facts' origins begin with `name` (the file's own where it is "")."""
    found = False
    for done, total, rows in _candidates(file, name or file.name, object):
        facts: dict[str, Fact] = {}
        problems: list[Problem] = []
        for row in rows:
            made = row if isinstance(row, Problem) else _make(row, object, source)
            if isinstance(made, Problem):
                problems.append(made)
            else:
                facts.setdefault(made.id, made)
        found = found or bool(facts or problems)
        yield Batch(tuple(facts.values()), tuple(problems), done, total)
    if not found:
        raise BadInput(str(file), "no fact was found in it", "write one sentence a line, 8 to 300 characters each")


def _candidates(file: Path, name: str, object: str | None) -> Iterator[tuple[int, int, Iterable[Row | Problem]]]:
    suffix = file.suffix.lower()
    size = _size(file)
    if _is_pdf(file):
        yield from pdf_rows(read_pages(file), name, _needed(object, file, "a PDF"))
        return
    if suffix == ".pdf":
        why = "it is called .pdf and is none" if size else "the file is empty (0 bytes)"
        raise BadInput(str(file), why, "give it the name of what it is" if size else "export or copy it again")
    if size > MAX_BYTES:
        raise BadInput(str(file), f"{size / 2**20:.0f} MB are more than 50 MB", "split the file")
    text = _read(file)
    if suffix in (".jsonl", ".ndjson"):
        yield 1, 1, json_lines(text, name)
    elif suffix == ".json":
        yield 1, 1, json_rows(text, file, object)
    elif suffix in (".csv", ".tsv"):
        yield 1, 1, csv_rows(text, name)
    elif suffix in (".md", ".markdown"):
        yield 1, 1, markdown_rows(text, name, object)
    else:
        yield 1, 1, text_rows(text, name, _needed(object, file, "plain text"))


def _needed(object: str | None, file: Path, what: str) -> str:
    if not normal_name(object or ""):
        raise BadInput(str(file), f"{what} does not say which object it is about", "give the object's name")
    return object or ""


def _size(file: Path) -> int:
    """Its bytes; asked before anything is read.

    Raises:
        BadInput: it is not there, a folder, or no regular file.
    """
    try:
        status = file.stat()
    except FileNotFoundError:
        raise BadInput(str(file), "no such file", "check the path") from None
    except (OSError, ValueError) as error:
        raise BadInput(str(file), f"it cannot be read ({error})", "check its name and permissions") from None
    if stat.S_ISDIR(status.st_mode):
        raise BadInput(str(file), "this is a folder, not a file", "name one file of facts")
    # A pipe would be waited for without end, a device read without end.
    if not stat.S_ISREG(status.st_mode):
        raise BadInput(str(file), "this is no regular file (a pipe, device or socket)", "name one file of facts")
    return status.st_size


def _is_pdf(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            return b"%PDF-" in stream.read(1024)
    except OSError:
        return False  # reading it as text says what is wrong


def _read(file: Path) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise BadInput(str(file), f"it cannot be read ({error.strerror})", "check its permissions") from None
    # A mark at its beginning says so: Windows writes text like that.
    encoding = "utf-16" if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
    if b"\0" in data and encoding != "utf-16":
        raise BadInput(str(file), "this is a binary file", "give JSON Lines, Markdown or plain text")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        why = f"byte {error.start} is not {encoding.upper().removesuffix('-SIG')}"
        raise BadInput(str(file), why, "save it as UTF-8 text") from None


def _make(row: Row, object: str | None, source: str) -> Fact | Problem:
    name = row.object or object or ""
    allows = row.allows if row.allows is not None else allowed_types(row.text)
    limit = row.criterion or read_criterion(row.text)
    kind = row.kind or ("criterion" if allows or limit else infer_kind(row.text, normal_name(name)))
    if kind != "criterion" and not row.criterion:
        limit = None
    if row.allows is None and kind != "criterion":
        # The words allow something, yet the author said that it is no criterion: then nothing is allowed.
        allows = ()
    try:
        return make_fact(
            row.text, name, kind, source=row.source or source, allows=allows, criterion=limit, origin=row.origin
        )
    except BadInput as error:
        return Problem(row.origin, error.why, row.text[:80])
