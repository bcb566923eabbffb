"""What counts as the text of a fact: one sentence of 8 to 300 characters; and how longer text is split into such."""

from __future__ import annotations

import re

MIN_LENGTH, MAX_LENGTH = 8, 300

_ABBREVIATIONS = {
    "e.g", "i.e", "etc", "approx", "ca", "cf", "fig", "no", "nos", "vs", "max", "min", "dia", "sec", "dr", "mr", "st",
    "resp", "incl", "excl",
}  # fmt: skip
# Upper case of any script begins a sentence ("Ä", "Ж"); those of Chinese and Japanese end without a space.
_END = re.compile(r"[.!?][\"')\]]*\s+(?=[\"'(\[<„«]?(?P<first>[^\W_]|<))|[。！？]\s*(?=\S)")


def split_sentences(text: str) -> list[str]:
    """`text` as single sentences, whitespace collapsed; decimals and common abbreviations do not end one."""
    line = " ".join(text.split())
    parts, start = [], 0
    for match in _END.finditer(line):
        first = match.group("first")
        if first and not (
            first == "<" or first.isupper() or first.isdigit() or (not first.isascii() and not first.islower())
        ):
            continue
        before = line[start : match.start()].rsplit(" ", 1)[-1].lower().strip("(\"'[")
        if line[match.start()] == "." and (before in _ABBREVIATIONS or re.fullmatch(r"[a-z]|\d{1,2}", before)):
            # "1. Scratch" and "J. Smith"; a number that ends a sentence is rarer than one that begins a list item.
            continue
        parts.append(line[start : match.end()].strip())
        start = match.end()
    parts.append(line[start:].strip())
    return [p for p in parts if p]


def why_not(text: str) -> str:
    """Why `text` cannot be a fact, in a few words; "" where it can (8..300 characters, one sentence, printable)."""
    if not text.strip():
        return "blank"
    # isprintable() is False for control, format and unassigned characters, surrogates and every space but " ".
    if any(not c.isprintable() for c in text.strip()):
        return "it holds control characters or line breaks"
    length = len(" ".join(text.split()))
    if length < MIN_LENGTH:
        return f"{length} characters are fewer than {MIN_LENGTH}"
    if length > MAX_LENGTH:
        return f"{length} characters are more than {MAX_LENGTH}"
    if not any(c.isalpha() for c in text):
        return "it holds no word"
    count = len(split_sentences(text))
    return "" if count == 1 else f"{count} sentences instead of one"


def strip_marks(line: str) -> str:
    """`line` without what Markdown and lists put around words: bullets, numbers, emphasis, links, code marks."""
    line = re.sub(r"^\s*(?:[-*+•–]|\(?\d{1,2}[.)]|\[[ xX]\])\s+", "", line)
    line = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", line)
    line = re.sub(r"(\*\*|__|`)(.+?)\1", r"\2", line)
    line = re.sub(r"(?<!\w)([*_])(\S(?:.*?\S)?)\1(?!\w)", r"\2", line)
    return " ".join(line.split())
