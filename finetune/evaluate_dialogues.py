"""Measures of a model on drawn crops and dialogues from seeds that training does not use.

Each returns `name -> value`, shares 0..1; None where there was nothing to measure.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from ..answers import Answer, parse_answer
from ..models.pairing import pair_images
from ..prompts import examine_prompt
from .crops import LABELS, SIDE
from .dialogue import PLACES, Dialogue, draw_examine, draw_region
from .dialogue_reason import REASONS, draw_knowledge, draw_reason
from .drawn_facts import Drawn, about, criterion, neutral, recalled
from .evaluate_data import Example
from .figures import auroc, brier, calibration_error, share
from .nano_predict import Asked, ask

Figures = dict[str, float | None]


def _images(example: Example, count: int) -> list[Any]:
    return pair_images(example.test, example.reference if count == 2 else None, SIDE) if count else []


def plain_questions(examples: list[Example], seed: int) -> list[Asked]:
    """An examination of each example without facts, at random places."""
    rng = np.random.default_rng((seed, 21))
    made = []
    for example in examples:
        region = draw_region(example.label, rng)
        prompt = examine_prompt(region, PLACES[rng.integers(9)], [])
        made.append(Asked(_images(example, 2), prompt))
    return made


def measure_detection(model: Any, processor: Any, examples: list[Example], seed: int, *, types: bool = True) -> Figures:
    """Defect against nuisance from P(True), its calibration, and the type named in the generated answer."""
    told = ask(model, processor, plain_questions(examples, seed), words=types)
    chances = [t.p_true for t in told]
    truths = [e.label > 0 for e in examples]
    positive = [p for p, t in zip(chances, truths, strict=True) if t]
    negative = [p for p, t in zip(chances, truths, strict=True) if not t]
    figures: Figures = {
        "AUROC of P(True)": auroc(positive, negative),
        "found (P(True) >= .5)": share([p >= 0.5 for p in positive]),
        "false alarms (P(True) >= .5)": share([p >= 0.5 for p in negative]),
        "Brier": brier(chances, truths),
        "ECE": calibration_error(chances, truths),
    }
    if types:
        said = [parse_answer(t.words) for t in told]
        pairs = [(LABELS[e.label], a) for e, a in zip(examples, said, strict=True) if e.label]
        figures["answers read"] = share([a.value is not None for a in said])
        figures["type right (of all defects)"] = share([a.value is True and a.type == kind for kind, a in pairs])
        figures["type right (where found)"] = share([a.type == kind for kind, a in pairs if a.value])
    return figures


def measure_examine(model: Any, processor: Any, examples: list[Example], seed: int) -> Figures:
    """Places, regions and citations of generated answers to examinations with drawn facts."""
    rng = np.random.default_rng((seed, 22))
    dialogues = [draw_examine(e.label, rng) for e in examples]
    questions = [Asked(_images(e, d.images), d.prompt) for e, d in zip(examples, dialogues, strict=True)]
    told = ask(model, processor, questions)
    scores: dict[str, list[bool]] = defaultdict(list)
    for dialogue, answer in zip(dialogues, told, strict=True):
        said, right = parse_answer(answer.words), parse_answer(dialogue.answer)
        scores["True/False right"].append(said.value == right.value)
        scores["region cited right"].append(said.regions == right.regions)
        if "[F1]" not in dialogue.prompt.split("Does region")[0]:
            scores["no facts, none cited"].append(not said.facts)
        elif right.facts:
            scores["cited fact fits (facts that fit exist)"].append(said.facts == right.facts)
        else:
            scores["no fact fits, none cited"].append(not said.facts)
        if right.value and said.value:
            place = right.text.rsplit("at the ", 1)[1].split(" [")[0]
            scores["place as in the prompt"].append(f"at the {place} [" in said.text)
    return {name: share(hits) for name, hits in scores.items()}


def measure_facts_decide(model: Any, processor: Any, examples: list[Example], seed: int) -> Figures:
    """The same crop under a criterion that permits its type and one that rejects it: both answers must be right."""
    rng = np.random.default_rng((seed, 23))
    questions, kinds = [], []
    for example in (e for e in examples if e.label):
        kind = LABELS[example.label]
        other = LABELS[1 + (example.label + int(rng.integers(5))) % 6]
        context: list[Drawn] = [about(kind, rng), neutral(rng)][: int(rng.integers(0, 3))]
        region, place = draw_region(example.label, rng), PLACES[rng.integers(9)]
        for fact in (criterion(kind, True, rng), criterion(kind, False, rng), criterion(other, True, rng)):
            prompt = examine_prompt(region, place, recalled([*context, fact]))
            questions.append(Asked(_images(example, 2), prompt))
        kinds.append(kind)
    told = [parse_answer(t.words) for t in ask(model, processor, questions)]
    permitted, rejected, foreign = told[0::3], told[1::3], told[2::3]

    def both(yes: Answer, no: Answer) -> bool:
        return yes.value is True and no.value is False and no.allowed

    return {
        "permitted: False and allowed": share([a.value is False and a.allowed for a in permitted]),
        "rejected: True": share([a.value is True for a in rejected]),
        "another type permitted: True": share([a.value is True for a in foreign]),
        "pair (permitted, rejected) right in both": share(
            [both(b, a) for a, b in zip(permitted, rejected, strict=True)]
        ),
        "type kept where permitted": share([a.type == k for a, k in zip(permitted, kinds, strict=True) if a.allowed]),
    }


def measure_reason(model: Any, processor: Any, example: Example, count: int, seed: int) -> Figures:
    """Reasoning answers: True/False and exactly the right regions cited, by kind of question."""
    rng = np.random.default_rng((seed, 24))
    dialogues: list[Dialogue] = [draw_reason(rng, kind) for kind in REASONS for _ in range(count)]
    dialogues += [draw_knowledge(rng) for _ in range(count)]
    told = ask(model, processor, [Asked(_images(example, 2), d.prompt) for d in dialogues])
    scores: dict[str, list[bool]] = defaultdict(list)
    for dialogue, answer in zip(dialogues, told, strict=True):
        said, right = parse_answer(answer.words), parse_answer(dialogue.answer)
        kind = dialogue.kind.removeprefix("reason:")
        if right.value is not None:
            scores[f"{kind}: True/False"].append(said.value == right.value)
        scores[f"{kind}: regions"].append(set(said.regions) == set(right.regions))
        scores["all kinds: facts"].append(set(said.facts) == set(right.facts))
        scores["all kinds: word for word"].append(" ".join(answer.words.split()) == " ".join(dialogue.answer.split()))
    return {name: share(scores[name]) for name in sorted(scores)}
