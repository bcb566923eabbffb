"""A bottle's label: printed paper around its body, straight, crooked or torn."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .draw import Field, Frame, Points, arc, area, box, paint
from .ground import print_text

# Where each layout has its coloured stripes, and its lines of small print: shares of the label's height.
_STRIPES = (((0.68, 0.86),), ((0.0, 0.22),), ((0.1, 0.16), (0.84, 0.9)))
_LINES = ((0.94, 0.98), (0.72, 0.78), (0.72, 0.78))


@dataclass(frozen=True, eq=False)
class Label:
    """A label.

    Attributes:
        u0, u1, half: its extent along the bottle, half its width; local units.
        paper, band, ink: colours.
        word, layout: what it says, and which of the three layouts it has.
        turn, shift: radians and local units along u by which it lies askew.
        torn: what is torn off it, picture coordinates.
    """

    u0: float
    u1: float
    half: float
    paper: Field
    band: Field
    ink: Field
    word: str
    layout: int
    turn: float = 0.0
    shift: float = 0.0
    torn: Points | None = None


def stick(image: Field, frame: Frame, label: Label, wall: NDArray[np.uint8], shade: Field, gloss: Field) -> None:
    """Draw a label on a bottle, within the cover of its `wall` and in its light (`shade`, `gloss` as in `paint`)."""
    bare = image.copy() if label.torn is not None else image
    middle, span, w = (label.u0 + label.u1) / 2, label.u1 - label.u0, label.half
    c, s = np.cos(label.turn), np.sin(label.turn)

    def lay(points: Points) -> Points:
        u, v = points[:, 0] - middle, points[:, 1]
        return frame.px(np.stack([middle + label.shift + u * c - v * s, u * s + v * c], 1))

    across = np.linspace(-w, w, 9)
    bow = 0.02 * (1 - (across / w) ** 2)  # edges around a round body look curved

    def band(low: float, high: float) -> Points:
        ends = [np.stack([label.u0 + share * span + bow, across], 1) for share in (low, high)]
        return lay(np.concatenate([ends[0], ends[1][::-1]]))

    sheet = band(0, 1)
    paint(image, [sheet], label.paper, shade, gloss, clip=wall)
    for low, high in _STRIPES[label.layout]:
        paint(image, [band(low, high)], label.band, shade, clip=wall)
    if label.layout == 0:
        disc = arc(min(0.13 * span + 0.03, 0.4 * w), count=24, at=(label.u0 + 0.22 * span, 0))
        paint(image, [lay(disc)], label.band, shade, clip=wall)
    for end in _LINES[label.layout]:
        line = box(label.u0 + (end - 0.03) * span, -0.6 * w, label.u0 + end * span, 0.5 * w)
        paint(image, [lay(line)], label.ink, shade, opacity=0.6, clip=wall)
    # The word runs across the bottle: a quarter turn from its axis.
    height = min(0.22 * span, 1.7 * w / max(3, len(label.word)))
    word = print_text(frame, label.word, (middle + label.shift + 0.02, 0), height, label.turn - np.pi / 2)
    paint(image, word, label.ink, shade, opacity=0.9, clip=wall)
    if label.torn is not None:
        heart = label.torn.mean(axis=0)
        fibre = cv2.min(area(frame.size, (label.torn - heart) * 1.1 + heart), wall)
        paint(image, [sheet], np.full(3, 228, np.float32), shade, opacity=0.9, clip=fibre)
        paint(image, [sheet], bare, clip=area(frame.size, label.torn))
