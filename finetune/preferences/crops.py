"""Crop pairs of a labelled case as the agent's region branch sees them: a window around each box, and some without.

The window is `max(96, 1.6 x the box's longer side)` pixels wide, moved inside the image, as `zoom` cuts it. A golden
image of another pose shows nothing in a crop, so a crop has a reference only where the case has its own golden image
of the same size, or where `align` lays one over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ...eval.answer_scale import Shown
from ...eval.datasets import Case, LabelledBox
from ...prompts import place
from ...schema import Box, Region
from .lore import UNNAMED, Lore

Align = Callable[[Image.Image, Image.Image], Image.Image | None]
"""`(test, golden) -> golden in the test image's frame`, None where the two do not compare."""
LEAST, MARGIN, GAP = 96, 1.6, 12


@dataclass(frozen=True)
class CropView:
    """One crop pair.

    Attributes:
        test, reference: the windows, equally large; no reference where there is none to compare with.
        region: as the comparison would put it.
        where: the place of the region in the whole image.
        shown: the defect in it, None for a normal window.
    """

    test: Image.Image
    reference: Image.Image | None
    region: Region
    where: str
    shown: Shown | None


def crop_views(
    case: Case,
    boxes: Sequence[LabelledBox],
    test: Image.Image,
    golden: Image.Image | None,
    lore: Lore,
    rng: np.random.Generator,
) -> Iterator[CropView]:
    """A crop pair for every labelled box whose type is known (or whose set names none), and as many normal windows.

    Args:
        boxes: of the case's defects.
        test, golden: decoded; golden in the test image's frame, or None.
    """
    number = 0
    drawn = [b for b in boxes if b.type or not case.types]
    for box, kind in drawn:
        number += 1
        type = kind or UNNAMED
        window = context_window(box, test.width, test.height)
        change = lore.types[type].change if rng.random() < 0.75 else str(rng.choice(["added", "missing", "altered"]))
        yield _view(test, golden, window, box, number, change, type, rng)
    for box in _normal_boxes(boxes, test, max(1, len(drawn)), rng):
        number += 1
        window = context_window(box, test.width, test.height)
        yield _view(test, golden, window, box, number, str(rng.choice(["added", "missing", "altered"])), None, rng)


def context_window(box: Box, width: int, height: int) -> Box:
    """The square window around a box, in pixels; clipped only where the image is smaller than it."""
    side = max(LEAST, round(MARGIN * max(box.x2 - box.x1, box.y2 - box.y1)))

    def span(middle: float, limit: int) -> tuple[int, int]:
        if side >= limit:
            return 0, limit
        start = min(max(0, round(middle - side / 2)), limit - side)
        return start, start + side

    x, y = box.center
    (x1, x2), (y1, y2) = span(x, width), span(y, height)
    return Box(x1, y1, x2, y2)


def _view(
    test: Image.Image,
    golden: Image.Image | None,
    window: Box,
    box: Box,
    number: int,
    change: str,
    type: str | None,
    rng: np.random.Generator,
) -> CropView:
    where = place(box, test.width, test.height)
    score = round(float(rng.uniform(0.3, 1)), 2)
    region = Region(id=f"R{number}", box=box, score=score, change=change)  # type: ignore[arg-type]
    pair = test.crop(window), golden.crop(window) if golden is not None else None
    return CropView(*pair, region, where, Shown(type, (where,)) if type else None)


def _normal_boxes(
    boxes: Sequence[LabelledBox], test: Image.Image, count: int, rng: np.random.Generator
) -> Iterator[Box]:
    """Boxes of the size of a comparison's regions, whose windows meet no defect; busy places are preferred."""
    luma = np.asarray(test.convert("L"))
    found = 0
    for _ in range(30 * count):
        size = int(rng.integers(12, 60))
        if found == count or min(test.size) <= size:
            return
        x, y = int(rng.integers(0, test.width - size)), int(rng.integers(0, test.height - size))
        box = Box(x, y, x + size, y + size)
        window = context_window(box, test.width, test.height)
        near = Box(window.x1 - GAP, window.y1 - GAP, window.x2 + GAP, window.y2 + GAP)
        plain = luma[window.y1 : window.y2, window.x1 : window.x2].std() < 8
        if any(near.iou(b.box) > 0 for b in boxes) or (plain and rng.random() < 0.9):
            continue
        found += 1
        yield box
