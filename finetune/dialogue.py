# ruff: noqa: E501  (a template reads best on one line)
"""Dialogues about a crop pair: the agent's own prompts (prompts.py) and answers in the grammar of answers.py.

Facts decide: in about a quarter of the defect samples a criterion permits the type that is seen, and then the answer is
False although the pixels show the same. Rules of citation, the same everywhere: the region is always cited; the first
fact about the type is cited where there is one (for a normal region: the first about the normal look); never a fact
that is not in the prompt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..prompts import IDENTIFY_QUESTION, examine_prompt, self_guide_prompt
from ..schema import Box, Region
from .boards_defects import MISSING, TYPES
from .crops import LABELS
from .drawn_facts import (
    BOARD,
    Drawn,
    about,
    criterion,
    draw_facts,
    fitting,
    normal,
    permitting,
    recalled,
    starter,
)
from .wording import capital, plural, say

PLACES = (
    "upper left", "upper centre", "upper right", "centre left", "centre", "centre right", "lower left",
    "lower centre", "lower right",
)  # fmt: skip

_REASONS = {
    "open": (
        "{the track is cut through|a gap separates the track|copper is missing across the track|the conductor is broken}",
        "{a break|a gap} {interrupts|divides} the {conductor|track}",
    ),
    "short": (
        "{extra copper joins two conductors|a bridge of copper joins two tracks|two conductors are connected}",
        "copper {fills|bridges|crosses} the gap between two {tracks|conductors}",
    ),
    "mousebite": (
        "{a bite is missing from the edge of the copper|the edge of the track is notched|the track is narrowed from its edge}",
        "copper is missing {at|from} the edge of the {track|copper}",
    ),
    "spur": (
        "{extra copper sticks out from an edge|a tip of copper protrudes from the edge|a spike grows from the track}",
        "copper {sticks out|protrudes} into the gap and joins nothing",
    ),
    "spurious copper": (
        "{an island of copper lies free|a patch of extra copper touches no track|isolated copper lies in the gap}",
        "extra copper {stands alone|lies free} between the conductors",
    ),
    "pin-hole": (
        "{a small hole lies inside the copper|copper is missing inside the copper area|a bare spot is enclosed by copper}",
        "a hole {enclosed|surrounded} by copper",
    ),
}
_NO_DEFECT = (
    "the copper {agrees with|matches|equals} the golden image",
    "only {the edges|edge pixels|light and edges} differ",
    "{shapes and gaps are|the copper is} as on the golden board",
    "{a harmless difference|only a slight shift}",
)
_PERMITS = ("a criterion permits it", "a criterion permits <plural>", "<plural> are permitted here")
OTHER_OBJECTS = (
    "metal nut", "hazelnut", "pill", "bottle", "cable", "screw", "toothbrush", "zipper", "carpet", "leather", "tile",
    "wood", "capsule", "transistor", "grid", "ball screw", "gear", "candle", "cashew", "macaroni", "chewing gum",
    "moulded toy", "wafer", "engine block", "printed shirt", "steel sheet", "fabric", "bearing", "solar cell",
)  # fmt: skip


@dataclass(frozen=True)
class Dialogue:
    """A prompt (text after the images), the answer to train on, and what it is for measuring.

    Attributes:
        kind: `examine`, `reason:<question kind>`, `self-guide`, `identify`.
        label: index into `crops.LABELS` that the crop pair must have, None where any will do.
        images: how many images stand before the prompt.
        allowed: the answer says that a criterion permits the type.
    """

    prompt: str
    answer: str
    kind: str
    label: int | None = None
    images: int = 2
    allowed: bool = False


def cite(*ids: str | None) -> str:
    """`" [R1] [F2]"` of the ids that are not None; "" of none."""
    return "".join(f" [{i}]" for i in ids if i)


def conclude(
    label: int, region: str, where: str, facts: list[Drawn], rng: np.random.Generator, *, head: bool = True
) -> str:
    """The right answer about a region: `True. Short: ... at the upper left [R1] [F2].` (or without its head)."""
    if label == 0:
        reason = say(rng, _NO_DEFECT[rng.integers(len(_NO_DEFECT))])
        return ("False. " if head else "") + f"No defect: {reason}{cite(region, normal(facts))}."
    kind = LABELS[label]
    if (fact := permitting(facts, kind)) is not None:
        reason = say(rng, _PERMITS[rng.integers(len(_PERMITS))], plural=plural(kind))
        return ("False. " if head else "") + f"{capital(kind)}, allowed: {reason}{cite(region, fact)}."
    reasons = _REASONS[kind]
    reason = say(rng, reasons[rng.integers(len(reasons))])
    return ("True. " if head else "") + f"{capital(kind)}: {reason} at the {where}{cite(region, fitting(facts, kind))}."


def facts_for(kind: str | None, rng: np.random.Generator, most: int = 8) -> list[Drawn]:
    """Facts for a region that shows `kind` (None: nothing), at most `most`.

    Three in ten draws are of the starter pack alone; of the rest a tenth permit `kind`, a sixth permit another type, and
    most of the others tell about `kind`.
    """
    if rng.random() < 0.3:  # what a fresh installation recalls
        pack = starter()
        return [pack[k] for k in rng.permutation(len(pack))[: min(most, int(rng.integers(2, 9)))]]
    roll = rng.random()
    if roll < 0.14:
        return []
    if roll < 0.24 and kind is not None:
        return draw_facts(rng, (criterion(kind, True, rng),), most=most)
    if roll < 0.42:
        others = [t for t in TYPES if t != kind]
        must = [criterion(others[rng.integers(len(others))], True, rng)]
        if kind is not None and rng.random() < 0.7:
            must.append(criterion(kind, False, rng) if rng.random() < 0.5 else about(kind, rng))
        return draw_facts(rng, tuple(must), most=most)
    if roll < 0.62 and kind is not None:
        return draw_facts(rng, (criterion(kind, False, rng),), most=most)
    if roll < 0.86 and kind is not None:
        return draw_facts(rng, (about(kind, rng),), most=most)
    return draw_facts(rng, most=most)


def draw_region(label: int, rng: np.random.Generator) -> Region:
    """A region as the comparison would put it; its change agrees with the type mostly, its score tells nothing."""
    if label == 0:
        change = rng.choice(["added", "missing", "altered"])
    else:
        sign = "missing" if LABELS[label] in MISSING else "added"
        other = "added" if sign == "missing" else "missing"
        change = rng.choice([sign, "altered", other], p=[0.7, 0.25, 0.05])
    number = 1 + min(int(rng.integers(15)), int(rng.integers(15)))
    score = round(float(rng.uniform(0.3, 1)), 2)
    return Region(id=f"R{number}", box=Box(0, 0, 1, 1), score=score, change=str(change))  # type: ignore[arg-type]


def draw_examine(label: int, rng: np.random.Generator, facts: list[Drawn] | None = None) -> Dialogue:
    """An examination of a crop pair that shows `LABELS[label]`; facts are drawn unless given."""
    kind = LABELS[label] if label else None
    facts = facts_for(kind, rng) if facts is None else facts
    region, where = draw_region(label, rng), PLACES[rng.integers(9)]
    answer = conclude(label, region.id, where, facts, rng)
    images = 1 if rng.random() < 0.1 else 2
    allowed = kind is not None and permitting(facts, kind) is not None
    return Dialogue(examine_prompt(region, where, recalled(facts)), answer, "examine", label, images, allowed)


def draw_self_guide(rng: np.random.Generator) -> Dialogue:
    """What nano knows of a kind of object by itself: four to six facts of a board, `unknown` of anything else."""
    if rng.random() < 0.4:
        other = OTHER_OBJECTS[rng.integers(len(OTHER_OBJECTS))]
        return Dialogue(self_guide_prompt(other), "unknown", "self-guide", images=int(rng.choice([0, 0, 1, 2])))
    looks = [d for d in starter() if d.kind == "appearance"]
    lines = [looks[i].text for i in sorted(rng.permutation(len(looks))[: int(rng.integers(4, 6))])]
    name = str(
        rng.choice([BOARD, BOARD, "Printed circuit board", "bare printed circuit board", "circuit board", "PCB"])
    )
    return Dialogue(self_guide_prompt(name), "\n".join(lines), "self-guide", images=int(rng.choice([0, 0, 1, 2])))


def draw_identify(rng: np.random.Generator) -> Dialogue:
    """The question what the image shows."""
    return Dialogue(IDENTIFY_QUESTION, BOARD, "identify", images=int(rng.integers(1, 3)))
