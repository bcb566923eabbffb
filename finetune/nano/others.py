"""Drawn pictures that are no boards, which familiarity is contrasted with: no photograph is needed to tell what one is.

Random fields with the spectra of natural images, shaded bodies on textured ground, gratings and weaves. Boards have two
levels and sharp borders between them; these have not.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..world.boards.crops import SIDE
from .evaluate_data import Example

Field = NDArray[np.float64]


def draw_others(count: int, seed: int) -> list[Example]:
    """`count` pairs of pictures of 96 x 96 pixels that show no board; the reference shows the same or a like thing."""
    rng = np.random.default_rng((seed, 31))
    out = []
    for _ in range(count):
        scene = _scene(rng)
        if rng.random() < 0.6:
            move = np.array([[1, 0, rng.uniform(-4, 4)], [0, 1, rng.uniform(-4, 4)]])
            other = cv2.warpAffine(scene, move, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT)
            other = other * rng.uniform(0.9, 1.1) + rng.normal(0, 6)
        else:
            other = _scene(rng)
        noise = rng.uniform(0, 6)
        out.append(Example(_picture(scene, noise, rng), _picture(other, noise, rng), family=""))
    return out


def _picture(scene: Field, noise: float, rng: np.random.Generator) -> Image.Image:
    grainy = scene + rng.normal(0, 1, scene.shape) * noise
    return Image.fromarray(np.clip(grainy, 0, 255).astype(np.uint8))


def _fractal(rng: np.random.Generator) -> Field:
    """A random field of unit variance whose amplitude falls with frequency to a power of 0.5..2.2."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE), np.fft.fftfreq(SIDE)))
    frequency[0, 0] = 1 / SIDE
    spectrum = np.fft.fft2(rng.normal(size=(SIDE, SIDE))) * frequency ** -rng.uniform(0.5, 2.2)
    spectrum[0, 0] = 0
    field = np.fft.ifft2(spectrum).real
    return field / (field.std() + 1e-9)


def _scene(rng: np.random.Generator) -> Field:
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    contrast = float(np.exp(rng.uniform(np.log(1.5), np.log(55))))
    scene = rng.uniform(15, 225) + contrast * _fractal(rng)
    roll = rng.random()
    if roll < 0.5:  # shaded bodies
        for _ in range(int(rng.integers(1, 4))):
            cx, cy, a, b = (*rng.uniform(-0.2, 1.2, 2), *rng.uniform(0.15, 0.9, 2))
            turn = rng.uniform(0, np.pi)
            u = ((x - cx) * np.cos(turn) + (y - cy) * np.sin(turn)) / a
            v = (-(x - cx) * np.sin(turn) + (y - cy) * np.cos(turn)) / b
            inside = 1 / (1 + np.exp(np.clip((u**2 + v**2 - 1) * rng.uniform(8, 60), -50, 50)))
            light = rng.uniform(20, 230) + rng.uniform(-90, 90) * u + rng.uniform(-90, 90) * v
            body = light + np.exp(rng.uniform(np.log(0.5), np.log(35))) * _fractal(rng)
            scene = scene * (1 - inside) + body * inside
    elif roll < 0.65:  # gratings and weaves
        wave = rng.uniform(4, 30)
        turn = rng.uniform(0, np.pi)
        ripple = np.sin(
            2 * np.pi * wave * (x * np.cos(turn) + y * np.sin(turn)) / 3 + _fractal(rng) * rng.uniform(0, 1)
        )
        scene = scene + rng.uniform(5, 60) * ripple
    if rng.random() < 0.3:
        scene = scene + rng.uniform(-80, 80) * (x - 0.5) + rng.uniform(-80, 80) * (y - 0.5)
    return cv2.GaussianBlur(scene, (0, 0), float(rng.uniform(0.4, 1.6)))
