"""From one drawn object to a `Scene`: each defect drawn on it, checked for being visible and apart from the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from ..draw import luma
from ..family import Mask, Rgb, Scene
from .draw import Field, Frame, Points, finish

# A changed pixel differs by at least this many grey levels in a channel; less is left as in the golden picture.
_CHANGED = 7
# A defect is visible where luma differs by `_MEAN` levels on average, and by `_SEEN` in a few pixels at 96 x 96.
_MEAN, _SEEN, _LEAST = 13.0, 14.0, 24
_FORCES = (1.0, 1.0, 1.3, 1.6, 2.0, 2.5, 3.0, 3.5)


@dataclass(frozen=True, eq=False)
class Drawing:
    """A drawn object.

    Attributes:
        frame: where it lies.
        image: the picture, `float32[size, size, 3]`.
        back: the same without the object, but with its shadow: what shows where a piece is gone.
        body: where marks on its surface may lie, cover 0..255.
        outline: its silhouette (or a part's), picture coordinates `[n, 2]`, closed, evenly and densely sampled.
    """

    frame: Frame
    image: Field
    back: Field
    body: NDArray[np.uint8]
    outline: Points


class Thing(Protocol):
    """An object that can be drawn, and drawn again with a part changed."""

    def render(self) -> Drawing:
        """Draw it."""
        ...


# A defect: (thing, its drawing, rng, force) -> the picture with it, or None where it finds no room. `force` >= 1 asks
# for more contrast than the last try had.
Act = Callable[..., Field | None]


def evenly(points: Points, count: int = 360) -> Points:
    """A closed outline sampled at `count` points of equal distance."""
    closed = np.concatenate([points, points[:1]])
    steps = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    at = np.linspace(0, steps[-1], count, endpoint=False)
    return np.stack([np.interp(at, steps, closed[:, 0]), np.interp(at, steps, closed[:, 1])], axis=1)


def silhouette(body: NDArray[np.uint8]) -> Points:
    """The outline of what `body` (cover 0..255) covers as a whole, its largest piece, smoothed over a few pixels."""
    found, _ = cv2.findContours((body > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    steps = evenly(max(found, key=cv2.contourArea)[:, 0].astype(np.float64) + 0.5)
    around = np.concatenate([steps[-3:], steps, steps[:3]])
    return np.stack([np.convolve(around[:, i], np.full(7, 1 / 7), "valid") for i in range(2)], axis=1)


def changed(before: Rgb, after: Rgb) -> Mask:
    """Where two pictures differ visibly, closed over gaps of a pixel: `bool[size, size]`."""
    red, green, blue = cv2.split(cv2.absdiff(before, after))
    gap = cv2.max(cv2.max(red, green), blue)
    mask = cv2.threshold(gap, _CHANGED - 1, 1, cv2.THRESH_BINARY)[1]
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    return np.asarray((mask > 0) & (gap > 0))


def visible(before: Rgb, after: Rgb, mask: Mask) -> bool:
    """Whether a person sees the difference inside `mask` in luma alone, at 96 x 96 pixels too."""
    size = mask.shape[0]
    share = (size / 256) ** 2
    count = int(mask.sum())
    if count < max(5, _LEAST * share):
        return False
    x, y, w, h = cv2.boundingRect(mask.astype(np.uint8))
    part = np.s_[y : y + h, x : x + w]
    gap = np.abs(luma(after[part]) - luma(before[part])) * mask[part]
    if gap.sum() < _MEAN * count or (gap >= _MEAN).sum() < max(5, _LEAST * share):
        return False
    if size <= 96:
        return True
    small = (max(1, round(w * 96 / size)), max(1, round(h * 96 / size)))
    return int((cv2.resize(gap, small, interpolation=cv2.INTER_AREA) >= _SEEN).sum()) >= min(4, small[0] * small[1])


def drawn(
    make: Callable[[np.random.Generator, int], Thing], acts: Mapping[str, Act]
) -> Callable[[np.random.Generator, int, Sequence[str]], Scene]:
    """`Family.draw` of objects that `make` makes, with defects as `acts` says."""
    return lambda rng, size, types: compose(rng, make(rng, size), types, acts)


def compose(rng: np.random.Generator, thing: Thing, types: Sequence[str], acts: Mapping[str, Act]) -> Scene:
    """The scene of `thing` with one defect of each of `types`.

    Every defect is drawn on the golden object, redrawn with more force until it is visible and apart from those
    before it, and pasted where it changed something; one that finds no room in eight tries is left out.
    """
    drawing = thing.render()
    golden = finish(drawing.image)
    test = golden.copy()
    taken = np.zeros(golden.shape[:2], np.uint8)
    gap = np.ones((5, 5), np.uint8)
    defects: list[tuple[str, Mask]] = []
    for name in types:
        for force in _FORCES:
            image = acts[name](thing, drawing, rng, force)
            if image is None:
                continue
            after = finish(image)
            mask = changed(golden, after)
            mask[[0, -1]] = mask[:, [0, -1]] = (
                False  # a faint shadow may reach the border: cut there, no box ends on it
            )
            if not visible(golden, after, mask) or (mask & (taken > 0)).any():
                continue
            test[mask] = after[mask]
            taken |= cv2.dilate(mask.astype(np.uint8), gap)
            defects.append((name, mask))
            break
    return Scene(golden, test, tuple(defects))
