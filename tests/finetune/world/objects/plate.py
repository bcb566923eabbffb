"""A plain picture, and a plate that marks can be drawn on."""

import numpy as np

from sage_inspect.finetune.world.objects.draw import Frame, arc, area, paint
from sage_inspect.finetune.world.objects.scene import Drawing, evenly


def picture(size=128, level=120.0):
    return np.full((size, size, 3), level, np.float32)


def plate(seed=0, size=128):
    """A grey disc on a dark ground."""
    frame = Frame.draw(np.random.default_rng(seed), size)
    image, disc = picture(size, 40), frame.px(arc(0.9, count=90))
    back = image.copy()
    paint(image, [disc], np.full(3, 150, np.float32))
    return Drawing(frame, image, back, area(size, disc), evenly(disc))


class Plate:
    def __init__(self, drawing):
        self.drawing = drawing

    def render(self):
        return self.drawing
