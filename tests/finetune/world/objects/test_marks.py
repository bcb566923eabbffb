"""Marks on a surface: each stays on it, shows, and needs one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sage_inspect.finetune.world.objects import marks as object_marks
from sage_inspect.finetune.world.objects.draw import finish

from .plate import plate

MARKS = ("scratch", "crack", "dent", "hole", "stain", "contamination")


@pytest.mark.parametrize("name", MARKS)
def test_marks_stay_on_the_surface(name):
    for seed in range(8):
        drawing = plate(seed)
        image = getattr(object_marks, name)(None, drawing, np.random.default_rng(seed), 1.5)
        assert (finish(image) == finish(drawing.image))[drawing.body == 0].all()
        assert (finish(image) != finish(drawing.image)).any()


def test_marks_need_a_surface():
    drawing = plate()
    bare = replace(drawing, body=np.zeros_like(drawing.body))
    assert all(getattr(object_marks, n)(None, bare, np.random.default_rng(0), 1.0) is None for n in MARKS)
