"""Measures of a model on windows and dialogues from seeds that training does not use.

Each returns `name -> value`, shares 0..1; None where there was nothing to measure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ...answers import Answer, parse_answer
from ...models.pairing import pair_images
from ...prompts import PLACES, examine_prompt
from ..world.boards.crops import SIDE
from ..world.dialogues.dialogue import ABOVE, PERMITTED, WITHIN, Dialogue, Turn
from ..world.dialogues.examine import draw_examine, draw_region, draw_size
from ..world.dialogues.facts import pick
from ..world.dialogues.general import draw_knowledge
from ..world.dialogues.reason import QUESTIONS, draw_reason
from ..world.dialogues.turned import draw_turned, turns_of
from ..world.dialogues.wording import pattern
from ..world.families import family
from ..world.family import DefectType
from .evaluate_data import Example
from .figures import auroc, brier, calibration_error, share
from .predict import Asked, Told, ask

Figures = dict[str, float | None]


def _images(example: Example, count: int = 2) -> list[Any]:
    return pair_images(example.test, example.reference if count == 2 else None, SIDE) if count else []


def _kind(example: Example) -> DefectType | None:
    return family(example.family).type(example.kind) if example.kind else None


def plain_questions(examples: Sequence[Example], seed: int) -> list[Asked]:
    """An examination of each example without facts, at random places."""
    rng = np.random.default_rng((seed, 21))
    made = []
    for example in examples:
        region = draw_region(_kind(example) if example.family else None, example.size or draw_size(rng), rng)
        made.append(Asked(_images(example), examine_prompt(region, pick(PLACES, rng), [])))
    return made


def measure_detection(
    model: Any, processor: Any, examples: Sequence[Example], seed: int, *, types: bool = True
) -> Figures:
    """Defect against nuisance from P(True), its calibration, the worst family, and the type in the written answer."""
    told = ask(model, processor, plain_questions(examples, seed), words=types)
    chances = [t.p_true for t in told]
    truths = [bool(e.kind) for e in examples]
    positive = [p for p, t in zip(chances, truths, strict=True) if t]
    negative = [p for p, t in zip(chances, truths, strict=True) if not t]
    figures: Figures = {"AUROC of P(True)": auroc(positive, negative)}
    by_family: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for example, chance in zip(examples, chances, strict=True):
        by_family[example.family][not example.kind].append(chance)
    if len(by_family) > 1:
        areas = {name: auroc(*sides) for name, sides in by_family.items()}
        known = {name: area for name, area in areas.items() if area is not None}
        if known:  # few examples may leave every family with one side only
            worst = min(known, key=lambda name: known[name])
            figures[f"AUROC, worst family ({worst})"] = known[worst]
        figures |= {f"AUROC, {name}": area for name, area in sorted(areas.items())}
    figures |= {
        "found (P(True) >= .5)": share([p >= 0.5 for p in positive]),
        "false alarms (P(True) >= .5)": share([p >= 0.5 for p in negative]),
        "Brier": brier(chances, truths),
        "ECE": calibration_error(chances, truths),
    }
    if types:
        said = [parse_answer(t.words) for t in told]
        pairs = [(e, a) for e, a in zip(examples, said, strict=True) if e.kind]
        figures["answers read"] = share([a.value is not None for a in said])
        figures["type right (of all defects)"] = share([a.value is True and a.type == e.kind for e, a in pairs])
        figures["type right (where found)"] = share([a.type == e.kind for e, a in pairs if a.value])
    return figures


@lru_cache(maxsize=256)
def _reasons(name: str, kind: str, allowed: bool) -> re.Pattern[str]:
    type_ = family(name).type(kind)
    templates = (*PERMITTED, *WITHIN) if allowed else (*type_.looks, *ABOVE)
    end = "" if allowed else r" at the (?:" + "|".join(PLACES) + ")"
    return re.compile("(?:" + "|".join(pattern(t) for t in templates) + ")" + end, re.IGNORECASE)


@lru_cache(maxsize=64)
def _sound(name: str) -> re.Pattern[str]:
    return re.compile("|".join(pattern(t) for t in family(name).normal), re.IGNORECASE)


def entails(answer: Answer, name: str) -> bool:
    """True where an answer's reason is one that holds for the verdict and type that it states, within a family."""
    reason = re.sub(r"\s*\[[FR]\d+\]", "", answer.text).rstrip(". ")
    reason = reason.split(": ", 1)[1] if ": " in reason else reason
    if answer.type is None:
        return answer.value is False and bool(_sound(name).fullmatch(reason))
    if answer.value is answer.allowed or answer.type not in {t.name for t in family(name).types}:
        return False
    return bool(_reasons(name, answer.type, answer.allowed).fullmatch(reason))


def measure_examine(model: Any, processor: Any, examples: Sequence[Example], seed: int) -> Figures:
    """Verdict, place, reason and citations of written answers to examinations with drawn facts."""
    rng = np.random.default_rng((seed, 22))
    dialogues = [draw_examine(family(e.family), _kind(e), rng, size=e.size or None) for e in examples]
    questions = [Asked(_images(e), d.turns[0].prompt) for e, d in zip(examples, dialogues, strict=True)]
    scores: dict[str, list[bool]] = defaultdict(list)
    for example, dialogue, told in zip(examples, dialogues, ask(model, processor, questions), strict=True):
        said, right = parse_answer(told.words), parse_answer(dialogue.turns[0].answer)
        scores["True/False right"].append(said.value == right.value)
        scores["region cited right"].append(said.regions == right.regions)
        scores["reason entails type and verdict"].append(entails(said, example.family))
        if not dialogue.facts:
            scores["no facts, none cited"].append(not said.facts)
        elif said.type == right.type:
            fits = "cited fact fits" if right.facts else "no fact fits, none cited"
            scores[fits].append(said.facts == right.facts)
        if right.value and said.value and "px" not in right.text:
            place = right.text.rsplit("at the ", 1)[1].split(" [")[0].rstrip(".")
            scores["place as in the prompt"].append(f"at the {place}" in said.text)
    return {name: share(hits) for name, hits in scores.items()}


def measure_facts_decide(model: Any, processor: Any, examples: Sequence[Example], seed: int) -> Figures:
    """Minimal pairs (world/dialogues/turned.py): a pair counts if both of its answers are right."""
    rng = np.random.default_rng((seed, 23))
    asked: list[tuple[str, Example, Turn]] = []
    for example in examples:
        kind = _kind(example)
        if kind is None:
            continue
        one = family(example.family)
        for how in turns_of(one):
            sides = draw_turned(one, kind, how, rng, size=max(4, example.size))
            asked += [(how, example, side.turns[0]) for side in sides]
    told = ask(model, processor, [Asked(_images(e), t.prompt) for _, e, t in asked])
    right: dict[str, list[bool]] = defaultdict(list)
    for (name, _, turn), one_told in zip(asked, told, strict=True):
        said, true = parse_answer(one_told.words), parse_answer(turn.answer)
        right[name].append(said.value == true.value and (name != "polarity" or said.type == true.type))
    pairs_right = {n: [a and b for a, b in zip(r[0::2], r[1::2], strict=True)] for n, r in right.items()}
    figures: Figures = {"all pairs: right in both": share([x for r in pairs_right.values() for x in r])}
    return figures | {f"{name}: right in both": share(r) for name, r in sorted(pairs_right.items())}


def measure_reason(model: Any, processor: Any, examples: Sequence[Example], count: int, seed: int) -> Figures:
    """Reasoning answers: True/False and exactly the right regions and facts cited, by kind of question."""
    rng = np.random.default_rng((seed, 24))
    names = sorted({e.family for e in examples})
    dialogues: list[Dialogue] = []
    for kind in QUESTIONS:
        dialogues += [draw_reason(family(pick(names, rng)), rng, kind) for _ in range(count)]
    dialogues += [draw_knowledge(family(pick(names, rng)), rng) for _ in range(count)]
    questions = [Asked(_images(pick(examples, rng), d.images), d.turns[0].prompt) for d in dialogues]
    told: list[Told] = ask(model, processor, questions)
    scores: dict[str, list[bool]] = defaultdict(list)
    for dialogue, answer in zip(dialogues, told, strict=True):
        said, right = parse_answer(answer.words), parse_answer(dialogue.turns[0].answer)
        kind = dialogue.kind.removeprefix("reason:")
        if right.value is not None:
            scores[f"{kind}: True/False"].append(said.value == right.value)
            scores["all kinds: True/False"].append(said.value == right.value)
        scores[f"{kind}: regions"].append(set(said.regions) == set(right.regions))
        scores["all kinds: facts"].append(set(said.facts) == set(right.facts))
    return {name: share(scores[name]) for name in sorted(scores)}
