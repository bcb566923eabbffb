# ruff: noqa: E501  (a template reads best on one line)
"""Dialogues about a kind of object: questions that facts answer, what nano knows by itself, and what is shown."""

from __future__ import annotations

import numpy as np

from ....prompts import IDENTIFY_QUESTION, reason_prompt, self_guide_prompt
from ..family import Family
from .dialogue import Dialogue, Turn, casual, cite
from .examine import ask_fact
from .facts import about, draw_facts, pick, recalled
from .wording import capital, say

OTHER_OBJECTS = (
    "hazelnut", "pill", "cable", "toothbrush", "zipper", "carpet", "leather", "transistor", "grid", "ball screw",
    "candle", "cashew", "macaroni", "chewing gum", "wafer", "engine block", "printed shirt", "bearing", "solar cell",
    "glass pane", "spring", "valve", "syringe", "battery",
)  # fmt: skip
_LIST = (
    "{Which|What} {defects|faults} {can|may|do} {occur on|appear on|affect} {this part|this object|a <object>|such parts}?",
    "What {usually|typically|normally} {goes wrong|fails} {here|on such parts}?",
)


def draw_knowledge(family: Family, rng: np.random.Generator, *, most: int = 8, turns: int = 0) -> Dialogue:
    """Questions about the kind of object, answered from the facts in the prompt."""
    facts = draw_facts(family, rng, most=most)
    spoken = list(dict.fromkeys(f.type for f in facts if f.type))

    def turn() -> Turn:
        if rng.random() < 0.25:
            named = ", ".join(
                f"{t}{cite(*[f'F{i}' for i, f in enumerate(facts, 1) if f.type == t][:1])}" for t in spoken
            )
            question = casual(say(rng, pick(_LIST, rng), object=family.object), rng)
            return Turn(question, f"{capital(named)}." if named else "The facts name no defect.")
        kind = family.type(pick(spoken, rng)) if spoken and rng.random() < 0.8 else pick(family.types, rng)
        return ask_fact(family, kind, facts, rng)

    first = turn()
    prompt = reason_prompt(first.prompt, object=family.object, facts=recalled(facts))
    turns_ = (Turn(prompt, first.answer, first.asked, first.fact), *(turn() for _ in range(turns)))
    return Dialogue("knowledge", turns_, tuple(facts), None, int(rng.choice([0, 1, 2], p=[0.7, 0.05, 0.25])))


def draw_self_guide(family: Family, rng: np.random.Generator) -> Dialogue:
    """What nano knows of a kind of object by itself: some facts on it; `unknown` of anything outside its world."""
    images = int(rng.choice([0, 1, 2], p=[0.7, 0.1, 0.2]))
    if rng.random() < 0.4:
        return Dialogue("self-guide", (Turn(self_guide_prompt(pick(OTHER_OBJECTS, rng)), "unknown"),), images=images)
    order = rng.permutation(len(family.types))[: int(rng.integers(3, 5))]
    told = "\n".join(about(family, family.types[i], rng, "look").text for i in order)
    name = (
        family.object if rng.random() < 0.8 else pick((family.name, family.object.upper(), capital(family.object)), rng)
    )
    return Dialogue("self-guide", (Turn(self_guide_prompt(name), told),), images=images)


def draw_identify(family: Family, rng: np.random.Generator) -> Dialogue:
    """The question what the image shows; a window of the family must stand before it."""
    return Dialogue("identify", (Turn(IDENTIFY_QUESTION, family.object),), images=int(rng.integers(1, 3)))
