"""The comparison with an encoder by name."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sage_inspect.agents.comparing import compare, encoder_named
from sage_inspect.errors import BadInput
from sage_inspect.settings import Settings
from sage_inspect.tools.encoders import CLASSICAL


def part(mark: bool, seed: int) -> np.ndarray:
    """A shaded, coloured body with noise of its own, and a dark blot on it."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:224, 0:224].astype(np.float32)
    body = 90 + 110 * np.exp(-((x - 110) ** 2 + (y - 112) ** 2) / 9000)
    image = np.stack([body, body * 0.8, body * 0.5], axis=-1)
    if mark:
        cv2.circle(image, (150, 80), 9, (20, 20, 30), -1)
    return np.clip(image + rng.normal(0, 2, image.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("encoder", ["classical", "nano"])
def test_the_blot_is_found(encoder, images):
    found = compare(part(True, 1), part(False, 2), encoder=encoder, images=images)
    sound = compare(part(False, 3), part(False, 2), encoder=encoder, images=images)
    assert found.score > sound.score
    x, y = found.regions[0].box.center
    assert abs(x - 150) < 20 and abs(y - 80) < 20


def test_the_settings_name_the_encoder(images, monkeypatch):
    assert encoder_named("classical") is CLASSICAL
    with pytest.raises(BadInput, match="no such folder and no known form"):
        compare(part(True, 1), part(False, 2), images=images, settings=Settings(encoder="no such thing"))


def test_golden_images_that_do_not_align_are_remembered_without_position(images):
    """Textures from eight golden images on: an encoder with weights searches a memory of their vectors."""
    rng = np.random.default_rng(0)

    def cloth(spot: bool) -> np.ndarray:
        noise = cv2.GaussianBlur(rng.normal(0, 60, (160, 160)).astype(np.float32), (0, 0), 2) * 6 + 128
        if spot:
            cv2.rectangle(noise, (60, 60), (100, 100), 10, -1)
        return np.clip(noise, 0, 255).astype(np.uint8)

    goldens = [cloth(False) for _ in range(8)]
    bad, good = (compare(cloth(s), goldens, encoder="nano", images=images) for s in (True, False))
    assert bad.score > good.score
    assert "as a texture, without position" in bad.registration.note
    heat = images.array(bad.heatmap).astype(float)
    assert heat[60:100, 60:100].mean() > 2 * np.delete(heat, np.s_[50:110], axis=0).mean()
