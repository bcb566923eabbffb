"""Pair images: channels, sizes, and what makes the cosine 1 where nothing changed."""

from __future__ import annotations

import numpy as np
from PIL import Image

from sage_inspect.models.pairing import composite, pair_images


def grey(value, size=(200, 120)):
    return Image.new("L", size, value)


def test_composite_channels():
    images = pair_images(grey(200), grey(100), 96)
    assert [i.size for i in images] == [(96, 96)] * 2
    assert [i.mode for i in images] == ["RGB"] * 2
    # B = 128 + (200 - 100) / 2 = 178
    assert np.asarray(images[0])[5, 5].tolist() == [200, 100, 178]
    assert np.asarray(images[1])[5, 5].tolist() == [100, 100, 128]


def test_without_a_reference():
    images = pair_images(grey(200), None, 96)
    assert len(images) == 1
    assert np.asarray(images[0])[0, 0].tolist() == [200, 0, 0]


def test_agreeing_crops_give_the_references_own_image():
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 256, (150, 150, 3), dtype=np.uint8))
    first, second = pair_images(picture, picture.copy(), 96)
    assert first.tobytes() == second.tobytes()


def test_extremes_stay_in_range():
    white, black = np.full((2, 2), 255, np.uint8), np.zeros((2, 2), np.uint8)
    assert composite(white, black)[0, 0].tolist() == [255, 0, 255]
    # 128 + (-255 >> 1) = 128 - 128 = 0
    assert composite(black, white)[0, 0].tolist() == [0, 255, 0]


def test_shrinking_averages_and_enlarging_works():
    stripes = np.zeros((192, 192), np.uint8)
    stripes[::2] = 200
    assert np.asarray(pair_images(Image.fromarray(stripes), None, 96)[0])[..., 0].std() == 0
    assert pair_images(grey(10, (20, 30)), grey(10, (50, 10)), 96)[0].size == (96, 96)
