# ruff: noqa: E501  (a template reads best on one line)
"""Dialogues of the reasoning step: findings are given as text, and the answer follows their True/False heads.

Any crop pair may stand before them: nano reads no whole boards, and says what the findings say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..answers import parse_answer
from ..prompts import VERDICT_QUESTION, reason_prompt
from ..schema import Box, Claim, Comparison, Finding, ImageRef, Region, Registration
from .boards_defects import MISSING, TYPES
from .crops import LABELS
from .dialogue import OTHER_OBJECTS, PLACES, Dialogue, cite, conclude
from .drawn_facts import BOARD, Drawn, about, criterion, draw_facts, fitting, permitting, recalled
from .wording import SYNONYMS, capital, plural, say, with_article

REASONS = ("verdict", "fine", "kind", "group", "which", "where", "count", "permitted")
"""Kinds of questions about findings."""

_IMAGE = ImageRef(sha256="0" * 64, width=1, height=1)
_VERDICT = (
    "{Is there|Does it have|Does the board have|Does this part show|Does the picture show|Can you see} {a|any} {defect|fault|flaw|damage|anomaly}?",
    "Is {the board|this board|it|this part|the part} {defective|faulty|damaged|anomalous|broken|bad}?",
    "Is {anything|something} wrong {with it|here|with the board|}?",
    "Does the {test image|image|board} {show|contain} {any|a} {defect|defects|fault}?",
)
_FINE = (
    "Is {the board|this board|it|this part|the part|everything} {OK|ok|good|fine|normal|free of defects|free from faults|sound|in order}?",
    "{Can|May|Should} {the board|this board|it|the part} {pass|be accepted|be shipped|be released}?",
    "Does {the board|it|this part} {pass|look good|look normal|agree with the golden image|match the reference}?",
)
_KIND = {
    "open": ("Is {any|a} {conductor|track|trace|line} {broken|interrupted|cut|open}?",),
    "short": ("Are {two|any} {conductors|tracks|pads|nets} {joined|connected|bridged|shorted}?",),
    "mousebite": ("Is {a|any} {track|conductor} {notched|bitten|narrowed} {at its edge|}?",),
    "spur": ("Does copper {stick out|protrude} {from a track|from an edge|}?",),
    "spurious copper": ("Is there {free|isolated|stray} copper {between the tracks|in a gap|}?",),
    "pin-hole": ("Is there {a|any} hole inside {the copper|a pad|a track}?",),
}
_NAMED = (
    "{Is there|Is there really|Does it have|Does the board have|Does the image show|Can you see|Has it got} <a>?",
    "Are there {any|} <plural>?",
    "Does the {board|test image} {show|have|contain} {<a>|any <plural>}?",
)
_GROUP = {
    "missing": ("Is {copper|any copper|some copper} {missing|lost|gone|removed}?", "Does {copper|it} {lack|miss} {anywhere|somewhere|}?"),
    "extra": ("Is there {extra|additional|too much|unwanted|excess} copper?", "Does it have {extra|unwanted} copper {anywhere|}?"),
}  # fmt: skip
_WHICH = (
    "{Which|What} {defects|defect|faults} {does|do} {the board|it|this part|the image} {show|have}?",
    "{Which|What} {defects|faults} {are there|did you find|were found}?",
    "{List|Name|Tell me} {the|all} {defects|faults}{.||?}",
    "What is wrong {with it|with this board|here|}?",
)
_WHERE = (
    "Where is the <name>?",
    "Where {are|do you see} {the|any} <plural>?",
    "{In which place|At which place} is the <name>?",
)
_COUNT = (
    "How many {defects|faults|flaws} {are there|does it have|are on the board|did you find|were found}?",
    "Count the defects.",
)
_COMPLAINTS = (
    "C1 cites no region", "the claim cites F9, which was not recalled", "an uncited claim", "C1 contradicts R1",
    "the verdict does not follow from the findings", "no region is cited", "the answer could not be read",
    "R7 is not a region of this comparison", "the type contradicts the finding",
)  # fmt: skip
_FOREIGN = (
    "scratch", "dent", "crack", "contamination", "hole", "cut", "stain", "rust", "missing part", "bent part", "pitting",
    "chip", "fray", "blowhole", "colour spot", "print", "missing component", "tear", "thread", "deformation",
)  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """A finding as drawn: region id, place, whether it is a defect, its type, whether a criterion permits it."""

    region: str
    place: str
    defect: bool | None
    type: str | None
    allowed: bool
    finding: Finding


def draw_findings(
    facts: list[Drawn], rng: np.random.Generator, foreign: bool = False, fewest: bool = False
) -> list[Seen]:
    """0 to 6 findings (`fewest`: 0 to 3); about half of them defects; a type that `facts` permit is never one."""
    seen = []
    count = int(rng.choice(7, p=[0.12, 0.25, 0.23, 0.16, 0.11, 0.07, 0.06]))
    count = min(count, 3) if fewest else count
    share = rng.choice([0.0, 0.5, 0.75, 1.0], p=[0.25, 0.35, 0.15, 0.25])
    number = 0
    for _ in range(count):
        number += 1 if rng.random() < 0.8 else int(rng.integers(1, 4))
        if rng.random() < 0.04:
            number += int(rng.integers(1, 5))
        seen.append(_finding(f"R{number}", bool(rng.random() < share), facts, rng, foreign))
    return seen


def _finding(region: str, defect: bool, facts: list[Drawn], rng: np.random.Generator, foreign: bool) -> Seen:
    where = PLACES[rng.integers(9)]
    head: bool | None = defect
    if foreign and defect:
        kind = _FOREIGN[rng.integers(len(_FOREIGN))]
        words = f"{capital(kind)}: the {{surface|part|object}} {{differs|is damaged|is changed}} at the {where}{cite(region)}."
        words = say(rng, words)
    elif rng.random() < 0.03:
        head, words = None, "A difference that could not be named."
    else:
        permitted = [t for d in facts for t in d.allows]
        label = int(rng.integers(1, 7)) if defect else 0
        if not defect and permitted and rng.random() < 0.6:
            label = LABELS.index(permitted[0])
        words = conclude(label, region, where, facts, rng, head=rng.random() < 0.05)
        if defect and permitting(facts, LABELS[label]) is not None:
            head = False
    parsed = parse_answer(f"{head}. {words.removeprefix('True. ').removeprefix('False. ')}")
    kind_, allowed = parsed.type, parsed.allowed
    chance = None if rng.random() < 0.12 else float(rng.uniform(0.5, 1) ** 0.4 if head else rng.uniform(0, 0.5) ** 1.5)
    claim = Claim(
        id="C1", subject=region, defect=head, type=kind_ if head else None, text=words, regions=(region,),
        facts=parsed.facts,
    )  # fmt: skip
    finding = Finding(region=region, place=where, p_true=chance, familiar=True, crop=_IMAGE, answer=words, claim=claim)
    return Seen(region, where, head, kind_, allowed, finding)


def _listing(chosen: list[Seen], facts: list[Drawn]) -> str:
    """`Short: upper left [R1] [F2]; open: centre [R3].`, the first with a capital."""
    parts = [f"{s.type}: {s.place}{cite(s.region, fitting(facts, s.type or ''))}" for s in chosen]
    return capital("; ".join(parts)) + "."


def _nothing(seen: list[Seen], facts: list[Drawn]) -> str:
    """Why there is no defect, from findings none of which is one."""
    for s in seen:
        if s.allowed and s.type:
            fact = permitting(facts, s.type)
            return f"{capital(s.type)}, allowed: a criterion permits {plural(s.type)}{cite(s.region, fact)}."
    checked = [s.region for s in seen if s.defect is False][:3]
    if checked:
        return f"No defect: the differences are harmless{cite(*checked)}."
    return "No defect: nothing differs from the golden image."


def _verdict(seen: list[Seen], facts: list[Drawn], yes: bool) -> str:
    found = [s for s in seen if s.defect]
    head = bool(found) == yes
    return f"{head}. " + (_listing(found, facts) if found else _nothing(seen, facts))


def _asked(kinds: tuple[str, ...], seen: list[Seen], facts: list[Drawn], what: str) -> str:
    """The answer to whether any of `kinds` was found; `what` names them in the denial."""
    found = [s for s in seen if s.defect]
    hits = [s for s in found if s.type in kinds]
    if hits:
        return "True. " + _listing(hits, facts)
    if found:
        return f"False. {capital(with_article(found[0].type or 'defect'))} was found, but not {what}{cite(found[0].region)}."
    checked = [s.region for s in seen if s.defect is False][:3]
    return f"False. No region shows {what}{cite(*checked)}."


def _casual(question: str, rng: np.random.Generator) -> str:
    """Questions as people type them: sometimes in lower case, or without the question mark."""
    roll = rng.random()
    if roll < 0.15:
        question = question.lower()
    elif roll < 0.18:
        question = question.upper()
    return question.rstrip("?") if rng.random() < 0.08 else question


def draw_reason(rng: np.random.Generator, kind: str | None = None, most: int = 8) -> Dialogue:
    """A reasoning dialogue with at most `most` facts; `kind` is one of `REASONS`, drawn by weight unless given."""
    kind = kind or str(rng.choice(list(REASONS), p=[0.24, 0.18, 0.2, 0.08, 0.11, 0.07, 0.06, 0.06]))
    must: tuple[Drawn, ...] = ()
    foreign = kind in ("verdict", "fine", "which", "count") and rng.random() < 0.15
    if rng.random() < (0.5 if kind == "permitted" else 0.25) and not foreign:
        must = (criterion(TYPES[rng.integers(6)], True, rng),)
    elif rng.random() < 0.4:
        must = (about(TYPES[rng.integers(6)], rng),)
    facts = draw_facts(rng, must, most=most)
    seen = draw_findings(facts, rng, foreign, fewest=most < 8)
    question, answer = _question(kind, seen, facts, rng)
    name = BOARD if not foreign and rng.random() < 0.75 else OTHER_OBJECTS[rng.integers(len(OTHER_OBJECTS))]
    comparison = None
    if rng.random() < 0.85:
        score = float(rng.uniform(0, 1) if seen else rng.uniform(0, 0.4))
        regions = tuple(Region(id=s.region, box=Box(0, 0, 1, 1), score=0.5) for s in seen)
        comparison = Comparison(
            test=_IMAGE, references=(_IMAGE,), score=score, regions=regions,
            registration=Registration(method="shift", confidence=1.0),
        )  # fmt: skip
    prompt = reason_prompt(
        question,
        object=name if rng.random() < 0.93 else None,
        facts=recalled(facts),
        comparison=comparison,
        findings=[s.finding for s in seen],
        complaint=str(rng.choice(_COMPLAINTS)) if rng.random() < 0.08 else "",
    )
    # Half of them without images: the text decides, and a sequence without them is a third shorter.
    return Dialogue(prompt, answer, f"reason:{kind}", images=int(rng.choice([0, 1, 2], p=[0.5, 0.08, 0.42])))


def _question(kind: str, seen: list[Seen], facts: list[Drawn], rng: np.random.Generator) -> tuple[str, str]:
    """A question of `kind` and the answer that findings and facts determine."""
    found = [s for s in seen if s.defect]
    if kind == "verdict":
        question = VERDICT_QUESTION if rng.random() < 0.5 else _casual(say(rng, _pick(_VERDICT, rng)), rng)
        return question, _verdict(seen, facts, True)
    if kind == "fine":
        return _casual(say(rng, _pick(_FINE, rng)), rng), _verdict(seen, facts, False)
    if kind == "group":
        sign = "missing" if rng.random() < 0.5 else "extra"
        kinds = MISSING if sign == "missing" else tuple(t for t in TYPES if t not in MISSING)
        what = "missing copper" if sign == "missing" else "extra copper"
        return _casual(say(rng, _pick(_GROUP[sign], rng)), rng), _asked(kinds, seen, facts, what)
    if kind == "which":
        checked = [s.region for s in seen if s.defect is False][:3]
        answer = _listing(found, facts) if found else f"No defect was found{cite(*checked)}."
        return _casual(say(rng, _pick(_WHICH, rng)), rng), answer
    if kind == "count":
        noun = "defect is" if len(found) == 1 else "defects are"
        cited = cite(*[s.region for s in found])
        return _casual(say(rng, _pick(_COUNT, rng)), rng), f"{len(found)} {noun} found{cited}."
    present = [s.type for s in found if s.type in TYPES]
    asked = str(rng.choice(present)) if present and rng.random() < 0.55 else TYPES[rng.integers(6)]
    name = SYNONYMS[asked][rng.integers(len(SYNONYMS[asked]))]
    slots = {"a": with_article(name), "plural": plural(name), "name": name}
    if kind == "where":
        hits = [s for s in found if s.type == asked]
        places = " and ".join(f"the {s.place}{cite(s.region)}" for s in hits)
        answer = f"{capital(asked)}: at {places}." if hits else f"No {asked} was found."
        return _casual(say(rng, _pick(_WHERE, rng), **slots), rng), answer
    if kind == "permitted":
        permits = [t for d in facts for t in d.allows]
        return ask_permitted(permits[0] if permits and rng.random() < 0.6 else asked, facts, rng)
    templates = _KIND[asked] if rng.random() < 0.35 else _NAMED
    return _casual(say(rng, _pick(templates, rng), **slots), rng), _asked((asked,), seen, facts, with_article(asked))


def ask_permitted(kind: str, facts: list[Drawn], rng: np.random.Generator) -> tuple[str, str]:
    """The question whether `kind` is permitted, and the answer that the facts give."""
    name = SYNONYMS[kind][rng.integers(len(SYNONYMS[kind]))]
    template = "{Is <a>|Are <plural>} {allowed|acceptable|permitted|tolerated} {here|on this board|}?"
    question = _casual(say(rng, template, a=with_article(name), plural=plural(name)), rng)
    fact = permitting(facts, kind)
    if fact is None:
        return question, f"False. No criterion permits {plural(kind)}{cite(fitting(facts, kind))}."
    return question, f"True. A criterion permits {plural(kind)}{cite(fact)}."


def draw_knowledge(rng: np.random.Generator) -> Dialogue:
    """A question about the kind of object, answered from facts: which defects occur, or what one of them is."""
    kind = TYPES[rng.integers(6)]
    facts = draw_facts(rng, (about(kind, rng),) if rng.random() < 0.85 else ())
    known = list(dict.fromkeys(t for d in facts for t in d.types))
    if rng.random() < 0.6:
        question = say(
            rng,
            "{Which|What} {defects|faults|anomalies} {can occur on this object|can occur on this part|may it have|"
            "can a printed circuit board have|may such a board show|are typical|can occur here}?",
        )
        named = ", ".join(f"{t}{cite(fitting(facts, t))}" for t in known)
        answer = f"{capital(named)}." if known else "The facts name no defect."
    else:
        name = SYNONYMS[kind][rng.integers(len(SYNONYMS[kind]))]
        question = say(
            rng, "{What is <a>|How does <a> look|What does <a> look like|What do you know of <plural>|What can <a> mean}?",
            a=with_article(name), plural=plural(name),
        )  # fmt: skip
        fact = fitting(facts, kind)
        text = facts[int(fact[1:]) - 1].text.rstrip(".") if fact else ""
        answer = f"{text}{cite(fact)}." if fact else f"The facts tell nothing of {plural(kind)}."
    prompt = reason_prompt(_casual(question, rng), object=BOARD, facts=recalled(facts))
    return Dialogue(prompt, answer, "reason:knowledge", images=int(rng.choice([0, 1, 2], p=[0.5, 0.1, 0.4])))


def _pick(options: tuple[str, ...], rng: np.random.Generator) -> str:
    return options[rng.integers(len(options))]
