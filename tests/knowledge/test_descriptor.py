from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from sage_inspect.knowledge.descriptor import FAMILIAR, describe, similarity


def texture(seed: int, size: tuple[int, int] = (200, 150)) -> Image.Image:
    rng = np.random.default_rng(seed)
    rows = rng.integers(60, 200, (size[1], size[0], 3), np.uint8)
    return Image.fromarray(rows).resize((size[0] * 2, size[1] * 2), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("size", [(8, 8), (9, 700), (512, 384)])
def test_unit_length_for_any_image(mode, size):
    for value in (0, 128, 255):
        vector = describe(Image.new(mode, size, value if mode == "L" else (value,) * 3))
        assert vector.dtype == np.float32 and vector.shape == (396,)
        assert np.isfinite(vector).all() and np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)


def test_little_light_size_and_noise_do_not_matter_and_another_picture_does():
    image = texture(1)
    base = describe(image)
    for change in (
        image.point(lambda v: min(255, int(v * 1.06))),
        image.resize((333, 250)),
        image.convert("RGB").transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    ):
        assert similarity(float(base @ describe(change))) > FAMILIAR
    assert similarity(float(base @ describe(Image.new("RGB", (400, 300), (200, 30, 30))))) < FAMILIAR


def test_colour_counts():
    grey = Image.new("RGB", (64, 64), (120, 120, 120))
    red = Image.new("RGB", (64, 64), (180, 95, 95))
    assert similarity(float(describe(grey) @ describe(red))) < 1


def test_similarity_is_clipped_and_rising():
    values = [similarity(x) for x in (-1, 0, 0.75, 0.8, 0.9, 1.0, 1.0001)]
    assert values == sorted(values) and values[0] == 0.0 and values[-1] == 1.0
