"""The pairs of questions.py: drawn pictures, what is wrong with them, and the facts that their store shall hold.

Seeds are ones that training does not use.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..eval.answer_scale import Shown
from ..eval.datasets.case import LabelledBox
from ..eval.places import places_of
from ..finetune.preferences.lore import UNNAMED, Lore, lore_of
from ..finetune.preferences.lore_facts import Told, draw_diagnosis_facts, fact_about, limit_fact
from ..finetune.preferences.views import View
from ..finetune.world.boards import pair as boards
from ..finetune.world.families import families, family
from ..finetune.world.sample import draw_sample

SEED = 90_001
"""Of everything drawn here; training draws from small seeds, evaluation from 70 001."""
SIDE, BOARD_SIDE = 384, 480
PERMIT, LIMIT = 0.2, 0.2
"""Shares of pairs in which a criterion permits what is seen, and in which a tolerance decides."""
BOARD = "bare board"
SETS = ("known", "held out", "boards")


class Pair(NamedTuple):
    """A drawn pair: pictures `uint8[h, w, 3]`, what is wrong with the test picture, and its family's name."""

    id: str
    family: str
    test: np.ndarray
    golden: np.ndarray
    boxes: tuple[LabelledBox, ...]


def draw_pairs(name: str, count: int) -> Iterator[Pair]:
    """`count` pairs of a set (`SETS`); families in turn."""
    names = [f.name for f in families(name == "held out") if f.name != BOARD]
    for i in range(count):
        rng = np.random.default_rng((SEED, i, SETS.index(name)))
        if name == "boards":
            defects = int(rng.choice(4, p=[0.4, 0.3, 0.2, 0.1]))
            test, golden, truth = boards.draw_pair(SEED + i, size=BOARD_SIDE, defects=defects)
            found = tuple(LabelledBox(box, kind) for box, kind in truth)
            yield Pair(f"{name}:{i}", BOARD, np.asarray(test.convert("RGB")), np.asarray(golden.convert("RGB")), found)
        else:
            s = draw_sample(names[i % len(names)], rng, SIDE)
            found = tuple(LabelledBox(d.box, d.type) for d in s.defects)
            yield Pair(f"{name}:{i}", s.family, s.test, s.golden, found)


def generator_of(pair: Pair) -> np.random.Generator:
    """The generator that a pair's facts and questions are drawn with."""
    return np.random.default_rng((SEED, int(pair.id.split(":")[1]), 3 + SETS.index(pair.id.split(":")[0])))


def lore_about(pair: Pair) -> Lore:
    """What is known of a pair's object."""
    one = family(pair.family)
    return lore_of(one.object, [t.name for t in one.types])


def view_of(pair: Pair, lore: Lore, rng: np.random.Generator) -> View:
    """What there is to ask about a pair, with the facts that its store shall hold."""
    height, width = pair.test.shape[:2]
    ordered = sorted(pair.boxes, key=lambda b: -b.box.area)
    shown = tuple(Shown(b.type, places_of(b.box, width, height)) for b in ordered)
    kinds = list(dict.fromkeys(s.type for s in shown))
    roll = rng.random()
    told: list[Told] = []
    permitted: list[str] = []
    if kinds and roll < PERMIT:
        permitted = kinds
    elif kinds and roll < PERMIT + LIMIT:
        limit, within = _limit(pair, kinds[0], rng)
        told, permitted = [limit_fact(lore, kinds[0], limit, rng)], kinds[:1] if within else []
    settled = {t.type for t in told}
    drawn = draw_diagnosis_facts(lore, kinds, rng, permitted=[t for t in permitted if t not in settled])
    # A criterion beside a tolerance on the same type would contradict it.
    told += [t for t in drawn if not (t.kind in ("allow", "forbid") and t.type in settled)]
    others = [t for t in lore.types if t not in kinds and t != UNNAMED]
    if others and rng.random() < PERMIT:
        told.append(fact_about(lore, others[rng.integers(len(others))], "allow", rng))
    return View(lore, shown, tuple(told), frozenset(permitted))


def _limit(pair: Pair, kind: str, rng: np.random.Generator) -> tuple[int, bool]:
    """A tolerance in pixels well above or well below every defect of a type, and whether they are within."""
    sizes = [max(b.box.x2 - b.box.x1, b.box.y2 - b.box.y1) for b in pair.boxes if b.type == kind]
    within = bool(rng.random() < 0.5)
    factor = float(rng.uniform(1.8, 2.6))
    return (round(max(sizes) * factor) + 6, True) if within else (max(2, int(min(sizes) / factor)), False)
