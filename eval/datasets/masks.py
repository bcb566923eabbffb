"""Ground-truth masks: reading them whatever their values mean, and the boxes of what they show."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...errors import BadInput
from ...schema import Box
from .case import Case, LabelledBox

LEAST_AREA = 6
"""Pixels below which a component is a speck of the annotation, not a defect, where there are larger ones."""
JOIN = 0.01
"""Components nearer than this share of the longer side are one defect."""


def read_mask(path: Path, size: tuple[int, int] | None = None) -> NDArray[np.bool_]:
    """A mask as `bool[height, width]`: every value but 0 is defect, because some sets write classes 1, 2, ...

    Palettes are read by index and JPEG masks from half grey, because compression smears them.

    Args:
        size: width and height that it must have.

    Raises:
        BadInput: not an image, or of another size than its image.
    """
    try:
        with Image.open(path) as opened:
            image = opened if opened.mode in ("1", "L", "P", "I", "I;16", "F") else opened.convert("L")
            values = np.asarray(image)
            smeared = opened.format == "JPEG"
    except (OSError, ValueError, SyntaxError):
        raise BadInput(str(path), "this mask is no image that can be read", "export it again as PNG") from None
    if size is not None and (values.shape[1], values.shape[0]) != size:
        raise BadInput(
            str(path), f"the mask is {values.shape[1]} x {values.shape[0]} pixels, its image {size[0]} x {size[1]}",
            "export it at its image's size",
        )  # fmt: skip
    return values >= 128 if smeared else values != 0


def defect_boxes(case: Case) -> tuple[LabelledBox, ...]:
    """The boxes of a case: as labelled, else one for each component of its mask; empty where neither tells a place.

    A mask that is constant tells none. A box from a mask has the case's type where it has one type only, else "".

    Raises:
        BadInput: the mask cannot be read.
    """
    if case.boxes or case.mask is None:
        return case.boxes
    mask = read_mask(case.mask)
    if mask.all() or not mask.any():
        return ()
    kind = case.types[0] if len(case.types) == 1 else ""
    return tuple(LabelledBox(box, kind) for box in boxes_of(mask))


def boxes_of(mask: NDArray[np.bool_]) -> list[Box]:
    """A box for each component of a mask, large ones first; near components are joined, specks left out."""
    raw = mask.astype(np.uint8)
    reach = max(1, round(JOIN * max(mask.shape)))
    joined = cv2.dilate(raw, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    count, labels = cv2.connectedComponents(joined, connectivity=8)
    found = []
    for index in range(1, count):
        ys, xs = np.nonzero((labels == index) & mask)
        box = Box(int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1)
        found.append((len(xs), box))
    found.sort(key=lambda f: (-f[0], f[1]))
    return [box for area, box in found if area >= LEAST_AREA] or [box for _, box in found[:1]]
