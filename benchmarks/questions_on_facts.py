"""Questions, each with the facts that answer it: made from MMAD's texts by rule, and our own, written by hand.

MMAD's texts are not ours to publish, so their questions are made anew from `SAGE_DATA` each time. Two rules: a fact
that says something of a part ("The surrounding fabric consists of ...") is asked for by that part, and it alone counts;
a type of defect is asked for by its name, and every fact of its description counts. Our own (data/questions.jsonl) are
on the starter pack and on data/facts.jsonl, in English, German, French and Spanish, mostly in words of their own.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..knowledge.fact import make_fact
from ..knowledge.ingest import ingest
from ..knowledge.starter import starter_facts
from ..schema import Fact

DATA = Path(__file__).parent / "data"


class Asked(NamedTuple):
    """A question about an object, the ids of the facts that answer it, and which part of the set it belongs to."""

    question: str
    object: str
    answers: frozenset[str]
    part: str


_VERB = re.compile(
    r" (?:is|are|has|have|can|may|might|should|will|could|appears?|shows?|displays?|exhibits?|features?|consists?|"
    r"includes?|manifests?|presents?|contains?|varies|vary|typically|often|usually|generally|commonly|disrupts?|"
    r"indicates?|suggests?|affects?|reveals?|compromises?|occurs?|adopts?|remains?|adds?|serves?|contrasts?) "
)
_EMPTY_WORDS = """
the a an this these those their its overall defect defects anomaly anomalies area areas object objects product
products image images sample samples item items feature features characteristic characteristics such each both all
they it there affected observed visible presence appearance position normal good irregularity irregularities
imperfections issue issues damage region regions nature is of in on and or with identified primarily consistently
additionally some several many certain upon from for any few not only inspection visual assessment cases case
instances defective various location locations most more one
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())


def mmad(file: Path) -> tuple[list[Fact], list[Asked]]:
    """MMAD's facts, and the questions on them."""
    facts = list(ingest(file).facts)
    return facts, [*_by_part(facts), *_by_type(facts)]


def ours() -> tuple[list[Fact], list[Asked]]:
    """Our own facts, the starter pack among them, and the questions on them."""
    rows = _lines(DATA / "facts.jsonl")
    facts = [*starter_facts(), *(make_fact(r["text"], r["object"], r["kind"]) for r in rows)]
    return facts, _on(facts, DATA / "questions.jsonl")


def held_out() -> list[Asked]:
    """Questions on the same facts as `ours`, written before recall was changed for those and looked at only as a whole.

    One answer each; no part of the 481 questions.
    """
    return _on(ours()[0], DATA / "questions_held_out.jsonl")


def _on(facts: Sequence[Fact], file: Path) -> list[Asked]:
    known = {f.text: f for f in facts}
    asked = []
    for row in _lines(file):
        answers = [known[text] for text in row["answers"]]
        asked.append(Asked(row["question"], answers[0].object, frozenset(f.id for f in answers), row["part"]))
    return asked


def _by_part(facts: Sequence[Fact]) -> Iterator[Asked]:
    """A fact is asked for by its grammatical subject, where that names a part and no other fact has the same."""
    found = [(f, _subject(f)) for f in facts]
    often = Counter((f.object, f.origin, s) for f, s in found)
    for fact, subject in found:
        if subject and often[fact.object, fact.origin, subject] == 1:
            key = fact.origin.rsplit("/", 1)[1].replace("_", " ")
            where = f"a sound {fact.object}" if key == "good" else f"a {fact.object} with the defect {key}"
            yield Asked(f"What about {subject} on {where}?", fact.object, frozenset([fact.id]), "mmad, one part")


def _subject(fact: Fact) -> str:
    text = re.sub(r"^[A-Z][^:.,]{2,30}: ", "", fact.text)
    text = re.sub(r"^(?:(?:[Ii]n|[Uu]pon|[Oo]n|[Ww]hen|[Ff]or|[Aa]t) [^,.]{3,40}|[A-Za-z]+ly|[Oo]verall), ", "", text)
    verb = _VERB.search(text)
    words = re.findall(r"[\w'-]+", text[: verb.start()].lower()) if verb else []
    named = [w for w in words if w not in _EMPTY and w.rstrip("s") not in fact.object]
    return " ".join(words) if named and len(words) <= 6 else ""


def _by_type(facts: Sequence[Fact]) -> Iterator[Asked]:
    groups: dict[tuple[str, str], set[str]] = {}
    for fact in facts:
        groups.setdefault((fact.object, fact.origin.rsplit("/", 1)[1]), set()).add(fact.id)
    for (name, key), ids in groups.items():
        what = key.replace("_", " ")
        if key == "good":
            yield Asked(f"What does a flawless {name} look like?", name, frozenset(ids), "mmad, one type")
        elif what not in ("bad", "defective"):
            yield Asked(f"How do I recognise the defect {what}?", name, frozenset(ids), "mmad, one type")


def _lines(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
