"""Drawing helpers: polygons cover what they should, frames map there and back, light falls where it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

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

from .plate import picture


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
