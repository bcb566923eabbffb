"""The picture of a verdict: heat map and boxes over the test image."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..schema import Box, Region

_RED, _AMBER, _GREEN = (214, 40, 40), (224, 146, 16), (32, 140, 90)
MAX_SIDE = 1400


def draw_overlay(
    picture: Image.Image,
    heat: Image.Image | None,
    boxes: list[tuple[str, Box, bool | None]],
    regions: Sequence[Region] = (),
) -> Image.Image:
    """The test image with the heat map laid over it and each region's box and label.

    Args:
        picture: test image, `L` or `RGB`; heat: grey, same size, None for none.
        boxes: label, box in pixels of the test image, and whether it is a defect (red), none (green) or open (amber).
        regions: an arrow is drawn for each of them that has moved, from its old place to the new one.

    Returns:
        RGB image; longer side at most 1400 pixels.
    """
    scale = min(1.0, MAX_SIDE / max(picture.size))
    # Scaled before anything is blended: a line scan of 40 million pixels costs no more than what is shown of it.
    canvas: NDArray[np.uint8] = np.array(_scaled(picture, scale).convert("RGB"))
    if heat is not None:
        canvas = _with_heat(canvas, np.asarray(_scaled(heat, scale).convert("L")))
    for label, box, defect in boxes:
        colour = _AMBER if defect is None else _RED if defect else _GREEN
        _draw_box(canvas, [round(v * scale) for v in box], label, colour)
    for region in regions:
        if region.moved_from is None or region.offset is None:
            continue
        (x, y), (dx, dy) = region.moved_from.center, region.offset
        start, end = (round(x * scale), round(y * scale)), (round((x + dx) * scale), round((y + dy) * scale))
        cv2.arrowedLine(canvas, start, end, _AMBER, 2, cv2.LINE_AA, tipLength=0.25)
    return Image.fromarray(canvas)


def _scaled(image: Image.Image, scale: float) -> Image.Image:
    if scale >= 1:
        return image
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.resize(size, Image.Resampling.BOX)


def _with_heat(base: NDArray[np.uint8], heat: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Warm colours where it differs; untouched where it does not (a good part must not light up)."""
    strength = np.clip((heat.astype(np.float32) - 48) / 160, 0, 1)[..., None] * 0.6
    colour = cv2.cvtColor(cv2.applyColorMap(heat, cv2.COLORMAP_HOT), cv2.COLOR_BGR2RGB).astype(np.float32)
    return (base * (1 - strength) + colour * strength).astype(np.uint8)


def _draw_box(canvas: NDArray[np.uint8], box: list[int], label: str, colour: tuple[int, int, int]) -> None:
    x1, y1, x2, y2 = box
    cv2.rectangle(canvas, (x1, y1), (x2 - 1, y2 - 1), colour, 2)
    (width, height), _ = cv2.getTextSize(label, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1)
    top = y1 - height - 8 if y1 > height + 8 else y2
    left = min(max(0, x1), max(0, canvas.shape[1] - width - 8))
    cv2.rectangle(canvas, (left, top), (left + width + 7, top + height + 7), colour, -1)
    cv2.putText(
        canvas, label, (left + 4, top + height + 3), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA
    )
