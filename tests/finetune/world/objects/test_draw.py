"""Drawing helpers: polygons cover what they should, frames map there and back, marks stay on the surface."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sage_inspect.finetune.world.objects import edges as object_edges
from sage_inspect.finetune.world.objects import marks as object_marks
from sage_inspect.finetune.world.objects.draw import (
    Frame,
    arc,
    area,
    away,
    box,
    cover,
    dim,
    emboss,
    finish,
    lobed,
    luma,
    noise,
    paint,
    rounded,
    shadow,
    strip,
    tone,
)
from sage_inspect.finetune.world.objects.ground import background, lettering, print_text
from sage_inspect.finetune.world.objects.scene import Drawing, changed, compose, evenly, visible


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


def test_cover_is_antialiased_and_cut_to_the_picture():
    window, buffer = cover(64, box(10.5, 20, 30, 40))
    full = np.zeros((64, 64))
    full[window] = buffer
    assert full[30, 20] == 255 and full[30, 40] == 0
    # OpenCV draws the border as a line: it covers up to a pixel more than the outline holds.
    assert 19.5 * 20 <= full.sum() / 255 <= 21 * 21.5
    assert cover(64, box(70, 70, 90, 90)) is None
    assert (area(64, box(-10, -10, 100, 100)) == 255).all()
    ring = area(64, arc(20, at=(32, 32)), arc(10, at=(32, 32)))
    assert ring[32, 32] == 0 and ring[32, 47] == 255


def test_paint_blends_within_outline_and_clip():
    image = picture()
    clip = area(128, box(0, 0, 64, 128))
    paint(image, [box(32, 32, 96, 96)], np.array([10, 20, 30], np.float32), opacity=0.5, clip=clip)
    assert np.allclose(image[64, 48], [65, 70, 75], atol=0.5)
    assert (image[64, 80] == 120).all() and (image[10, 10] == 120).all()
    shade = np.full((128, 128), 2, np.float32)
    paint(image, [box(2, 2, 20, 20)], np.full(3, 50, np.float32), shade, shade * 3)
    assert np.allclose(image[10, 10], 106, atol=0.5)


def test_frame_maps_there_and_back():
    for seed in range(5):
        frame = Frame.draw(np.random.default_rng(seed), 200)
        assert 0.55 <= 2 * frame.scale / 200 <= 0.95
        rim = frame.px(arc(1.0))
        assert rim.min() >= 0 and rim.max() <= 200
        ((x, y),) = np.round(frame.px(np.array([[0.3, -0.4]]))).astype(int)
        assert frame.u[y, x] == pytest.approx(0.3, abs=0.02) and frame.v[y, x] == pytest.approx(-0.4, abs=0.02)
        toward = np.round(np.array([frame.x, frame.y]) + np.array(frame.light) * frame.scale * 0.5).astype(int)
        assert frame.glow()[toward[1], toward[0]] == pytest.approx(0.5, abs=0.03)


def test_light_and_shadow_fall_where_the_light_says():
    frame = replace(Frame.draw(np.random.default_rng(0), 128), light=(1.0, 0.0))
    image = picture()
    emboss(image, [box(40, 40, 90, 90)], frame.light, 3, 90)
    assert image[64, 87, 0] > 122 and image[64, 43, 0] < 118
    image = picture()
    shadow(image, [box(40, 40, 90, 90)], frame, 0.5)
    assert image[64, 37, 0] < 110 < image[64, 96, 0]
    image = picture()
    dim(image, box(40, 40, 90, 90), 0.5)
    assert image[64, 64, 0] == 60 and image[10, 10, 0] == 120


def test_colours_and_levels():
    rng = np.random.default_rng(1)
    for _ in range(50):
        assert 79 <= luma(tone(rng, 80, 120, 0.3)) <= 121
        assert min(abs(away(rng, [60, 128], 30) - 60), 200) >= 30
    assert abs(away(rng, [128], 300) - 128) > 50
    assert luma(np.array([255, 255, 255], np.uint8)) == pytest.approx(255, abs=0.1)
    assert finish(np.array([[[-5, 300, 99.6]]], np.float32)).tolist() == [[[0, 255, 100]]]


def test_noise_is_cut_from_one_sheet():
    rng = np.random.default_rng(2)
    for kind in ("fine", "brushed", "cloud"):
        field = noise(rng, 200, kind)
        assert field.shape == (200, 200) and 0.3 < field.std() < 2
    assert np.shares_memory(noise(np.random.default_rng(3), 50), noise(np.random.default_rng(3), 50))


def test_shapes():
    rng = np.random.default_rng(4)
    blob = lobed(rng, 10, at=(50, 60))
    assert np.linalg.norm(blob - (50, 60), axis=1).max() < 14
    assert np.ptp(rounded(0, 0, 4, 2, 0.5), axis=0) == pytest.approx([4, 2])
    stroke = strip(np.array([[0.0, 0], [10, 0], [20, 0]]), 4)
    assert np.ptp(stroke, axis=0) == pytest.approx([20, 4])
    even = evenly(box(0, 0, 30, 10), 80)
    assert np.linalg.norm(np.diff(even, axis=0), axis=1) == pytest.approx(1, abs=0.01)


def test_text_stands_where_it_should():
    frame = Frame.draw(np.random.default_rng(5), 200, angle=0.0)
    assert lettering("B12").shape[0] == 40 and lettering("B12").max() == 255
    window, ink = print_text(frame, "B12", (0.1, 0), 0.3)
    ys, xs = np.nonzero(ink > 100)
    x = frame.px(np.array([[0.1, 0.0]]))[0, 0]
    assert (xs.min() + xs.max()) / 2 + window[1].start == pytest.approx(x, abs=3)
    assert np.ptp(ys) + 1 == pytest.approx(0.3 * frame.scale, abs=3)


def test_backgrounds_keep_their_level():
    for seed in range(20):
        ground = background(np.random.default_rng(seed), 96, 90)
        assert ground.shape == (96, 96, 3) and ground.dtype == np.float32
        assert 78 < luma(ground).mean() < 102


MARKS = ("scratch", "crack", "dent", "hole", "stain", "contamination")


@pytest.mark.parametrize("name", MARKS)
def test_marks_stay_on_the_surface(name):
    for seed in range(8):
        drawing = plate(seed)
        image = getattr(object_marks, name)(None, drawing, np.random.default_rng(seed), 1.5)
        assert (finish(image) == finish(drawing.image))[drawing.body == 0].all()
        assert (finish(image) != finish(drawing.image)).any()


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


def test_marks_need_a_surface():
    drawing = plate()
    bare = replace(drawing, body=np.zeros_like(drawing.body))
    assert all(getattr(object_marks, n)(None, bare, np.random.default_rng(0), 1.0) is None for n in MARKS)


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
