"""Drawing the copper of a bare board: buses of tracks, pads, vias, grids and pours, all from one seed.

A layout is a `uint8` mask `[size, size]`, 1 = copper, 0 = board, in native pixels. Nothing here knows about defects,
light or colours (defects.py, picture.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Points = NDArray[np.float64]


@dataclass
class _Pen:
    """The board being drawn and its house style: `width` and `gap` of its finer conductors, in pixels."""

    mask: Mask
    rng: np.random.Generator
    width: float
    gap: float

    @property
    def size(self) -> int:
        return int(self.mask.shape[0])

    def line(self, points: Points, width: float, gap: float) -> None:
        """A conductor along `points` (`[n, 2]`, x y), its surroundings cleared to `gap` pixels."""
        xy = [points.round().astype(np.int32)]
        cv2.polylines(self.mask, xy, False, 0, max(1, round(width + 2 * gap)))
        cv2.polylines(self.mask, xy, False, 1, max(1, round(width)))

    def polygon(self, points: Points, gap: float) -> None:
        xy = [points.round().astype(np.int32)]
        cv2.polylines(self.mask, xy, True, 0, max(1, round(2 * gap)))
        cv2.fillPoly(self.mask, xy, 1)

    def disc(self, x: float, y: float, radius: float, gap: float, hole: float = 0.0) -> None:
        center = (round(x), round(y))
        cv2.circle(self.mask, center, round(radius + gap), 0, -1)
        cv2.circle(self.mask, center, max(1, round(radius)), 1, -1)
        if hole >= 2:
            cv2.circle(self.mask, center, round(hole), 0, -1)


def draw_layout(rng: np.random.Generator, size: int = 640) -> Mask:
    """A board's copper, `uint8[size, size]` of 0 and 1; track widths 5..48 px, gaps 5..32 px."""
    fine = rng.random() < 0.55
    pen = _Pen(
        np.zeros((size, size), np.uint8),
        rng,
        width=float(rng.uniform(5, 14) if fine else rng.uniform(14, 48)),
        gap=float(rng.uniform(5, 13) if fine else rng.uniform(9, 32)),
    )
    poured = rng.random() < 0.3
    if poured:
        pen.mask[:] = 1
        for _ in range(int(rng.integers(3, 9))):
            _slot(pen)
    makers = (_bus, _bus, _pads, _grid, _pour, _oval_pads, _arc, _chips)
    area = (size / 640) ** 2
    for _ in range(max(3, round(rng.integers(6, 15) * area))):
        makers[rng.integers(len(makers))](pen)
    if rng.random() < 0.4:
        for _ in range(int(rng.integers(1, 4))):
            _slot(pen)
    return pen.mask


def _walk(pen: _Pen, step: tuple[float, float] = (50, 240)) -> Points:
    """A polyline in directions of 45 degrees that starts at an edge or inside and runs until it leaves the board."""
    rng, size = pen.rng, pen.size
    heading = int(rng.integers(8))
    start = rng.uniform(0, size, 2)
    if rng.random() < 0.7:
        direction = np.array([np.cos(heading * np.pi / 4), np.sin(heading * np.pi / 4)])
        start = start - direction * size * 1.5
        inside = [start + direction * t for t in np.linspace(0, size * 3, 120)]
        start = next((p for p in inside if (p > -20).all() and (p < size + 20).all()), start)
    points = [start]
    for _ in range(14):
        length = rng.uniform(*step)
        points.append(points[-1] + length * np.array([np.cos(heading * np.pi / 4), np.sin(heading * np.pi / 4)]))
        if (points[-1] < -60).any() or (points[-1] > size + 60).any():
            break
        if rng.random() < 0.12:
            break
        heading = (heading + int(rng.choice([-1, 1, -2, 2], p=[0.38, 0.38, 0.12, 0.12]))) % 8
    return np.array(points)


def _offset(points: Points, distance: float) -> Points:
    """`points` moved sideways by `distance` pixels, corners mitred, so that lanes of a bus stay parallel."""
    ahead = np.diff(points, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True) + 1e-9
    normals = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
    joint = np.vstack([normals[:1], normals[:-1] + normals[1:], normals[-1:]])
    lengths = np.maximum((joint * np.vstack([normals[:1], normals])).sum(1, keepdims=True), 0.3)
    return points + joint / lengths * distance


def _bus(pen: _Pen) -> None:
    rng = pen.rng
    lanes = int(rng.choice([1, 2, 3, 4, 5, 6], p=[0.25, 0.2, 0.2, 0.15, 0.1, 0.1]))
    width = pen.width * float(rng.uniform(0.7, 1.4))
    gap = pen.gap * float(rng.uniform(0.8, 1.4))
    path = _walk(pen)
    if len(path) < 2:
        return
    offsets = [(i - (lanes - 1) / 2) * (width + gap) for i in range(lanes)]
    pen_clear = [_offset(path, o) for o in offsets]
    for lane in pen_clear:
        cv2.polylines(pen.mask, [lane.round().astype(np.int32)], False, 0, max(1, round(width + 2 * gap)))
    for lane in pen_clear:
        cv2.polylines(pen.mask, [lane.round().astype(np.int32)], False, 1, max(1, round(width)))
    for lane in pen_clear:
        for end in (lane[0], lane[-1]):
            if rng.random() < 0.35 and (end > 0).all() and (end < pen.size).all():
                radius = min(width / 2 + gap * 0.8, width * float(rng.uniform(0.8, 1.5)) + 2)
                pen.disc(end[0], end[1], radius, 0, radius * float(rng.uniform(0.25, 0.6)))


def _pads(pen: _Pen) -> None:
    rng = pen.rng
    for _ in range(int(rng.integers(1, 5))):
        x, y = rng.uniform(0, pen.size, 2)
        radius = float(rng.uniform(10, 45))
        hole = radius * float(rng.uniform(0.15, 0.75)) if rng.random() < 0.7 else 0.0
        pen.disc(x, y, radius, pen.gap, hole)
        if rng.random() < 0.6:
            angle = rng.integers(8) * np.pi / 4
            far = np.array([x + np.cos(angle) * 300, y + np.sin(angle) * 300])
            width = min(pen.width, radius * 1.2)
            begin = np.array([x + np.cos(angle) * (radius - 2), y + np.sin(angle) * (radius - 2)])
            pen.line(np.array([begin, far]), width, 0)
            if hole >= 2:
                cv2.circle(pen.mask, (round(x), round(y)), round(hole), 0, -1)


def _grid(pen: _Pen) -> None:
    """Rows and columns of equal pads: a connector or a ball grid."""
    rng = pen.rng
    radius = float(rng.uniform(7, 24))
    pitch = 2 * radius + float(rng.uniform(6, 40))
    hole = radius * float(rng.uniform(0.3, 0.8)) if rng.random() < 0.6 else 0.0
    rows, columns = int(rng.integers(1, 5)), int(rng.integers(2, 7))
    x0, y0 = rng.uniform(-40, pen.size * 0.8, 2)
    gap = min(pen.gap, (pitch - 2 * radius) * 0.9)
    square = rng.random() < 0.3
    for i in range(rows):
        for j in range(columns):
            x, y = x0 + j * pitch, y0 + i * pitch
            if square:
                corner = np.array([[x - radius, y - radius], [x + radius, y - radius]])
                box = np.vstack([corner, [[x + radius, y + radius], [x - radius, y + radius]]])
                pen.polygon(box, gap)
            else:
                pen.disc(x, y, radius, gap, hole)


def _pour(pen: _Pen) -> None:
    """A large area of copper with some corners cut off."""
    rng = pen.rng
    width, height = rng.uniform(50, 260, 2)
    x, y = rng.uniform(-60, pen.size - 40, 2)
    cuts = [float(rng.uniform(8, 0.45 * min(width, height))) if rng.random() < 0.45 else 0.0 for _ in range(4)]
    a, b, c, d = cuts
    points = [
        (x + a, y), (x + width - b, y), (x + width, y + b), (x + width, y + height - c),
        (x + width - c, y + height), (x + d, y + height), (x, y + height - d), (x, y + a),
    ]  # fmt: skip
    pen.polygon(np.array(points), pen.gap)
    for _ in range(int(rng.integers(0, 3))):
        hole = float(rng.uniform(3, 14))
        cv2.circle(pen.mask, (round(x + width * rng.random()), round(y + height * rng.random())), round(hole), 0, -1)


def _oval_pads(pen: _Pen) -> None:
    """Long pads with round or cut ends and a drilled hole, often several side by side."""
    rng = pen.rng
    width = float(rng.uniform(20, 70))
    length = width * float(rng.uniform(0.3, 2.5))
    x, y = rng.uniform(0, pen.size, 2)
    angle = rng.integers(4) * np.pi / 4
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    for i in range(int(rng.integers(1, 4))):
        center = np.array([x, y]) + across * i * (width + pen.gap + float(rng.uniform(0, 12)))
        pen.line(np.array([center - along * length / 2, center + along * length / 2]), width, pen.gap)
        if rng.random() < 0.7:
            hole = width * float(rng.uniform(0.08, 0.28))
            at = center + along * length * float(rng.uniform(-0.4, 0.4))
            cv2.circle(pen.mask, (round(at[0]), round(at[1])), max(2, round(hole)), 0, -1)


def _arc(pen: _Pen) -> None:
    """A curved conductor."""
    rng = pen.rng
    radius = float(rng.uniform(60, 220))
    center = rng.uniform(0, pen.size, 2)
    angles = np.linspace(0, rng.uniform(0.8, 3.5), 40) + rng.uniform(0, 2 * np.pi)
    points = center + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    pen.line(points, pen.width * float(rng.uniform(0.7, 1.6)), pen.gap)


def _chips(pen: _Pen) -> None:
    """A row of rectangular lands, as under a chip, each with a thin track leading away."""
    rng = pen.rng
    count = int(rng.integers(2, 9))
    width, length = float(rng.uniform(9, 34)), float(rng.uniform(20, 90))
    pitch = width + float(rng.uniform(7, 26))
    x0, y0 = rng.uniform(0, pen.size * 0.8, 2)
    upright = rng.random() < 0.5
    thin = min(width, pen.width) * float(rng.uniform(0.5, 1.0))
    for i in range(count):
        x, y = x0 + i * pitch, y0
        box = np.array([[x, y], [x + width, y], [x + width, y + length], [x, y + length]])
        track = np.array([[x + width / 2, y + length - 3], [x + width / 2, y + length + rng.uniform(15, 160)]])
        if not upright:
            box, track = box[:, ::-1], track[:, ::-1]
        pen.polygon(box, min(pen.gap, pitch - width))
        if rng.random() < 0.75:
            pen.line(track, thin, 0)


def _slot(pen: _Pen) -> None:
    """A clear line through copper, as boards with large pours have them."""
    path = _walk(pen)
    if len(path) > 1:
        width = pen.gap * float(pen.rng.uniform(0.6, 1.6))
        cv2.polylines(pen.mask, [path.round().astype(np.int32)], False, 0, max(3, round(width)))
