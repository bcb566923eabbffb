"""A grid of windows over an image: what a model that reads crops is shown where no region is named."""

from __future__ import annotations

import numpy as np

from ..schema import Box

WINDOW = 120
"""Side of the windows, in pixels, where no region is named."""
PLAIN = 8.0
"""Contrast (grey levels) below which a window shows next to nothing."""


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
