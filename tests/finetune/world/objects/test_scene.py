"""Scenes of one object: what is changed is found, what is faint is left out, and outlines are even."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.finetune.world.objects.draw import area, box, finish
from sage_inspect.finetune.world.objects.scene import changed, compose, evenly, silhouette, visible

from .plate import Plate, picture, plate


def test_visible_asks_for_contrast_and_area():
    before = finish(picture(256))
    for level, side, seen in ((150, 20, True), (124, 20, False), (200, 2, False)):
        after = before.copy()
        after[50 : 50 + side, 60 : 60 + side] = level
        assert visible(before, after, changed(before, after) | (before != after).any(axis=2)) is seen
    # Colour without luma does not count.
    after = before.copy()
    after[50:80, 50:80] = (120 + 58, 120 - 29, 120)
    assert not visible(before, after, changed(before, after))


def test_what_finds_no_room_or_is_too_faint_is_left_out():
    thing = Plate(plate())

    def never(thing, drawing, rng, force):
        return None

    def faint(thing, drawing, rng, force):
        return drawing.image + 5

    def all_over(thing, drawing, rng, force):
        return drawing.image + 60

    rng = np.random.default_rng(0)
    acts = {"never": never, "faint": faint, "all over": all_over}
    scene = compose(rng, thing, ["never", "faint", "all over", "all over"], acts)
    assert [n for n, _ in scene.defects] == ["all over"]


def test_an_outline_is_sampled_evenly():
    even = evenly(box(0, 0, 30, 10), 80)
    assert np.linalg.norm(np.diff(even, axis=0), axis=1) == pytest.approx(1, abs=0.01)
    turned = np.array([[0.0, 0.0], [0.0, 10.0], [30.0, 10.0]])
    assert np.allclose(evenly(turned, 12)[0], turned[0]), "it begins where the outline does"


def test_the_silhouette_is_that_of_the_largest_piece():
    body = area(100, box(20, 30, 80, 70))
    body[5:9, 5:9] = 255
    outline = silhouette(body)
    assert outline.min(axis=0) == pytest.approx([20.5, 30.5], abs=1)
    assert outline.max(axis=0) == pytest.approx([80, 70], abs=1.5)


def test_change_is_closed_over_gaps_and_small_steps_are_none():
    before = finish(picture(64))
    after = before.copy()
    after[20:30, 20:30] = 200
    after[25, 20:30] = before[25, 20:30] + 1
    after[50, 50] = before[50, 50] + 1
    mask = changed(before, after)
    assert mask[20:30, 20:30].all()
    assert mask.sum() == 100
