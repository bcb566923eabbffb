"""Familiarity: ranks against held-out images, both modes, and reading it back from a folder."""

from __future__ import annotations

import pytest
import torch
from transformers import ResNetConfig, ResNetModel

from sage_inspect.models.familiarity import Familiarity, features, is_single, pixel_figures, surprise, unevenness


class Model:
    """What `score` needs of a model: a tower at `model.model.vision_tower`."""

    def __init__(self):
        torch.manual_seed(0)
        config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic")
        self.model = self
        self.vision_tower = ResNetModel(config).eval()


def boards(count, seed):
    """Two-level pictures, as pairs: the same luma in the first two channels, 0 in the third."""
    noise = torch.rand(count, 1, 12, 12, generator=torch.Generator().manual_seed(seed))
    luma = (torch.nn.functional.interpolate(noise, size=(96, 96)) > 0.5).float() * 2 - 1
    return torch.cat([luma, luma, torch.zeros_like(luma)], 1)


def fogs(count, seed):
    """Smooth grey pictures."""
    noise = torch.rand(count, 1, 6, 6, generator=torch.Generator().manual_seed(seed))
    luma = torch.nn.functional.interpolate(noise, size=(96, 96), mode="bilinear") - 0.5
    return torch.cat([luma, luma, torch.zeros_like(luma)], 1)


def alone(pixels):
    out = torch.full_like(pixels, -1)
    out[:, 0] = pixels[:, 0]
    return out


@pytest.fixture(scope="module")
def fitted():
    model = Model()

    def both(pixels):
        return {"pair": features(model, pixels), "single": features(model, alone(pixels))}

    held_out = boards(150, 3)
    uneven = {"pair": unevenness(held_out), "single": unevenness(held_out)}
    return model, Familiarity.fit(both(boards(200, 1)), both(fogs(100, 2)), both(held_out), uneven)


def test_familiar_and_unfamiliar_images(fitted):
    model, familiarity = fitted
    for mode in (lambda p: p, alone):
        near = familiarity.score(model, mode(boards(60, 4)))
        far = familiarity.score(model, mode(fogs(60, 5)))
        assert all(0 < p <= 1 for p in near + far)
        assert sum(p < 0.02 for p in near) <= 4
        assert sum(p < 0.02 for p in far) >= 57


def test_modes_may_be_mixed_in_one_batch(fitted):
    model, familiarity = fitted
    pair, single = boards(2, 6), alone(boards(2, 7))
    mixed = torch.stack([pair[0], single[0], pair[1], single[1]])
    assert is_single(mixed) == [False, True, False, True]
    apart = familiarity.score(model, pair), familiarity.score(model, single)
    assert familiarity.score(model, mixed) == pytest.approx([apart[0][0], apart[1][0], apart[0][1], apart[1][1]])
    assert familiarity.score(model, mixed[:0]) == []


def test_saved_and_loaded(fitted, tmp_path):
    model, familiarity = fitted
    assert Familiarity.load(tmp_path) is None
    familiarity.save(tmp_path)
    loaded = Familiarity.load(tmp_path)
    assert loaded is not None
    pixels = boards(5, 8)
    assert loaded.score(model, pixels) == familiarity.score(model, pixels)


def test_pixel_figures_of_two_levels():
    pixels = boards(1, 9)
    within, spread, *_ = pixel_figures(pixels)[0].tolist()
    # Two levels are explained by one threshold: nothing is left within the classes, much in all.
    assert within < 0.7
    assert spread > 4
    assert pixel_figures(fogs(1, 9))[0][0] > 1


def test_unevenness_of_flat_and_shaded_tones_by_hand():
    flat = torch.full((1, 3, 96, 96), -1.0)
    flat[..., 48:] = 1.0
    assert unevenness(flat)[0] < 0.02
    # One tone is flat, the other a ramp over half of the range between the tones: sd of a uniform ramp is width / sqrt(12)
    shaded = flat.clone()
    shaded[..., 48:] = torch.linspace(0.0, 1.0, 96)[:, None]
    step = 1.5  # from -1 to the ramp's mean of 0.5
    assert unevenness(shaded)[0] == pytest.approx(1.0 / 12**0.5 / step, rel=0.1)
    assert unevenness(torch.zeros(1, 3, 96, 96))[0] == 0


def test_windows_are_judged_together():
    # Of nine windows none below .02, all in the tail: -ln .05 = 3.0; one odd window among nine usual ones stays below.
    assert surprise([0.05] * 9) == pytest.approx(3.0, abs=0.005)
    assert surprise([1e-9, *[0.6] * 8]) == pytest.approx((6.908 + 8 * 0.511) / 9, abs=0.005)
    assert surprise([0.05] * 9) > 2 > surprise([1e-9, *[0.6] * 8])
