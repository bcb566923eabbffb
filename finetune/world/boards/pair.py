"""Whole drawn boards: a golden picture, a test picture of the same board with planted defects, and the truth.

    test, golden, truth = draw_pair(7, size=640, defects=3)

Everything follows from the seed. Copper is dark (picture.py), shapes come from layout.py, defects from defects.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ....schema import Box
from .defects import TYPES, Planted, Sites, plant
from .layout import draw_layout
from .picture import Nuisance, colour, draw_look, draw_nuisance, picture

Truth = list[tuple[Box, str]]


def draw_masks(
    seed: int, size: int = 640, defects: int = 1, kinds: tuple[str, ...] = TYPES
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], Truth]:
    """The copper of a test and of a golden board, `uint8[size, size]` of 0 and 1, and the planted defects.

    Defects lie at least 40 px apart. Boxes hold the changed copper exactly; types are of `boards_defects.TYPES`.
    """
    rng = np.random.default_rng((seed, 1))
    while True:
        golden = draw_layout(rng, size)
        if not 0.06 < golden.mean() < 0.94:
            continue
        sites = Sites(golden)
        test = golden
        truth: Truth = []
        for _ in range(12 * defects):
            if len(truth) == defects:
                break
            made = plant(kinds[rng.integers(len(kinds))], sites, rng, test)
            if made is not None and _apart(made, truth):
                test = made.mask
                truth.append((made.box, made.type))
        if len(truth) == defects:
            return test, golden, truth


def draw_pair(
    seed: int,
    size: int = 640,
    defects: int = 1,
    *,
    style: str | None = "bilevel",
    shift: float = 1.0,
    angle: float = 0.2,
    kinds: tuple[str, ...] = TYPES,
) -> tuple[Image.Image, Image.Image, Truth]:
    """A test picture, its golden picture and `[(box, type), ...]`, boxes in pixels of the test picture.

    Args:
        seed: everything follows from it.
        size: side in pixels, 200 or more.
        defects: how many are planted (0: nuisance only).
        style: `bilevel`, `soft`, `grey`, `tinted`; None draws one.
        shift, angle: how far the *golden* picture may be offset (pixels) and turned (degrees) against the test.
        kinds: types to choose from.
    """
    test_mask, golden_mask, truth = draw_masks(seed, size, defects, kinds)
    rng = np.random.default_rng((seed, 2))
    look = draw_look(rng, style)
    moved = draw_nuisance(rng, shift, angle)
    still = draw_nuisance(rng, 0, 0)
    still = Nuisance(threshold=still.threshold, light=still.light, gain=still.gain)
    test = colour(picture(test_mask, look, still, rng), look)
    golden = colour(picture(golden_mask, look, moved, rng), look)
    return Image.fromarray(test), Image.fromarray(golden), truth


def _apart(made: Planted, truth: Truth, gap: int = 40) -> bool:
    b = made.box
    wide = Box(b.x1 - gap, b.y1 - gap, b.x2 + gap, b.y2 + gap)
    return all(wide.iou(other) == 0 for other, _ in truth)
