"""What a model is shown of a whole image."""

from __future__ import annotations

import numpy as np

from sage_inspect.agents.view import show
from sage_inspect.schema import Box


def test_a_whole_image_for_whom_reads_it_and_crops_for_whom_does_not(scripted, images):
    picture = np.full((400, 600), 255, np.uint8)
    picture[260:380:8, 420:590] = 0
    test, golden = images.put(picture), images.put(255 - picture)
    assert show(scripted(), images, test, golden) == [test, golden]
    crops = show(scripted(regions_only=True), images, test, golden)
    assert [(c.width < 600, c.height < 400) for c in crops] == [(True, True)] * 2
    assert images.array(crops[0]).std() > 50
    at = show(scripted(regions_only=True), images, test, None, Box(0, 0, 20, 20))
    assert len(at) == 1
    assert images.array(at[0]).std() == 0
