"""What a pair of the synthetic world carries besides its picture: facts, questions at three levels, ranked answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...eval.answer_scale import Shown
from ...eval.datasets import Case
from ...eval.places import places_of
from ..world.sample import Sample
from .build import ANSWERS, draw_permitted, rank_answers
from .lore import lore_of
from .lore_facts import draw_diagnosis_facts, draw_facts
from .questions import DIAGNOSIS, LEVELS, questions_of
from .views import View
from .work import Work


def annotate(sample: Sample, rng: np.random.Generator) -> dict[str, Any]:
    """Questions about a whole pair, five at each of AD-PL's levels that it admits.

    Returns:
        `levels`: by level `facts` (`id`, `text`, `kind`, `allows`) and `questions`, each with `question`, `answer`,
        `reason` (the right answer in full) and `candidates` (`text`, `score`, `provenance`), best first.
    """
    height, width = sample.test.shape[:2]
    ordered = sorted(sample.defects, key=lambda d: -d.box.area)
    shown = tuple(Shown(d.type, places_of(d.box, width, height)) for d in ordered)
    kinds = [s.type for s in shown]
    lore = lore_of(sample.object, kinds)
    item = Work(Case(sample.family, Path(), None, "defect" if shown else "normal"), lore, None)
    levels: dict[str, Any] = {}
    for level in LEVELS:
        permitted = draw_permitted(item, kinds, rng)
        draw = draw_diagnosis_facts if level == DIAGNOSIS else draw_facts
        view = View(lore, shown, tuple(draw(lore, kinds, rng, permitted=permitted)), frozenset(permitted))
        questions = []
        for question in questions_of(view, level, rng):
            ranked = rank_answers(question, (), item, rng, ANSWERS)
            questions.append(
                {
                    "question": question.text,
                    "answer": question.truth.value,
                    "reason": str(question.right),
                    "candidates": [a.model_dump() for a in ranked],
                }
            )
        facts = [{"id": f.id, "text": f.fact.text, "kind": f.fact.kind, "allows": f.fact.allows} for f in view.facts]
        if questions:
            levels[level] = {"facts": facts, "questions": questions}
    return {"levels": levels}
