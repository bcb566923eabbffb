"""What of a whole image a model is shown: all of it, or, to a model that reads crops only, the part that tells most."""

from __future__ import annotations

import numpy as np
from langchain_core.language_models import BaseChatModel

from ..images import ImageStore
from ..schema import Box, ImageRef
from ..tools.zoom import zoom

WINDOW = 120
"""Side of the windows, in pixels, where no region is named."""
PLAIN = 8.0
"""Contrast (grey levels) below which a window shows next to nothing."""


def reads_regions_only(model: BaseChatModel) -> bool:
    """True for a model (nano) that reads crops, and of a whole image without findings knows nothing."""
    return bool(getattr(model, "regions_only", False))


def show(
    model: BaseChatModel, images: ImageStore, test: ImageRef, golden: ImageRef | None, box: Box | None = None
) -> list[ImageRef]:
    """The test image and the golden one (if any, in the test image's frame) as `model` can read them.

    Args:
        box: the most telling place, in pixels of the test image; None takes the busiest window.
    """
    shown = [test] if golden is None else [test, golden]
    if not reads_regions_only(model):
        return shown
    place = box or windows(images.array(test))[0]
    same_frame = golden is None or (golden.width, golden.height) == (test.width, test.height)
    return [zoom(ref, place, images=images) for ref in (shown if same_frame else shown[:1])]


def windows(picture: np.ndarray) -> list[Box]:
    """A 3 x 3 grid of windows over an H x W (x 3) uint8 image, most contrast (standard deviation of luma) first.

    Windows with next to nothing in them are left out, as long as one is left.
    """
    luma = picture if picture.ndim == 2 else picture.mean(axis=2)
    height, width = luma.shape
    side = min(WINDOW, height, width)
    steps = np.linspace(0, 1, 3)
    boxes = [
        Box(x, y, x + side, y + side)
        for y in sorted({round(s * (height - side)) for s in steps})
        for x in sorted({round(s * (width - side)) for s in steps})
    ]
    contrast = {box: float(luma[box.y1 : box.y2, box.x1 : box.x2].std()) for box in boxes}
    ranked = sorted(boxes, key=lambda box: -contrast[box])
    return [box for box in ranked if contrast[box] >= PLAIN] or ranked[:1]
