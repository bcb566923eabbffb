"""Defects of an edge: extra material lies outside it, and a chip shows what lies behind."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.finetune.world.objects import edges as object_edges
from sage_inspect.finetune.world.objects.draw import finish, luma
from sage_inspect.finetune.world.objects.scene import changed

from .plate import plate


@pytest.mark.parametrize("name", ["burr", "flash"])
def test_extra_material_lies_outside_the_edge(name):
    for seed in range(6):
        drawing = plate(seed)
        image = getattr(object_edges, name)(None, drawing, np.random.default_rng(seed), 1.0)
        if image is not None:
            mask = changed(finish(drawing.image), finish(image))
            assert mask[drawing.body == 0].sum() > 0.35 * mask.sum() > 0


def test_a_chip_shows_what_lies_behind():
    for seed in range(6):
        drawing = plate(seed)
        image = object_edges.chip(None, drawing, np.random.default_rng(seed), 1.0)
        if image is not None:
            lost = luma(drawing.image) - luma(image)
            assert (lost > 60).sum() > 10
            assert (finish(image) == finish(drawing.image))[drawing.body == 0].mean() > 0.99


def test_outwards_points_away_from_the_body():
    drawing = plate(1)
    centre = np.array([drawing.frame.x, drawing.frame.y])
    for index in (0, 90, 200, 359):
        normal = object_edges.outwards(drawing, index)
        away = drawing.outline[index] - centre
        assert np.linalg.norm(normal) == pytest.approx(1, abs=1e-3)
        assert normal @ away / np.linalg.norm(away) > 0.98


def test_a_bite_is_taken_at_its_place_and_as_large_as_asked_for():
    drawing = plate(2)
    lost = []
    for radius in (5.0, 10.0):
        image = object_edges.bite(drawing, 40, radius, np.random.default_rng(0))
        ys, xs = np.nonzero(changed(finish(drawing.image), finish(image)))
        far = np.linalg.norm(np.stack([xs, ys], axis=1) - drawing.outline[40], axis=1)
        assert far.max() < 3 * radius
        lost.append(len(xs))
    assert lost[1] > 2 * lost[0] > 0
