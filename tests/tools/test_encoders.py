"""The encoder without weights, and encoders by name."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.errors import BadInput
from sage_inspect.tools.encoders import CLASSICAL, encoder_named


@pytest.mark.parametrize("name", ["classical", "efficientnet"])
def test_groups_cover_every_channel_once(name):
    encoder = encoder_named(name)
    cells = encoder(np.zeros((40, 64, 3), np.uint8))
    covered = sorted(c for group in encoder.groups for c in range(group.channels.start, group.channels.stop))
    assert covered == list(range(cells.shape[2]))


def test_a_cell_every_four_pixels_without_weights():
    assert CLASSICAL(np.zeros((40, 64, 3), np.uint8)).shape[:2] == (10, 16)


def test_names():
    assert encoder_named("classical") is CLASSICAL
    assert encoder_named("efficientnet") is encoder_named("efficientnet")
    with pytest.raises(BadInput, match="no such folder and no known form"):
        encoder_named("no such thing")
