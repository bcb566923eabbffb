"""Whole pairs: a test picture, its golden picture, the truth, and everything harmless that differs between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...schema import Box
from .boards import family as boards
from .families import family as by_name
from .family import Family, Mask, Rgb, Scene
from .nuisance import Nuisance, develop, draw_pair, move
from .windows import visible

CLEAN = 0.45
"""Share of the samples without a defect, where types are not given."""
_COUNTS = (0.62, 0.26, 0.12)
_SCANNED = 0.75
"""Share of the bare boards that look as scanned boards do, mostly black and white."""
_TRIES = 6


class Defect(NamedTuple):
    """One defect of a sample: its type, its box in pixels of the test picture, its mask `bool[h, w]`."""

    type: str
    box: Box
    mask: Mask


@dataclass(frozen=True)
class Sample:
    """A pair and its truth.

    Attributes:
        family: name of the family; object: what prompts call it.
        test, golden: RGB, `uint8[size, size, 3]`; masks and boxes lie in the test picture.
        defects: every one can be seen; empty: the pair differs by harmless things only.
    """

    family: str
    object: str
    test: Rgb
    golden: Rgb
    defects: tuple[Defect, ...]


def draw_sample(
    family: Family | str, rng: np.random.Generator, size: int = 256, types: Sequence[str] | None = None
) -> Sample:
    """One sample of `family`; all follows from `rng`.

    Args:
        size: side in pixels, 64 or more.
        types: the defects it shall have, in this order; None draws none to three. One that finds no room, or that
            light and noise would hide, is drawn again a few times and then left out.

    Raises:
        BadInput: no such family.
        KeyError: the family has no such type.
    """
    one = by_name(family) if isinstance(family, str) else family
    wanted = _draw_types(one, rng) if types is None else tuple(one.type(name).name for name in types)
    best: Sample | None = None
    for _ in range(_TRIES):
        found = _draw(one, rng, size, wanted)
        if best is None or len(found.defects) > len(best.defects):
            best = found
        if len(best.defects) == len(wanted):
            break
    assert best is not None
    return best


def box_of(mask: Mask) -> Box:
    """The box that holds the pixels of a mask `bool[h, w]`, which must not be empty."""
    ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return Box(int(xs[0]), int(ys[0]), int(xs[-1]) + 1, int(ys[-1]) + 1)


def _draw_types(family: Family, rng: np.random.Generator) -> tuple[str, ...]:
    if rng.random() < CLEAN:
        return ()
    count = min(len(family.types), 1 + int(rng.choice(len(_COUNTS), p=_COUNTS)))
    return tuple(family.types[i].name for i in rng.permutation(len(family.types))[:count])


def _draw(family: Family, rng: np.random.Generator, size: int, types: Sequence[str]) -> Sample:
    if family.name == boards.FAMILIES[0].name and rng.random() < _SCANNED:
        scene, own = boards.photograph(rng, size, types), (Nuisance(), Nuisance())
    else:
        scene, own = family.draw(rng, size, types), draw_pair(rng)
    seen = [visible(scene.test, scene.golden, mask.astype(np.uint8), own[1]) for _, mask in scene.defects]
    test = _without(scene, [not s for s in seen])
    return Sample(
        family.name,
        family.object,
        test=develop(test, own[1], rng),
        golden=develop(move(scene.golden, own[0]), own[0], rng),
        defects=tuple(
            Defect(kind, box_of(mask), mask) for (kind, mask), s in zip(scene.defects, seen, strict=True) if s
        ),
    )


def _without(scene: Scene, hidden: Sequence[bool]) -> Rgb:
    """The test picture without the defects that could not be seen: unlabelled, a trace of them would be a lie."""
    test = scene.test
    for (_, mask), gone in zip(scene.defects, hidden, strict=True):
        if gone:
            test = np.where(mask[..., None], scene.golden, test)
    return test
