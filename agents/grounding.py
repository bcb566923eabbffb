"""Answering a question from the findings by rule, for a model that sees well and reads badly.

nano names what a region shows; a question about the whole part is beyond it (models/weights/nano/MODEL_CARD.md). Its
`sage.json` lists the words by which people ask for its types; a question that uses none of them is not answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..prompts import is_boolean
from ..schema import Claim, Finding, RecalledFact

ANY, FINE = "*", "!"
"""Keys of the words that ask for any defect, and of those that ask whether all is well."""


class Asked(NamedTuple):
    """What a question asks for: types (empty: any), and whether it asks that there be none."""

    types: frozenset[str]
    fine: bool


def ground(question: str, terms: Mapping[str, Sequence[str]]) -> Asked | None:
    """What a question asks for, or None where none of its words is known.

    Args:
        terms: by defect type (and `*`, `!`) the beginnings of words or phrases, lower case.
    """
    words = f" {' '.join(re.findall(r'[a-z-]+', question.lower()))} "
    hit = {key for key, phrases in terms.items() if any(f" {p}" in words for p in phrases)}
    types = frozenset(hit - {ANY, FINE})
    return Asked(types, FINE in hit and not types) if hit else None


def answer_from_findings(question: str, asked: Asked | None, findings: Sequence[Finding]) -> Claim:
    """The answer `CA`, with regions and facts from the findings; "Unknown" where it cannot be told from them."""
    unread = [f.region for f in findings if f.claim.defect is None]
    hits = [f for f in findings if f.claim.defect and (asked is None or not asked.types or f.claim.type in asked.types)]
    if asked is None:
        text = "Unknown: this model tells defects, their types and places; this question asks for something else."
        return Claim(id="CA", subject="image", defect=None, text=text)
    if not hits and unread:
        where = " ".join(f"[{r}]" for r in unread)
        return Claim(id="CA", subject="image", defect=None, text=f"Unknown: {where} could not be judged.")
    what = " or ".join(sorted(asked.types)) or "defect"
    if hits:
        told, value = listed(hits), not asked.fine
    else:
        told, value = f"no finding is {'an' if what[0] in 'aeiou' else 'a'} {what}", asked.fine
    head = f"{value}. " if is_boolean(question) else f"{len(hits)}: " if question.lower().startswith("how many") else ""
    cited = tuple(dict.fromkeys(c for f in hits for c in f.claim.facts))
    marks = "".join(f" [{c}]" for c in cited)
    return Claim(
        id="CA",
        subject=hits[0].region if len(hits) == 1 else "image",
        defect=None,
        type=hits[0].claim.type if len({f.claim.type for f in hits}) == 1 else None,
        text=f"{head}{told[0].upper()}{told[1:]}{marks}.",
        regions=tuple(f.region for f in hits),
        facts=cited,
    )


def answer_from_facts(facts: Sequence[RecalledFact], most: int = 4) -> Claim:
    """The answer `CA` to a question about the kind of object: the most relevant facts, quoted and cited."""
    quoted = facts[:most]
    text = " ".join(f"{f.fact.text.strip().rstrip('.')} [{f.id}]." for f in quoted)
    return Claim(
        id="CA",
        subject="image",
        defect=None,
        text=text or "Unknown: no fact about this object is known.",
        facts=tuple(f.id for f in quoted),
    )


def listed(findings: Sequence[Finding]) -> str:
    """Findings as text, e.g. `Open: upper left [R2]; short: centre [R3]`."""
    return "; ".join(f"{f.claim.type or 'unnamed defect'}: {f.place} [{f.region}]" for f in findings)
