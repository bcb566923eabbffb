"""Answering a question from the findings and facts by rule, for a model that sees well and reads badly.

nano names what a region shows; a question about the whole part is beyond it (models/weights/nano/MODEL_CARD.md). Its
`sage.json` lists the words by which people ask for its types; questions_asked.py tells what a question asks for. What
cannot be told from findings and facts is answered "Unknown", never by a default.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..eval.checks.citations import speaks_of
from ..prompts import is_boolean
from ..schema import Claim, Finding, RecalledFact
from .questions_asked import ANY, FINE, Asked, ground

__all__ = ["ANY", "FINE", "Asked", "answer_from_facts", "answer_from_findings", "ground", "listed"]

SHARE = 0.7
"""Of the words of a quoted clause, those that a fact has to have."""
_ALLOWED = re.compile(r"\b(?:allowed|permit(?:s|ted))\b", re.IGNORECASE)
_FORBIDDEN = re.compile(r"\b(?:not|never|no) (?:\w+ )?(?:permit|allow|accept|tolera)|\breject|\bfails?\b|\bforb", re.I)
_ARTICLES = "a an the it its is are be of to in on at and or that this where with for"
_EMPTY = frozenset(_ARTICLES.split())


def answer_from_findings(
    question: str, asked: Asked | None, findings: Sequence[Finding], facts: Sequence[RecalledFact] = ()
) -> Claim:
    """The answer `CA`, with regions and facts from the findings; "Unknown" where it cannot be told from them.

    Args:
        facts: as recalled for the part; they decide what is permitted and what a quoted clause is about.
    """
    if asked is None:
        return _unknown("this model tells defects, their types and places; this question asks for something else.")
    here = [f for f in findings if not asked.places or f.place in asked.places]
    if asked.way == "fact":
        return _on_fact(question, asked.clause, here, facts)
    if asked.way == "permitted":
        return _on_criteria(question, asked.types, here, facts)
    if asked.way == "kinds":
        return _on_kinds(question, here)
    return _on_defects(question, asked, here)


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


def _on_defects(question: str, asked: Asked, findings: Sequence[Finding]) -> Claim:
    """Whether a defect (of a type, at a place) is there, or none, or what is."""
    meant = [f for f in findings if not asked.types or f.claim.type in asked.types]
    allowed = [f for f in meant if _allowed(f)]
    seen = asked.way == "shown" or (asked.way == "fine" and asked.types)  # then what is permitted is seen all the same
    hits = [f for f in meant if f.claim.defect or (seen and _allowed(f))]
    if not hits and (open_ := _untold(findings, typed=bool(asked.types))):
        return _not_judged(open_)
    if hits:
        return _claim(question, asked.way != "fine", listed(hits), hits)
    if allowed:
        return _claim(question, asked.way == "fine", f"permitted: {listed(allowed)}", allowed)
    names = sorted(asked.types)
    what = " or ".join(names) if len(names) < 4 else "defect of that sort"
    what = "difference" if asked.way == "shown" and not names else what or "defect"
    at = f" at the {' or '.join(asked.places)}" if asked.places else ""
    return _claim(question, asked.way == "fine", f"no finding is {'an' if what[0] in 'aeiou' else 'a'} {what}{at}")


def _on_kinds(question: str, findings: Sequence[Finding]) -> Claim:
    """Whether there is more than one type, or how many there are; permitted ones count."""
    shown = [f for f in findings if f.claim.type and (f.claim.defect or _allowed(f))]
    count = len({f.claim.type for f in shown})
    open_ = _untold(findings, typed=True)
    if open_ and (count < 2 or not is_boolean(question)):
        return _not_judged(open_)
    return _claim(question, count > 1, listed(shown) or "no finding is a defect", shown, count=count)


def _on_criteria(
    question: str, types: frozenset[str], findings: Sequence[Finding], facts: Sequence[RecalledFact]
) -> Claim:
    """Whether the criteria permit a type, or, where none is named, all that is seen."""
    shown = [f for f in findings if f.claim.type and (f.claim.defect or _allowed(f))]
    if not types and (open_ := _untold(findings, typed=True)):
        return _not_judged(open_)
    wanted = types or frozenset(f.claim.type for f in shown if f.claim.type)
    judged = {t: _permitted(t, shown, facts) for t in wanted}
    if not types and False in judged.values():  # one that is not permitted is enough
        judged = {t: value for t, value in judged.items() if value is False}
    values = set(judged.values())
    if len(values) != 1 or None in values:
        return _unknown("no criterion and no finding tells whether that is permitted.")
    hits = [f for f in shown if f.claim.type in judged]
    rules = [f for f in facts if f.fact.kind == "criterion" and any(_rules(f, t) for t in judged)]
    value = True in values
    said = "a criterion permits it" if value else "a criterion forbids it" if rules else "no criterion permits it"
    return _claim(question, value, f"{said}{': ' if hits else ''}{listed(hits)}", hits, [f.id for f in rules])


def _permitted(type: str, shown: Sequence[Finding], facts: Sequence[RecalledFact]) -> bool | None:
    """Whether a type is permitted: by a criterion that allows it, else as its findings were told, else as forbidden."""
    rules = [f.fact for f in facts if f.fact.kind == "criterion" and _rules(f, type)]
    if any(type in rule.allows and rule.source != "generated" for rule in rules):
        return True
    told = {bool(f.claim.defect) for f in shown if f.claim.type == type}
    if told:
        return None if len(told) > 1 else False in told
    return False if any(_FORBIDDEN.search(r.text) and not re.search(r"\d", r.text) for r in rules) else None


def _rules(fact: RecalledFact, type: str) -> bool:
    return type in fact.fact.allows or speaks_of(fact, type)


def _on_fact(question: str, clause: str, findings: Sequence[Finding], facts: Sequence[RecalledFact]) -> Claim:
    """Whether the facts say a clause of a type that is seen."""
    shown = [f for f in findings if f.claim.type and (f.claim.defect or _allowed(f))]
    # A fact about a type has its name: that alone does not make the fact say the clause.
    said = _facts_of(_words(clause) - _words(" ".join(str(f.claim.type) for f in shown)), facts)
    if not said:
        return _unknown("no fact that was recalled says this.")
    hits = [f for f in shown if any(speaks_of(fact, f.claim.type) for fact in said)]
    if not hits and (open_ := _untold(findings, typed=True)):
        return _not_judged(open_)
    if not shown:
        return _unknown("no defect was found of which this could be said.")
    cited = [f.id for f in said if not hits or any(speaks_of(f, h.claim.type) for h in hits)][:1]
    return _claim(question, bool(hits), listed(hits or shown), hits or shown, cited)


def _facts_of(asked: set[str], facts: Sequence[RecalledFact]) -> list[RecalledFact]:
    """The facts on defects that have the most of a clause's words, and enough of them."""
    telling = [f for f in facts if f.fact.kind in ("defect", "appearance", "effect")]
    shares = [(len(asked & _words(f.fact.text)) / max(1, len(asked)), f) for f in telling]
    most = max((share for share, _ in shares), default=0.0)
    return [fact for share, fact in shares if share == most] if most >= SHARE else []


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", text.lower())) - _EMPTY


def _allowed(finding: Finding) -> bool:
    """True where a type was seen and told as permitted."""
    claim = finding.claim
    return claim.defect is False and bool(claim.type) and bool(finding.overruled or _ALLOWED.search(claim.text))


def _untold(findings: Sequence[Finding], *, typed: bool) -> list[Finding]:
    """Findings that were not judged, and where a type matters those without one."""
    return [f for f in findings if f.claim.defect is None or (typed and f.claim.defect and not f.claim.type)]


def _not_judged(findings: Sequence[Finding]) -> Claim:
    return _unknown(f"{' '.join(f'[{f.region}]' for f in findings)} could not be judged.")


def _unknown(why: str) -> Claim:
    return Claim(id="CA", subject="image", defect=None, text=f"Unknown: {why}")


def _claim(
    question: str,
    value: bool,
    told: str,
    hits: Sequence[Finding] = (),
    more: Sequence[str] = (),
    count: int | None = None,
) -> Claim:
    """The answer in words: True or False, or a number where one is asked for; then what was found, and the facts."""
    number = len(hits) if count is None else count
    head = f"{value}. " if is_boolean(question) else f"{number}: " if question.lower().startswith("how many") else ""
    cited = tuple(dict.fromkeys([*more, *(c for f in hits for c in f.claim.facts)]))
    return Claim(
        id="CA",
        subject=hits[0].region if len(hits) == 1 else "image",
        defect=None,
        type=hits[0].claim.type if len({f.claim.type for f in hits}) == 1 else None,
        text=f"{head}{told[0].upper()}{told[1:]}{''.join(f' [{c}]' for c in cited)}.",
        regions=tuple(f.region for f in hits),
        facts=cited,
    )
