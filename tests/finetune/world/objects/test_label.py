"""A bottle's label: it keeps to the wall, lies as it was stuck, and shows the bottle where it is torn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sage_inspect.finetune.world.objects.draw import Frame, area, box
from sage_inspect.finetune.world.objects.label import Label, stick

from .plate import picture

PAPER, BAND, INK = (np.full(3, level, np.float32) for level in (230, 90, 20))
LABEL = Label(-0.4, 0.4, 0.5, PAPER, BAND, INK, "LOT 7", 1)


def stuck(label, wall=None):
    frame = Frame.draw(np.random.default_rng(0), 200, angle=0.0)
    image, flat = picture(200, 60), np.ones((200, 200), np.float32)
    cover = np.full((200, 200), 255, np.uint8) if wall is None else wall
    stick(image, frame, label, cover, flat, np.zeros_like(flat))
    return frame, image[..., 0]


def extent(frame, luma):
    """Where the label covers the bottle, in local units: u from and to, v from and to."""
    ys, xs = np.nonzero(luma != 60)
    return [frame.u[ys, xs].min(), frame.u[ys, xs].max(), frame.v[ys, xs].min(), frame.v[ys, xs].max()]


@pytest.mark.parametrize("layout", [0, 1, 2])
def test_it_covers_its_extent_in_its_colours(layout):
    frame, luma = stuck(replace(LABEL, layout=layout))
    assert extent(frame, luma) == pytest.approx([-0.4, 0.42, -0.5, 0.5], abs=0.04)
    covered = luma[luma != 60]
    assert (np.abs(covered - 230) < 2).mean() > 0.4
    assert (np.abs(covered - 90) < 2).mean() > 0.05
    assert (covered < 60).mean() > 0.01, "print"


def test_layouts_and_words_tell_labels_apart():
    made = {stuck(replace(LABEL, layout=n, word=w))[1].tobytes() for n in (0, 1, 2) for w in ("LOT 7", "LOT 8")}
    assert len(made) == 6


def test_it_keeps_to_the_wall():
    wall = area(200, box(0, 0, 100, 200))
    _, luma = stuck(LABEL, wall)
    assert (luma[:, 103:] == 60).all()
    assert (luma[:, :97] != 60).any()


def test_askew_and_shifted():
    straight = extent(*stuck(LABEL))
    shifted = extent(*stuck(replace(LABEL, shift=0.2)))
    assert shifted[:2] == pytest.approx([u + 0.2 for u in straight[:2]], abs=0.03)
    turned = extent(*stuck(replace(LABEL, turn=0.3)))
    assert turned[1] - turned[0] > straight[1] - straight[0] + 0.15


def test_what_is_torn_off_shows_the_bottle():
    frame, whole = stuck(LABEL)
    torn = frame.px(np.array([[0.1, -0.2], [0.3, -0.2], [0.3, 0.2], [0.1, 0.2]]))
    _, luma = stuck(replace(LABEL, torn=torn))
    inside = area(200, torn) > 250
    assert (whole[inside] != 60).all()
    assert np.abs(luma[inside] - 60).mean() < 3
    rim = area(200, (torn - torn.mean(0)) * 1.3 + torn.mean(0)) < 5
    assert np.array_equal(luma[rim], whole[rim])
