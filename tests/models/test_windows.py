"""The grid of windows over an image."""

from __future__ import annotations

import numpy as np

from sage_inspect.models.windows import windows
from sage_inspect.schema import Box


def test_windows_lie_inside_the_image_and_the_telling_one_comes_first():
    picture = np.zeros((100, 900, 3), np.uint8)
    picture[:, 820::4] = 255
    picture[:, 400:430] = 40
    found = windows(picture)
    assert found[0] == Box(800, 0, 900, 100)
    assert len(found) == 2, "the empty window at the left is left out"


def test_a_blank_image_still_has_a_window():
    assert len(windows(np.full((300, 300), 9, np.uint8))) == 1
