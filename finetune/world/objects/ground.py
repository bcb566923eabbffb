"""What objects lie on, and what is printed on them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from .draw import Cover, Field, Frame, grid, noise, tone


def background(rng: np.random.Generator, size: int, level: float) -> Field:
    """What objects lie on, of mean luma `level`: plain, unevenly lit, a belt, cloth or speckled stone."""
    base = tone(rng, level, level, float(rng.choice([0.0, 0.08, 0.28], p=[0.3, 0.45, 0.25])))
    gx, gy = grid(size)
    turn = rng.uniform(0, 2 * np.pi)
    along = (gx * np.float32(np.cos(turn) / size) + gy * np.float32(np.sin(turn) / size)) - np.float32(0.35)
    field = 1 + along * np.float32(rng.uniform(-0.16, 0.16))
    kind = rng.choice(["plain", "belt", "cloth", "stone", "cloudy"], p=[0.34, 0.18, 0.16, 0.14, 0.18])
    grain = noise(rng, size)
    field += grain * np.float32(rng.uniform(0, 0.012))
    if kind == "belt":
        waves = np.cos(along * np.float32(2 * np.pi * rng.uniform(6, 26)))
        ribs = waves if rng.random() < 0.5 else np.float32(1.2) * (waves > 0.85)
        field += np.float32(rng.uniform(0.02, 0.09)) * ribs
    elif kind == "cloth":
        beat = 2 * np.pi / (rng.uniform(0.012, 0.03) * size)
        weave = np.cos(gx[:1] * beat) + np.cos(gy[:, :1] * beat)
        field += (rng.uniform(0.01, 0.035) * weave).astype(np.float32)
    elif kind == "stone":
        field += np.float32(rng.uniform(0.02, 0.05)) * grain
    elif kind == "cloudy":
        field += np.float32(rng.uniform(0.015, 0.05)) * noise(rng, size, "cloud")
    return np.clip(base * field[..., None], 0, 255)


@lru_cache(maxsize=512)
def lettering(text: str) -> NDArray[np.uint8]:
    """`text` as cover 0..255, 40 pixels high, tightly cut."""
    (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 1.2, 3)
    sheet = np.zeros((height + base + 12, width + 12), np.uint8)
    cv2.putText(sheet, text, (6, height + 6), cv2.FONT_HERSHEY_DUPLEX, 1.2, 255, 3, cv2.LINE_AA)
    x, y, w, h = cv2.boundingRect(sheet)
    return np.asarray(cv2.resize(sheet[y : y + h, x : x + w], (max(8, w * 40 // h), 40), interpolation=cv2.INTER_AREA))


def print_text(
    frame: Frame, text: str, at: Sequence[float], height: float, turn: float = 0.0, room: float = 0.0
) -> Cover | None:
    """The cover of `text` on the object: centre `at`, letters `height` tall, turned by `turn` radians (local units).

    The window has `room` pixels to spare on every side; None where it lies outside the picture.
    """
    glyphs = lettering(text)
    rows, columns = glyphs.shape
    step = height * frame.scale / rows
    angle = frame.angle + turn
    c, s = np.cos(angle) * step, np.sin(angle) * step
    ((x, y),) = frame.px(np.array([at], np.float64))
    move = np.array([[c, -s, x - c * columns / 2 + s * rows / 2], [s, c, y - s * columns / 2 - c * rows / 2]])
    if step < 0.55:  # halve first: linear sampling would skip strokes
        glyphs = cv2.resize(glyphs, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
        move[:, :2] *= 2
    rows, columns = glyphs.shape
    corners = np.array([[0, 0], [columns, 0], [0, rows], [columns, rows]], np.float64) @ move[:, :2].T + move[:, 2]
    x0, y0 = np.maximum(np.floor(corners.min(axis=0) - room - 1), 0).astype(int).tolist()
    x1, y1 = np.minimum(np.ceil(corners.max(axis=0) + room + 2), frame.size).astype(int).tolist()
    if x0 >= x1 or y0 >= y1:
        return None
    move[:, 2] -= (x0, y0)
    return np.s_[y0:y1, x0:x1], np.asarray(cv2.warpAffine(glyphs, move, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR))
