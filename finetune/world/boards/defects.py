"""Planting the six defects of bare boards into a copper mask, each checked for its topology.

Three acts on one phase give all six types, because extra copper is missing board:

| act | on copper | on the board between it |
|---|---|---|
| cut through a conductor | open | short |
| notch in an edge | mousebite | spur |
| island away from any edge | pin-hole | spurious copper |

An attempt whose result does not have the right topology, with a margin of a pixel for the picture's blur and
threshold, is refused: a label is never a hope.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ....schema import Box

Mask = NDArray[np.uint8]
TYPES = ("open", "short", "mousebite", "spur", "spurious copper", "pin-hole")
MISSING = ("open", "mousebite", "pin-hole")
_ACT = {
    "open": "cut", "short": "cut", "mousebite": "notch", "spur": "notch", "spurious copper": "island",
    "pin-hole": "island",
}  # fmt: skip
_PAD = 14
_KERNEL = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Planted:
    """A planted defect: its type, its box in pixels (of changed copper), and the mask with it, `uint8[h, w]`."""

    type: str
    box: Box
    mask: Mask


class Sites:
    """Where on one board each act can happen: distances to the other phase, computed once a board.

    Args:
        mask: copper, `uint8[h, w]` of 0 and 1.
        margin: no defect's centre nearer to the border than this, in pixels.
    """

    def __init__(self, mask: Mask, margin: int = 24) -> None:
        self.mask = mask
        self._ridges: dict[bool, tuple[NDArray[np.int64], NDArray[np.float32]]] = {}
        self._distance: dict[bool, NDArray[np.float32]] = {}
        self._margin = margin
        for copper in (True, False):
            phase = mask if copper else 1 - mask
            distance = cv2.distanceTransform(phase, cv2.DIST_L2, 3)
            self._distance[copper] = distance
            crest = (distance >= cv2.dilate(distance, np.ones((5, 5), np.uint8)) - 0.01) & (distance > 1.5)
            yx = np.argwhere(crest)
            yx = yx[self._inside(yx)]
            self._ridges[copper] = (yx, distance[yx[:, 0], yx[:, 1]])

    def _inside(self, yx: NDArray[np.int64]) -> NDArray[np.bool_]:
        height, width = self.mask.shape
        m = self._margin
        return (yx[:, 0] >= m) & (yx[:, 1] >= m) & (yx[:, 0] < height - m) & (yx[:, 1] < width - m)

    def point(self, act: str, copper: bool, rng: np.random.Generator) -> tuple[int, int, float] | None:
        """A random `(y, x, distance)` where `act` may work on a phase; None where the board has no such place."""
        if act == "cut":
            yx, distance = self._ridges[copper]
            good = np.flatnonzero((distance >= 2.2) & (distance <= (26 if copper else 24)))
            if not len(good):
                return None
            weights = 1 / distance[good]
            i = good[np.searchsorted(np.cumsum(weights), rng.random() * weights.sum()).clip(0, len(good) - 1)]
            return int(yx[i, 0]), int(yx[i, 1]), float(distance[i])
        field = self._distance[copper]
        height, width = field.shape
        m = self._margin
        for _ in range(60):
            y, x = int(rng.integers(m, height - m)), int(rng.integers(m, width - m))
            if field[y, x] <= 0:
                continue
            if act == "island":
                if field[y, x] > 5:
                    return y, x, float(field[y, x])
                continue
            reach = 26
            cut = field[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach]
            edge = np.argwhere((cut > 0) & (cut <= 1.5))
            if len(edge):
                ey, ex = edge[rng.integers(len(edge))]
                return int(ey + max(0, y - reach)), int(ex + max(0, x - reach)), 1.0
        return None


def plant(kind: str, sites: Sites, rng: np.random.Generator, mask: Mask | None = None) -> Planted | None:
    """One defect of type `kind` somewhere on a board, or None where no place was found in twelve attempts.

    Args:
        mask: the board as it is now (it may hold other defects); default: the clean board of `sites`.
    """
    board = sites.mask if mask is None else mask
    act, copper = _ACT[kind], kind in MISSING
    for _ in range(12):
        site = sites.point(act, copper, rng)
        if site is None:
            return None
        y, x, distance = site
        reach = 64
        y0, x0 = max(0, y - reach), max(0, x - reach)
        patch = board[y0 : y + reach, x0 : x + reach]
        phase = patch if copper else 1 - patch
        at = (x - x0, y - y0)
        stroke = np.zeros_like(phase)
        if not {"cut": _cut, "notch": _notch, "island": _island}[act](phase, stroke, at, distance, rng):
            continue
        after = phase & (1 - stroke)
        found = _changed_box(phase, after)
        if found is None or not _topology(act, phase, after, found):
            continue
        out = board.copy()
        out[y0 : y + reach, x0 : x + reach] = after if copper else 1 - after
        return Planted(kind, Box(found.x1 + x0, found.y1 + y0, found.x2 + x0, found.y2 + y0), out)
    return None


def _changed_box(before: Mask, after: Mask) -> Box | None:
    ys, xs = np.nonzero(before != after)
    if len(ys) < 9:
        return None
    box = Box(int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1)
    low = min(box) <= 1 or box.x2 >= before.shape[1] - 1 or box.y2 >= before.shape[0] - 1
    big, small = max(box.x2 - box.x1, box.y2 - box.y1), min(box.x2 - box.x1, box.y2 - box.y1)
    return None if low or big > 76 or big < 4 or small < 2 else box


def components(mask: Mask, least: int = 6) -> int:
    """Number of 8-connected components of a 0/1 mask that hold at least `least` pixels."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return int((stats[1:count, cv2.CC_STAT_AREA] >= least).sum())


def _topology(act: str, before: Mask, after: Mask, box: Box) -> bool:
    """Whether a change in a phase is the act it should be, seen in the changed box and `_PAD` pixels around it."""
    window = np.s_[max(0, box.y1 - _PAD) : box.y2 + _PAD, max(0, box.x1 - _PAD) : box.x2 + _PAD]
    b, a = np.ascontiguousarray(before[window]), np.ascontiguousarray(after[window])
    touches = bool((cv2.dilate(b & (1 - a), _KERNEL) & (1 - b)).any())
    if act == "cut":
        # Still apart when the phase grows by a pixel, and both ends are more than crumbs.
        return touches and components(cv2.dilate(a, _KERNEL), 24) > components(cv2.dilate(b, _KERNEL), 24)
    if act == "notch":
        # Still whole when the phase shrinks by a pixel.
        slim = components(cv2.erode(a, _KERNEL), 4) == components(cv2.erode(b, _KERNEL), 4)
        return (
            touches and slim and components(a, 1) == components(b, 1) and components(1 - a, 1) == components(1 - b, 1)
        )
    near = bool((cv2.dilate(b & (1 - a), _KERNEL, iterations=2) & (1 - b)).any())
    return not near and components(1 - a) > components(1 - b) and components(a, 1) == components(b, 1)


def _worm(stroke: Mask, points: NDArray[np.float64], radius: float, rng: np.random.Generator) -> None:
    """A stroke of uneven thickness along `points` (`[n, 2]`, x y); some are speckled like a scratch."""
    steps = max(4, int(np.linalg.norm(np.diff(points, axis=0), axis=1).sum() / 1.5))
    t = np.linspace(0, 1, steps) * (len(points) - 1)
    i = np.minimum(t.astype(int), len(points) - 2)
    xy = points[i] + (points[i + 1] - points[i]) * (t - i)[:, None]
    unevenness = rng.uniform(0, 0.5)
    radii = radius * (1 + unevenness * np.clip(np.convolve(rng.normal(0, 1, steps), np.ones(3) / 3, "same"), -1, 1))
    for (x, y), r in zip(xy, radii, strict=True):
        cv2.circle(stroke, (round(x), round(y)), max(0, round(r)), 1, -1)


def _bent(start: NDArray[np.float64], end: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """A path between two points with a random bend (`[5, 2]`)."""
    length = float(np.linalg.norm(end - start)) + 1e-6
    side = np.array([-(end - start)[1], (end - start)[0]]) / length
    bend = rng.uniform(-0.25, 0.25) * length
    t = np.linspace(0, 1, 5)
    wobble = bend * 4 * t * (1 - t) + rng.normal(0, 0.03 * length, 5)
    return start + (end - start) * t[:, None] + side * wobble[:, None]


def _lobed(stroke: Mask, center: NDArray[np.float64], radius: float, rng: np.random.Generator) -> None:
    """A blob: round, oval or lobed, sometimes eaten by specks."""
    angles = np.linspace(0, 2 * np.pi, 18, endpoint=False)
    lobes = 1 + rng.uniform(0, 0.35) * np.sin(int(rng.integers(2, 5)) * angles + rng.uniform(0, 6))
    lobes += rng.normal(0, rng.uniform(0, 0.12), 18)
    shape = radius * lobes[:, None] * np.stack([np.cos(angles), np.sin(angles) * rng.uniform(0.45, 1)], axis=1)
    turn = rng.uniform(0, np.pi)
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    cv2.fillPoly(stroke, [(center + shape @ spin.T).round().astype(np.int32)], 1)


def _speckle(stroke: Mask, rng: np.random.Generator) -> None:
    """Some strokes are not solid: about a third of their pixels are put back in small crumbs."""
    crumbs = cv2.resize(rng.random((stroke.shape[0] // 2, stroke.shape[1] // 2)), stroke.shape[::-1], interpolation=0)
    stroke[crumbs < rng.uniform(0.1, 0.4)] = 0


def _cut(phase: Mask, stroke: Mask, at: tuple[int, int], distance: float, rng: np.random.Generator) -> bool:
    x, y = at
    other = np.argwhere(phase == 0)[:, ::-1].astype(np.float64)
    if not len(other):
        return False
    center = np.array([x, y], np.float64)
    gaps = other - center
    nearest = gaps[np.argmin((gaps**2).sum(1))]
    normal = nearest / (np.linalg.norm(nearest) + 1e-6)
    slant = np.deg2rad(rng.uniform(-30, 30))
    normal = np.array([[np.cos(slant), -np.sin(slant)], [np.sin(slant), np.cos(slant)]]) @ normal
    ends = []
    for sign in (1, -1):
        for step in np.arange(1, 2.2 * distance + 8):
            px, py = np.round(center + sign * normal * step).astype(int)
            if not (0 <= px < phase.shape[1] and 0 <= py < phase.shape[0]):
                return False
            if phase[py, px] == 0:
                ends.append(center + sign * normal * (step + rng.uniform(0.5, 4)))
                break
        else:
            return False
    span = float(np.linalg.norm(ends[0] - ends[1]))
    if rng.random() < 0.3:  # a clean gap, as wide as it is deep
        radius = float(np.clip(span * rng.uniform(0.15, 0.5), 1.5, 11))
    else:
        radius = float(rng.uniform(1.3, 4.5))
    _worm(stroke, _bent(ends[0], ends[1], rng), radius, rng)
    if rng.random() < 0.2:
        _worm(stroke, _bent(ends[0], ends[1] + rng.normal(0, 4, 2), rng), radius * 0.7, rng)
    return True


def _notch(phase: Mask, stroke: Mask, at: tuple[int, int], distance: float, rng: np.random.Generator) -> bool:
    x, y = at
    low_x, low_y = max(0, x - 4), max(0, y - 4)
    near = np.argwhere(phase[low_y : y + 5, low_x : x + 5])[:, ::-1] + (low_x, low_y)
    if not len(near):  # another defect took the copper here
        return False
    inward = near.mean(0) - (x, y)
    if np.linalg.norm(inward) < 0.3:
        return False
    inward = inward / np.linalg.norm(inward)
    slant = np.deg2rad(rng.uniform(-45, 45))
    inward = np.array([[np.cos(slant), -np.sin(slant)], [np.sin(slant), np.cos(slant)]]) @ inward
    edge = np.array([x, y], np.float64)
    if rng.random() < 0.5:
        length = float(rng.uniform(4, 26))
        end = edge + inward * length
        _worm(stroke, _bent(edge - inward * 2, end, rng), float(rng.uniform(0.8, 3.5)), rng)
        if rng.random() < 0.3:
            _worm(stroke, _bent(end, end + rng.normal(0, 6, 2), rng), float(rng.uniform(0.8, 2.5)), rng)
    else:
        radius = float(rng.uniform(2.5, 10))
        _lobed(stroke, edge + inward * radius * rng.uniform(-0.2, 0.6), radius, rng)
    if rng.random() < 0.15:
        _speckle(stroke, rng)
    return True


def _island(phase: Mask, stroke: Mask, at: tuple[int, int], distance: float, rng: np.random.Generator) -> bool:
    room = distance - 3.0
    if room < 1.6:
        return False
    center = np.array(at, np.float64)
    if rng.random() < 0.6:
        _lobed(stroke, center, float(rng.uniform(1.8, min(11, max(2, room)))), rng)
    else:
        angle = rng.uniform(0, 2 * np.pi)
        length = float(rng.uniform(4, min(34, max(5, 2.2 * room))))
        half = np.array([np.cos(angle), np.sin(angle)]) * length / 2
        _worm(
            stroke, _bent(center - half, center + half, rng), float(rng.uniform(1.0, min(3.5, max(1.2, room / 2)))), rng
        )
    if rng.random() < 0.15:
        _speckle(stroke, rng)
    return True
