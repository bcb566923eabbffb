"""Candidate facts from a PDF: its sentences by page and paragraph, read with PDFium (pypdfium2).

Of pypdf, pdfplumber and pypdfium2 the last: BSD/Apache, Chrome's own parser and so used to hostile files, a tenth of
pypdf's time on the same pages, and it tells a hyphen at a line's end from one in a word.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from ..errors import BadInput, RunFailed
from .rows import Problem, Row
from .sentences import split_sentences, strip_marks

MAX_PAGES = 5_000
_FURNITURE = 3
"""A first or last line that stands on so many pages, numbers apart, is a header or a footer."""

_BULLET = re.compile(r"\s*(?:[-*•–▪◦‣]|\(?\d{1,2}[.)])\s+\S")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


class Page(NamedTuple):
    """A page's number, from 1, of how many, and its paragraphs in order."""

    number: int
    pages: int
    paragraphs: list[str]


def pdf_rows(pages: Iterator[Page], name: str, object: str) -> Iterator[tuple[int, int, list[Row | Problem]]]:
    """By page: its number, how many there are, and the candidates; a candidate's origin is `name#p12.3`.

    A fact ends in a full stop or is a bullet of four words: headings, page numbers and cells of tables are none.
    """
    for page in pages:
        rows: list[Row | Problem] = []
        for number, paragraph in enumerate(page.paragraphs, 1):
            bullet = _BULLET.match(paragraph) is not None
            for sentence in split_sentences(strip_marks(paragraph)):
                if sentence.endswith((".", "!", "。", "！")) or (bullet and len(sentence.split()) >= 4):
                    rows.append(Row(sentence, f"{name}#p{page.number}.{number}", object))
        yield page.number, page.pages, rows


def read_pages(file: Path) -> Iterator[Page]:
    """The pages of a PDF, one by one: a long one is never held as a whole.

    Raises:
        BadInput: it is encrypted, damaged, no PDF, too long, or holds no text at all (a scan).
        RunFailed: the reader is not installed.
    """
    try:
        import pypdfium2 as pdfium
    except ImportError:
        raise RunFailed(str(file), "the reader of PDF files is not installed", "pip install pypdfium2") from None
    try:
        document = pdfium.PdfDocument(file)
        count = len(document)
    except (pdfium.PdfiumError, OSError) as error:
        if "password" in str(error).lower():
            raise BadInput(str(file), "it is encrypted and asks for a password", "save it without one") from None
        raise BadInput(str(file), f"it cannot be read as a PDF ({error})", "open it, and save it anew") from None
    try:
        if count > MAX_PAGES:
            raise BadInput(str(file), f"{count} pages are more than {MAX_PAGES}", "split it")
        furniture = _furniture(document, count)
        found = False
        for index in range(count):
            paragraphs = _paragraphs(_lines(document, index), furniture)
            found = found or bool(paragraphs)
            yield Page(index + 1, count, paragraphs)
        if not found:
            raise BadInput(
                str(file), f"its {count} pages hold no text: a scan", "run it through text recognition (OCR)"
            )
    finally:
        document.close()


Line = tuple[str, float, float]
"""A line's text, the bottom of its first character, and its height, in points."""


def _lines(document: Any, index: int) -> list[Line]:
    import pypdfium2 as pdfium

    try:
        page = document[index]
        try:
            text = page.get_textpage()
            whole = text.get_text_range()
            lines: list[Line] = []
            start = 0
            for part in re.split(r"(\r?\n)", whole):
                if part.strip():
                    at = start + len(part) - len(part.lstrip())
                    _, bottom, _, top = text.get_charbox(min(at, text.count_chars() - 1), loose=True)
                    lines.append((part, bottom, top - bottom))
                start += len(part)
            return lines
        finally:
            page.close()
    except pdfium.PdfiumError:
        return []  # one broken page does not cost the others


def _paragraphs(lines: list[Line], furniture: set[str]) -> list[str]:
    """Lines joined where nothing sets them apart: a wider gap, another size, a bullet, a new column."""
    kept = [line for i, line in enumerate(lines) if not (i in (0, len(lines) - 1) and _shape(line[0]) in furniture)]
    steps = [a[1] - b[1] for a, b in itertools.pairwise(kept)]
    pitch = median([s for s in steps if s > 0] or [0.0])
    paragraphs: list[str] = []
    for i, (text, _, height) in enumerate(kept):
        clean = _CONTROL.sub(" ", text)
        apart = (
            i == 0
            or not (0 < steps[i - 1] <= min(1.4 * pitch, 1.8 * height))
            or abs(height - kept[i - 1][2]) > 0.15 * height
        )
        if apart or _BULLET.match(clean):
            paragraphs.append(clean)
        elif paragraphs[-1].endswith(("\ufffe", "\xad")):
            paragraphs[-1] = paragraphs[-1][:-1] + clean.lstrip()
        else:
            paragraphs[-1] += " " + clean
    # PDFium marks the hyphen of a word that was cut at a line's end.
    return [" ".join(re.sub("[\ufffe\xad]\\s*", "", p).split()) for p in paragraphs if p.strip()]


def _furniture(document: Any, count: int) -> set[str]:
    """Headers and footers, from twenty pages spread over the document."""
    seen: Counter[str] = Counter()
    for index in range(0, count, max(1, count // 20)):
        lines = _lines(document, index)
        seen.update({_shape(line[0]) for line in (lines[:1] + lines[-1:])})
    return {shape for shape, n in seen.items() if n >= _FURNITURE}


def _shape(line: str) -> str:
    return re.sub(r"\d+", "#", " ".join(line.split()))
