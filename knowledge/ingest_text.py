"""Candidate facts from Markdown and from plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .objects import normal_name
from .rows import Row
from .sentences import split_sentences, strip_marks

_KIND_BY_HEADING = (
    ("criterion", r"criteri\w*|accept\w*|toleranc\w*|limits?|reject\w*"),
    ("appearance", r"appearances?|looks?|how (?:it|they) looks?"),
    ("effect", r"effects?|consequences?|function\w*|impact"),
    ("normal", r"normal\w*|good|golden|flawless"),
    ("defect", r"defects?|faults?|anomal\w*|damages?"),
    ("identity", r"identity|what it is|description|object|overview|about"),
)
_HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_BULLET = re.compile(r"^\s*(?:[-*+•–]|\(?\d{1,2}[.)])\s+")


def heading_kind(heading: str) -> str:
    """The kind of fact that a heading announces, "" where it announces none."""
    words = heading.lower()
    return next((kind for kind, pattern in _KIND_BY_HEADING if re.search(rf"\b(?:{pattern})\b", words)), "")


def text_rows(text: str, name: str, object: str, kind: str = "") -> Iterable[Row]:
    """One candidate a sentence; a blank line or a bullet ends a paragraph, a line that ends in `:` is dropped."""
    for number, paragraph in _paragraphs(enumerate(text.splitlines(), 1)):
        yield from _sentences(paragraph, f"{name}#{number}", object, kind)


def markdown_rows(text: str, name: str, object: str | None) -> Iterable[Row]:
    """Candidates from bullets and sentences; front matter, code blocks, tables and comments are skipped."""
    current, kind = object or "", ""
    block: list[tuple[int, str]] = []
    for number, line in _prose(text):
        heading = _HEADING.match(line)
        if heading is None:
            block.append((number, line))
            continue
        yield from _block(block, name, current, kind)
        block = []
        title = strip_marks(heading.group(2))
        kind = heading_kind(title)
        if len(heading.group(1)) == 1 and not object and not kind:
            current = normal_name(title)
    yield from _block(block, name, current, kind)


def _block(block: list[tuple[int, str]], name: str, object: str, kind: str) -> Iterable[Row]:
    for number, paragraph in _paragraphs(block):
        yield from _sentences(paragraph, f"{name}#{number}", object, kind)


def _prose(text: str) -> Iterable[tuple[int, str]]:
    """Numbered lines of `text` (from 1) that can hold facts."""
    text = re.sub(r"<!--.*?-->", lambda m: "\n" * m.group().count("\n"), text, flags=re.DOTALL)
    fence, front = "", text.startswith("---\n")
    for number, line in enumerate(text.splitlines(), 1):
        mark = line.strip()[:3]
        if front:
            front = number == 1 or mark != "---"
        elif fence:
            fence = "" if mark == fence else fence
        elif mark in ("```", "~~~"):
            fence = mark
        elif mark.startswith("|") or re.fullmatch(r"\s*([-*_=] ?){3,}\s*", line):
            yield number, ""
        else:
            yield number, re.sub(r"^\s*>\s?", "", line)


def _paragraphs(lines: Iterable[tuple[int, str]]) -> Iterable[tuple[int, str]]:
    """Lines joined to paragraphs, each with the number of its first line."""
    start, parts = 0, list[str]()
    for number, line in lines:
        if parts and (not line.strip() or _BULLET.match(line)):
            yield start, " ".join(parts)
            parts = []
        if line.strip():
            start = start if parts else number
            parts.append(strip_marks(line))
    if parts:
        yield start, " ".join(parts)


def _sentences(paragraph: str, where: str, object: str, kind: str) -> Iterable[Row]:
    for sentence in split_sentences(paragraph):
        if sentence.endswith(":"):
            continue  # "Common issues include:" tells nothing by itself
        yield Row(text=sentence, origin=where, object=object, kind=kind)
