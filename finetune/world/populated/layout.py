"""What lies on an assembled board and where: random parts, side by side, and the printed board below them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..draw import rgb
from ..family import Rgb
from .parts import PINNED, Part, draw_pads
from .pen import Colour, Pen, box


def _tone(rng: np.random.Generator, hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = rgb(hue + rng.normal(0, 0.02), saturation, value).tolist()
    return red, green, blue


def make_part(rng: np.random.Generator, kind: str, zoom: float) -> Part:
    """A part of a kind at the origin, of random size, colours and print; `zoom` scales it."""
    label = "".join(str(rng.integers(10)) for _ in range(3))
    dark = _tone(rng, 0.6, 0.08, rng.uniform(0.08, 0.2))
    white: Colour = (225, 225, 220)
    long, wide, body, mark, pins, pitch = rng.uniform(16, 26), 0.0, dark, white, 0, 0.0
    wide = long * rng.uniform(0.45, 0.58)
    if kind == "capacitor":
        body = _tone(rng, 0.09, rng.uniform(0.3, 0.6), rng.uniform(0.5, 0.85))
    elif kind == "light":
        body = _tone(rng, float(rng.choice([0.0, 0.13, 0.33, 0.6])), rng.uniform(0.3, 0.9), rng.uniform(0.5, 0.95))
        mark = (60, 110, 60)
    elif kind == "diode":
        body, mark = (_tone(rng, 0.03, 0.7, 0.55), dark) if rng.random() < 0.4 else (dark, (215, 215, 215))
    elif kind == "can":
        long = wide = rng.uniform(20, 34)
        body = _tone(rng, rng.uniform(), rng.uniform(0, 0.15), rng.uniform(0.65, 0.88))
        mark = _tone(rng, float(rng.choice([0.6, 0.0, 0.35])), rng.uniform(0.1, 0.8), rng.uniform(0.1, 0.3))
    elif kind == "crystal":
        long, wide = rng.uniform(28, 36), rng.uniform(12, 15)
        body, mark = _tone(rng, 0.6, 0.04, rng.uniform(0.65, 0.85)), (70, 70, 74)
    elif kind == "coil":
        long = wide = rng.uniform(20, 30)
        body = _tone(rng, 0.1, rng.uniform(0, 0.2), rng.uniform(0.2, 0.4))
        mark = _tone(rng, 0.06, rng.uniform(0.5, 0.8), rng.uniform(0.5, 0.8))
    elif kind in PINNED:
        pitch = rng.uniform(7.5, 11)
        pins = {
            "chip": int(rng.integers(3, 8)),
            "quad": int(rng.integers(4, 8)),
            "header": int(rng.integers(2, 8)),
        }.get(kind, 2)
        long = pins * pitch + 3
        wide = {"chip": rng.uniform(20, 34), "quad": long, "header": pitch * 1.5}.get(kind, 10.0)
        if kind == "transistor":
            long, pitch = 17.0, 9.0
        if kind == "header":
            body = [(225, 222, 205), (40, 40, 44), (190, 40, 40), (40, 70, 160)][
                int(rng.choice(4, p=[0.4, 0.4, 0.1, 0.1]))
            ]
            mark = (205, 170, 90)
        else:
            mark = (170, 170, 170) if rng.random() < 0.7 else (110, 112, 116)
    angle = float(rng.integers(4)) * np.pi / 2
    polar = 1 if rng.random() < 0.5 else -1
    z = zoom
    return Part(kind, 0.0, 0.0, angle, long * z, wide * z, body, mark, pins, pitch * z, label, polar)


def arrange(rng: np.random.Generator, zoom: float) -> list[Part]:
    """Parts side by side without touching, the large ones first, half of them on a grid; `zoom` scales them."""
    wanted = (
        ["chip"] * int(rng.integers(1, 3)) + ["quad"] * int(rng.random() < 0.4) + ["header"] * int(rng.integers(0, 3))
    )
    wanted += [k for k in ("can", "crystal", "coil", "can") if rng.random() < 0.4]
    small = ["resistor", "capacitor", "light", "diode", "transistor"]
    wanted += [str(k) for k in rng.choice(small, int(rng.integers(8, 18) / zoom), p=[0.32, 0.3, 0.13, 0.13, 0.12])]
    parts: list[Part] = []
    boxes: list[tuple[float, float, float, float]] = []
    gap = 5 * zoom
    for kind in wanted:
        part = make_part(rng, kind, zoom)
        wide, high = part.span
        if max(wide, high) > 240:
            continue
        for u, v, grid in rng.random((8, 3)).tolist():
            x, y = 4 + u * (248 - wide), 4 + v * (248 - high)
            if grid < 0.5:  # boards are laid out on a grid
                x, y = min(round(x / 16) * 16.0, 252 - wide), min(round(y / 16) * 16.0, 252 - high)
            x0, y0, x1, y1 = x - gap, y - gap, x + wide + gap, y + high + gap
            if not any(x0 < c and a < x1 and y0 < d and b < y1 for a, b, c, d in boxes):
                boxes.append((x, y, x + wide, y + high))
                parts.append(replace(part, x=x + wide / 2, y=y + high / 2))
                break
    return parts


def draw_bare(rng: np.random.Generator, canvas: Rgb, pen: Pen, parts: list[Part], zoom: float) -> None:
    """Solder mask, tracks, vias, print and pads."""
    hue, saturation, value = [
        (0.38, 0.75, rng.uniform(0.22, 0.5)),
        (0.6, 0.75, rng.uniform(0.25, 0.55)),
        (0.6, 0.15, rng.uniform(0.08, 0.16)),
        (0.0, 0.8, rng.uniform(0.35, 0.6)),
        (0.12, 0.04, rng.uniform(0.75, 0.9)),
        (0.78, 0.5, rng.uniform(0.25, 0.4)),
    ][int(rng.choice(6, p=[0.42, 0.2, 0.14, 0.12, 0.06, 0.06]))]
    mask = rgb(hue + rng.normal(0, 0.02), saturation * rng.uniform(0.8, 1.1), value)
    track: Colour = tuple((mask * rng.uniform(1.12, 1.45) + 6).clip(0, 255).tolist())  # type: ignore[assignment]
    gold = rng.random() < 0.3
    metal: Colour = (205, 175, 95) if gold else (176, 178, 180)
    ink: Colour = (232, 232, 226) if value < 0.7 else (40, 40, 44)
    canvas[:] = mask.astype(np.uint8)
    free = pen.at()
    turns = np.array([0, 1, 0, -1])
    for _ in range(int(rng.integers(10, 24) / zoom)):
        begin, first, bend, width, via, far, *lengths = rng.random(9)
        start = np.array([begin, first]) * 256
        if parts and far < 0.7:
            part = parts[int(begin * len(parts))]
            start = np.array([part.x, part.y])
        # Tracks run straight or slanting, in up to four pieces.
        angles = (int(first * 8) + (turns if bend < 0.5 else -turns)) * (np.pi / 4)
        steps = (
            np.stack([np.cos(angles), np.sin(angles)], axis=1) * ((14 + 66 * np.array([*lengths, 0.3])) * zoom)[:, None]
        )
        points = start + np.cumsum(np.vstack([[0, 0], steps[: 1 + int(bend * 100) % 4]]), axis=0)
        free.line(points, (1.2 + 1.8 * width) * zoom, track)
        if via < 0.6:
            x, y = points[-1]
            free.disc(x, y, 3.0 * zoom, metal)
            free.disc(x, y, 1.4 * zoom, (25, 25, 25))
    letters = {
        "resistor": "R",
        "capacitor": "C",
        "can": "C",
        "light": "D",
        "diode": "D",
        "coil": "L",
        "crystal": "Y",
        "header": "J",
        "transistor": "Q",
    }
    framed = rng.random() < 0.7
    for number, part in enumerate(parts):
        wide, high = part.span
        if framed:
            free.line(box(wide + 3, high + 3, part.x, part.y), 0.7, ink, closed=True)
        if rng.random() < 0.8:
            name = f"{letters.get(part.kind, 'U')}{number + 1}"
            free.text(name, 4.2 * zoom, ink, part.x - wide / 2 + 4 * zoom, part.y - high / 2 - 4.5 * zoom)
        draw_pads(pen, part, metal)
