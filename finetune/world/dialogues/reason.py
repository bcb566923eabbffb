# ruff: noqa: E501  (a template reads best on one line)
"""Dialogues of the reasoning step: findings are given as text, and questions about the whole part follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ....answers import parse_answer
from ....prompts import PLACES, VERDICT_QUESTION, reason_prompt
from ....schema import Box, Claim, Comparison, Finding, ImageRef, Region, Registration
from ..family import DefectType, Family
from .dialogue import Dialogue, Turn, casual, cite, conclude, fact_id
from .examine import ask_fact, draw_size
from .facts import Drawn, deciding, draw_facts, names, pick, recalled, rule, speaking
from .wording import capital, plural, say, with_article

QUESTIONS = {"verdict": 0.26, "fine": 0.14, "named": 0.26, "which": 0.08, "where": 0.07, "count": 0.06, "place": 0.13}
"""Kinds of questions about findings, and how often each is drawn."""
_IMAGE = ImageRef(sha256="0" * 64, width=1, height=1)
_VERDICT = (
    "{Is there|Does it have|Does the part have|Does this <object> show|Does the picture show|Can you see} {a|any} {defect|fault|flaw|damage|anomaly}?",
    "Is {the <object>|this part|it|the part} {defective|faulty|damaged|anomalous|broken|bad}?",
    "Is {anything|something} wrong {with it|here|with the part|}?",
    "Does the {test image|image|<object>} {show|contain} {any|a} {defect|defects|fault}?",
)
_FINE = (
    "Is {the <object>|this part|it|the part|everything} {OK|ok|good|fine|normal|free of defects|free from faults|sound|in order}?",
    "{Can|May|Should} {the <object>|this part|it|the part} {pass|be accepted|be shipped|be released}?",
    "Does {the <object>|it|this part} {pass|look good|look normal|agree with the golden image|match the reference}?",
)
_NAMED = (
    "{Is there|Is there really|Does it have|Does the part have|Does the image show|Can you see|Has it got} <a>?",
    "Are there {any|} <plural>?",
    "Does the {<object>|test image} {show|have|contain} {<a>|any <plural>}?",
    "Is the defect <a>?",
)
_WHICH = (
    "{Which|What} {defects|defect|faults} {does|do} {the part|it|this <object>|the image} {show|have}?",
    "{Which|What} {defects|faults} {are there|did you find|were found}?",
    "What is wrong {with it|with this part|here|}?",
)
_WHERE = ("Where is the <name>?", "Where {are|do you see} {the|any} <plural>?")
_COUNT = ("How many {defects|faults|flaws} {are there|does it have|did you find|were found}?", "Count the defects.")
_PLACE = (
    "{Is there|Do you see} {a|any} {defect|fault} {at|in} the <place>?",
    "Is the {defect|fault} {at|in} the <place>?",
    "Does the <place> of the image {show|contain} a {defect|fault}?",
)
_COMPLAINTS = (
    "C1 cites no region", "the claim cites F9, which was not recalled", "an uncited claim", "C1 contradicts R1",
    "the verdict does not follow from the findings", "the answer could not be read",
)  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """A finding as drawn: region, place, whether it is a defect, its type, the fact that allowed it, its line."""

    region: str
    place: str
    defect: bool
    kind: DefectType | None
    fact: int | None
    finding: Finding


def draw_findings(family: Family, facts: Sequence[Drawn], rng: np.random.Generator, most: int = 6) -> list[Seen]:
    """0 to `most` findings; types that the facts permit are told as allowed."""
    count = min(most, int(rng.choice(7, p=[0.12, 0.27, 0.24, 0.16, 0.1, 0.06, 0.05])))
    share = rng.choice([0.0, 0.5, 0.75, 1.0], p=[0.2, 0.35, 0.2, 0.25])
    few = [pick(family.types, rng) for _ in range(2)]
    seen, number = [], 0
    for _ in range(count):
        number += 1 if rng.random() < 0.8 else int(rng.integers(1, 4))
        kind = None
        if rng.random() < share:
            kind = pick(few, rng) if rng.random() < 0.6 else pick(family.types, rng)
        seen.append(_finding(family, f"R{number}", kind, facts, rng))
    return seen


def _finding(
    family: Family, region: str, kind: DefectType | None, facts: Sequence[Drawn], rng: np.random.Generator
) -> Seen:
    where = pick(PLACES, rng)
    turn = conclude(family, kind, region, where, draw_size(rng), facts, rng)
    parsed = parse_answer(turn.answer)
    defect = bool(parsed.value)
    text = turn.answer.split(" ", 1)[1]
    chance = float(rng.uniform(0.5, 1) ** 0.4 if defect else rng.uniform(0, 0.5) ** 1.5)
    claim = Claim(
        id="C1", subject=region, defect=defect, type=parsed.type if defect else None, text=text, regions=(region,),
        facts=parsed.facts,
    )  # fmt: skip
    finding = Finding(region=region, place=where, p_true=chance, familiar=True, crop=_IMAGE, answer=text, claim=claim)
    return Seen(region, where, defect, kind, turn.fact, finding)


def draw_reason(
    family: Family, rng: np.random.Generator, kind: str | None = None, *, most: int = 8, turns: int = 0
) -> Dialogue:
    """A reasoning dialogue with at most `most` facts, and `turns` further questions on the same findings."""
    facts = draw_facts(family, rng, pick(family.types, rng) if rng.random() < 0.5 else None, most=most)
    if rng.random() < 0.12 and len(facts) < 10:
        limited = pick(family.types, rng)
        if deciding(facts, limited.name) is None and all(f.type != limited.name for f in facts):
            facts.insert(
                int(rng.integers(len(facts) + 1)), rule(family, limited, "count", rng, int(rng.integers(1, 5)))
            )
    seen = draw_findings(family, facts, rng, most=6 if most > 3 else 3)
    kind = kind or str(rng.choice(list(QUESTIONS), p=list(QUESTIONS.values())))
    first = _turn(family, kind, seen, facts, rng)
    prompt = reason_prompt(
        first.prompt,
        object=family.object if rng.random() < 0.95 else None,
        facts=recalled(facts),
        comparison=_comparison(seen, rng) if rng.random() < 0.85 else None,
        findings=[s.finding for s in seen],
        complaint=pick(_COMPLAINTS, rng) if rng.random() < 0.06 else "",
    )
    more = []
    for _ in range(turns):
        if rng.random() < 0.2 and facts:
            told = [f.type for f in facts if f.type and f.role != "count"]
            more.append(ask_fact(family, family.type(pick(told, rng)) if told else pick(family.types, rng), facts, rng))
        else:
            again = str(rng.choice(list(QUESTIONS), p=list(QUESTIONS.values())))
            more.append(_turn(family, again, seen, facts, rng))
    turns_ = (Turn(prompt, first.answer, first.asked, first.fact), *more)
    return Dialogue(f"reason:{kind}", turns_, tuple(facts), None, int(rng.choice([0, 1, 2], p=[0.7, 0.04, 0.26])))


def _comparison(seen: Sequence[Seen], rng: np.random.Generator) -> Comparison:
    score = float(rng.uniform(0, 1) if seen else rng.uniform(0, 0.4))
    regions = tuple(Region(id=s.region, box=Box(0, 0, 1, 1), score=0.5) for s in seen)
    return Comparison(
        test=_IMAGE, references=(_IMAGE,), score=score, regions=regions,
        registration=Registration(method="shift", confidence=1.0),
    )  # fmt: skip


def _turn(family: Family, kind: str, seen: Sequence[Seen], facts: Sequence[Drawn], rng: np.random.Generator) -> Turn:
    """A question of `kind` and the answer that findings and facts determine."""
    words = {"object": family.object}
    defects = counted(seen, facts)
    if kind in ("verdict", "fine"):
        yes = kind == "verdict"
        question = say(rng, pick(_VERDICT if yes else _FINE, rng), **words)
        if yes and rng.random() < 0.5:
            question = VERDICT_QUESTION
        told = listing(defects, facts) if defects else _nothing(seen, facts)
        return Turn(casual(question, rng), f"{bool(defects) == yes}. {told}")
    if kind == "which":
        told = listing(defects, facts) if defects else f"No defect was found{_checked(seen)}."
        return Turn(casual(say(rng, pick(_WHICH, rng), **words), rng), told)
    if kind == "count":
        noun = "defect" if len(defects) == 1 else "defects"
        return Turn(
            casual(say(rng, pick(_COUNT, rng)), rng), f"{len(defects)} {noun}{cite(*[s.region for s in defects])}."
        )
    if kind == "place":
        place = pick(seen, rng).place if seen and rng.random() < 0.6 else pick(PLACES, rng)
        hits = [s for s in defects if s.place == place]
        question = casual(say(rng, pick(_PLACE, rng), place=place), rng)
        if hits:
            return Turn(question, f"True. {listing(hits, facts)}")
        return Turn(question, f"False. No defect was found there{cite(*[s.region for s in seen if s.place == place])}.")
    found = [s.kind for s in defects if s.kind]
    asked = pick(found, rng) if found and rng.random() < 0.5 else pick(family.types, rng)
    hits = [s for s in defects if s.kind is asked]
    slots = {**words, **names(asked, rng), "name": asked.name}
    if kind == "where":
        question = casual(say(rng, pick(_WHERE, rng), **slots), rng)
        told = capital("; ".join(f"{s.place}{cite(s.region)}" for s in hits)) if hits else f"No {asked.name} was found"
        return Turn(question, told + ".", asked.name)
    question = casual(say(rng, pick(_NAMED, rng), **slots), rng)
    if hits:
        return Turn(question, f"True. {listing(hits, facts)}", asked.name, speaking(facts, asked.name))
    if defects and defects[0].kind:
        other = capital(with_article(defects[0].kind.name))
        return Turn(question, f"False. {other} was found, but no {asked.name}{cite(defects[0].region)}.", asked.name)
    return Turn(question, f"False. No {asked.name} was found{_checked(seen)}.", asked.name)


def counted(seen: Sequence[Seen], facts: Sequence[Drawn]) -> list[Seen]:
    """The findings that are defects once limits on their number are applied."""
    left = [s for s in seen if s.defect]
    for fact in facts:
        if fact.role == "count" and sum(1 for s in left if s.kind and s.kind.name == fact.type) <= fact.limit:
            left = [s for s in left if not s.kind or s.kind.name != fact.type]
    return left


def listing(chosen: Sequence[Seen], facts: Sequence[Drawn]) -> str:
    """`Short: upper left [R1] [F2]; open: centre [R3].`, the first with a capital."""
    parts = []
    for s in chosen:
        name = s.kind.name if s.kind else "defect"
        place = deciding(facts, name) or speaking(facts, name)
        parts.append(f"{name}: {s.place}{cite(s.region, fact_id(place))}")
    return capital("; ".join(parts)) + "."


def _checked(seen: Sequence[Seen]) -> str:
    return cite(*[s.region for s in seen][:3])


def _nothing(seen: Sequence[Seen], facts: Sequence[Drawn]) -> str:
    """Why there is no defect, from findings none of which counts as one."""
    for place, fact in enumerate(facts, 1):
        within = [s for s in seen if s.defect and s.kind and s.kind.name == fact.type]
        if fact.role == "count" and within:
            cited = cite(*[s.region for s in within], f"F{place}")
            return f"{capital(fact.type or '')}, allowed: {len(within)} is within the limit of {fact.limit}{cited}."
    for s in seen:
        if s.kind and not s.defect:
            many = plural(s.kind.name)
            return f"{capital(s.kind.name)}, allowed: a criterion permits {many}{cite(s.region, fact_id(s.fact))}."
    if seen:
        return f"No defect: the differences are harmless{_checked(seen)}."
    return "No defect: nothing differs from the golden image."
