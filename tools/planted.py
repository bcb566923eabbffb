"""Defects planted into golden images: what a comparison must tell from the golden images' own differences.

Blots, cracks, scratches, pasted pieces, large stains and bites at the border, each darker or lighter than its ground.
They stand for nothing in particular: a detector trained on them learns which features tell a change of *any* kind from
what normal images show (`texture`), without having seen a real defect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
    Mask = NDArray[np.uint8]

KINDS: dict[str, float] = {"blot": 0.25, "crack": 0.25, "scratch": 0.1, "piece": 0.15, "stain": 0.1, "bite": 0.15}
"""Shapes and how often each is planted."""
_SHARPER = 8
"""OpenCV draws in eighths of a pixel (3 fractional bits)."""


def plant(image: Image, rng: Generator, count: int = 3) -> tuple[Image, Mask]:
    """`image` with `count` planted defects.

    Args:
        image: H x W or H x W x 3 uint8.
        rng: decides everything.

    Returns:
        The image, and a 0..255 mask of what was changed, H x W.
    """
    out = image.astype(np.float32)
    changed = np.zeros(image.shape[:2], np.uint8)
    for _ in range(count):
        kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
        mask = _shape(kind, image.shape[1], image.shape[0], rng)
        soft = cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(0.5, 1.2))).astype(np.float32) / 255
        if out.ndim == 3:
            soft = soft[..., None]
        new = _elsewhere(out, rng) if kind == "piece" else _toned(out, kind, rng)
        out = out * (1 - soft) + new * soft
        changed = np.maximum(changed, mask)
    return np.clip(out, 0, 255).astype(np.uint8), changed


def _shape(kind: str, width: int, height: int, rng: Generator) -> Mask:
    mask = np.zeros((height, width), np.uint8)
    longest = max(width, height)
    if kind in ("crack", "scratch"):
        reach, bend, thick = (0.3, float(rng.uniform(0.1, 0.5)), 4) if kind == "crack" else (0.2, 0.03, 3)
        points = _walk(width, height, float(rng.uniform(0.05, reach)) * longest, bend, rng)
        line = np.round(points * _SHARPER).astype(np.int32)
        cv2.polylines(mask, [line], False, 255, int(rng.integers(1, thick)), cv2.LINE_AA, 3)
        return mask
    low, high = {"blot": (0.008, 0.03), "piece": (0.02, 0.08), "stain": (0.08, 0.25), "bite": (0.02, 0.06)}[kind]
    centre = rng.uniform(0, width), rng.uniform(0, height)
    if kind == "bite":
        side = int(rng.integers(4))
        centre = [(centre[0], 0.0), (centre[0], height - 1.0), (0.0, centre[1]), (width - 1.0, centre[1])][side]
    outline = _outline(centre, float(rng.uniform(low, high)) * longest, rng)
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 255)
    return mask


def _walk(width: int, height: int, length: float, bend: float, rng: Generator) -> NDArray[np.float64]:
    """Points of a line of `length` pixels that turns by about `bend` radians each 4 pixels."""
    steps = max(3, int(length / 4))
    angles = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, bend, steps))
    start = np.array([[rng.uniform(0, width), rng.uniform(0, height)]])
    return np.vstack([start, start + 4 * np.cumsum(np.stack([np.cos(angles), np.sin(angles)], 1), axis=0)])


def _outline(centre: tuple[float, float], radius: float, rng: Generator) -> NDArray[np.float64]:
    """An uneven, turned ellipse of 5 to 9 corners."""
    corners = int(rng.integers(5, 10))
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radii = radius * rng.uniform(0.6, 1.4, corners)
    points = np.stack([radii * np.cos(angles), rng.uniform(0.5, 1) * radii * np.sin(angles)], 1)
    turn = rng.uniform(0, np.pi)
    return points @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) + np.array(centre)


def _elsewhere(image: NDArray[np.float32], rng: Generator) -> NDArray[np.float32]:
    """The image moved by a random offset, at times turned over or blurred, a little darker or lighter."""
    moved = np.roll(image, (int(rng.integers(image.shape[0])), int(rng.integers(image.shape[1]))), axis=(0, 1))
    if rng.random() < 0.5:
        moved = np.ascontiguousarray(moved[::-1, ::-1])
    if rng.random() < 0.3:
        moved = cv2.GaussianBlur(moved, (0, 0), float(rng.uniform(1, 3)))
    return (moved * rng.uniform(0.8, 1.2)).astype(np.float32)


def _toned(image: NDArray[np.float32], kind: str, rng: Generator) -> NDArray[np.float32]:
    """The image darker (more often) or lighter, with some grain of its own, at times smoothed or of another hue."""
    dark = rng.random() < (0.5 if kind == "stain" else 0.7)
    mild = kind == "stain"
    gain = rng.uniform(0.6 if mild else 0.35, 0.85) if dark else rng.uniform(1.15, 1.5 if mild else 1.7)
    grain = 1 + rng.normal(0, rng.uniform(0, 0.08), image.shape[:2])
    ground = cv2.GaussianBlur(image, (0, 0), 2.0) if rng.random() < 0.3 else image
    new = ground * (gain * grain if image.ndim == 2 else (gain * grain)[..., None])
    if image.ndim == 3 and rng.random() < 0.4:
        new = new * rng.uniform(0.8, 1.2, 3)
    return np.asarray(new, np.float32)
