"""Parts as they are drawn: they cover their span and turn with their angle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sage_inspect.finetune.world.populated.layout import make_part
from sage_inspect.finetune.world.populated.parts import PINNED, TWO_ENDED, draw_pads, draw_part
from sage_inspect.finetune.world.populated.pen import Pen

KINDS = (*TWO_ENDED, *PINNED, "can", "crystal", "coil")


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_covers_its_span_and_turns_with_its_angle(kind):
    part = replace(make_part(np.random.default_rng(1), kind, 1.0), x=64.0, y=64.0, angle=0.0)
    spans = []
    for angle in (0.0, np.pi / 2):
        turned = replace(part, angle=angle)
        canvas = np.full((256, 256, 3), 120, np.uint8)
        pen = Pen(canvas, 2.0)
        draw_pads(pen, turned, (200, 170, 90))
        draw_part(pen, turned)
        ys, xs = np.nonzero((canvas != 120).any(axis=2))
        size = np.array([np.ptp(xs), np.ptp(ys)]) / 2
        assert (np.abs(size - turned.span) <= 6).all(), (kind, size, turned.span)
        spans.append(size)
    assert np.abs(spans[0] - spans[1][::-1]).max() < 2
