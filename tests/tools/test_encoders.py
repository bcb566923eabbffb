"""The encoder without weights."""

from __future__ import annotations

import numpy as np

from sage_inspect.tools.encoders import CLASSICAL


def test_a_cell_every_four_pixels_and_groups_that_cover_every_channel():
    cells = CLASSICAL(np.zeros((40, 64, 3), np.uint8))
    assert cells.shape[:2] == (10, 16)
    covered = sorted(c for channels, _ in CLASSICAL.groups for c in range(channels.start, channels.stop))
    assert covered == list(range(cells.shape[2]))
