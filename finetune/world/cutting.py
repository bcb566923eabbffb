"""Drawing pairs of windows from every family, as the agent cuts them.

Each family keeps its own balance: its types equally often, `NEGATIVE` of its windows without a defect. Families take
turns so that every type of every family is equally frequent. Bare boards come from boards/crops.py, whose
black-and-white pairs they are known by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from .boards.crops import LABELS as BOARD_LABELS
from .boards.crops import SIDE, draw_crops
from .boards.defects import TYPES as BOARD_TYPES
from .families import families as all_families
from .families import family_names, label_names
from .family import Family, Mask, Rgb, Scene
from .nuisance import draw_pair
from .windows import Spots, Window, fit, place_of, render

NEGATIVE = 0.45
OFF_CENTRE = 0.36
"""Share of the positives whose defect is led into a cell of the 3 x 3 grid that is drawn uniformly."""
SIZES = (256, 320, 384)
_BOARD = "bare board"
_CLEAN_AT = 8


def draw_windows(
    seed: int | Sequence[int], families: Sequence[Family] | None = None, negative: float = NEGATIVE
) -> Iterator[Window]:
    """Endless windows of `families` (default: all that are not held out); all follows from `seed`."""
    seeds = (seed,) if isinstance(seed, int) else tuple(seed)
    chosen = all_families(False) if families is None else tuple(families)
    rng = np.random.default_rng((*seeds, 41))
    sources: list[_Boards | _Scenes] = [
        _Boards((*seeds, 42), negative) if f.name == _BOARD else _Scenes(f, rng, negative) for f in chosen
    ]
    while True:
        # The family that is furthest behind; which of several is drawn, so that no end of a run favours the first.
        behind = [s.positives / s.types + 1e-3 * rng.random() for s in sources]
        yield from sources[int(np.argmin(behind))].more()


class _Boards:
    """Windows of bare boards."""

    def __init__(self, seeds: tuple[int, ...], negative: float) -> None:
        self.positives, self.types = 0, len(BOARD_TYPES)
        self._crops = draw_crops(seeds, positives=1 - negative, grid=OFF_CENTRE)
        self._label = [0, *(label_names().index(name) for name in BOARD_LABELS[1:])]
        self._family = family_names().index(_BOARD)

    def more(self) -> list[Window]:
        """The windows of one board."""
        out = []
        for _, crop in zip(range(24), self._crops, strict=False):
            place, size = place_of(crop.mask)
            label = self._label[crop.label]
            out.append(Window(crop.test, crop.reference, crop.mask, label, self._family, place, size))
            self.positives += label > 0
        return out


class _Scenes:
    """Windows of scenes of one family."""

    def __init__(self, family: Family, rng: np.random.Generator, negative: float) -> None:
        self.positives, self.types = 0, len(family.types)
        # Families come to their first clean scene at different times, or a short run would have too few negatives.
        self._negatives = -int(rng.integers(0, _CLEAN_AT + 1))
        self._share = negative / (1 - negative)
        self._family, self._rng = family, rng
        self._tried = Counter({t.name: 0 for t in family.types})
        self._made = Counter({t.name: 0 for t in family.types})
        self._sides = [float(SIDE)] * 4
        self._index = family_names().index(family.name)
        self._label = {t.name: label_names().index(t.name) for t in family.types}

    def more(self) -> list[Window]:
        """The windows of one scene."""
        rng = self._rng
        size = SIZES[rng.integers(len(SIZES))]
        lacking = self._lacking()
        if lacking >= _CLEAN_AT:  # benign variation is seen best where nothing else differs
            return self._without(self._family.draw(rng, size, ()), min(lacking, 12))
        scene = self._family.draw(rng, size, self._due(int(rng.integers(2, 4))))
        out = []
        for kind, mask in scene.defects:
            only = _only(scene, mask)
            out += [w for _ in range(2) if (w := self._positive(kind, only, scene.golden, mask)) is not None]
            if rng.random() < 0.07:  # the same on both pictures is the object's design
                out += self._same(only, mask)
        return out + self._without(scene, min(self._lacking(), 4))

    def _lacking(self) -> int:
        return round(self._share * self.positives) - self._negatives

    def _due(self, count: int) -> list[str]:
        """The types that are least frequent so far, at most `count`; one that never fits is not tried for ever."""
        names = list(self._made)
        names = [names[i] for i in self._rng.permutation(len(names))]
        names.sort(key=lambda n: max(self._made[n], self._tried[n] // 4))
        self._tried.update(names[:count])
        return names[:count]

    def _positive(self, kind: str, test: Rgb, golden: Rgb, mask: Mask) -> Window | None:
        rng, size = self._rng, mask.shape[0]
        x, y, wide, high = cv2.boundingRect(mask.astype(np.uint8))
        larger = max(wide, high)
        side = window_side(larger, rng)
        centre = np.array([x + wide / 2, y + high / 2])
        if rng.random() < OFF_CENTRE:
            side = max(side, 2.2 * larger)
            # Where the defect shall lie: in a cell drawn uniformly, the whole of it inside the window.
            cell = (rng.integers(0, 3, 2) + rng.uniform(0.15, 0.85, 2)) / 3 - 0.5
            room = np.maximum(0.0, side / 2 - np.array([wide, high]) / 2 - 3)
            centre -= np.clip(cell * side, -room, room)
        else:
            centre += rng.normal(0, 3, 2)
        cut = fit(centre[0], centre[1], side, size)
        made = render(test, golden, mask, cut, draw_pair(rng), rng)
        if made is None or not made[2].any():
            return None
        place, long = place_of(made[2])
        self.positives += 1
        self._made[kind] += 1
        self._sides[int(rng.integers(len(self._sides)))] = side
        if len(self._sides) < 64:
            self._sides.append(side)
        return Window(*made, self._label[kind], self._index, place, long)

    def _without(self, scene: Scene, count: int) -> list[Window]:
        """At most `count` windows of a scene that hold no defect."""
        if count <= 0:
            return []
        rng = self._rng
        taken = np.zeros(scene.test.shape[:2], bool)
        for _, mask in scene.defects:
            taken |= mask
        spots = Spots(scene.test, scene.golden, taken)
        out = []
        for _ in range(count):
            own = draw_pair(rng)
            # As wide as the windows of this family's defects, or the scale would tell a defect.
            side = self._sides[rng.integers(len(self._sides))] if rng.random() < 0.7 else float(SIDE)
            cut = spots.cut(side, own[0], rng)
            made = None if cut is None else render(scene.test, scene.golden, None, cut, own, rng)
            if made is not None:
                out.append(Window(*made, 0, self._index))
        self._negatives += len(out)
        return out

    def _same(self, test: Rgb, mask: Mask) -> list[Window]:
        x, y, wide, high = cv2.boundingRect(mask.astype(np.uint8))
        cut = fit(x + wide / 2, y + high / 2, window_side(max(wide, high), self._rng), mask.shape[0])
        made = render(test, test, None, cut, draw_pair(self._rng), self._rng)
        self._negatives += made is not None
        return [] if made is None else [Window(*made, 0, self._index)]


def window_side(larger: float, rng: np.random.Generator) -> float:
    """Side of the agent's window about a box whose larger side is `larger` pixels: max(96, 1.6 x), jittered."""
    side = max(96.0, 1.6 * (larger + 2 * float(rng.uniform(0, 12))))
    if rng.random() < 0.35:
        side *= float(np.exp(rng.uniform(np.log(0.75), np.log(1.6))))
    return max(72.0, 1.15 * larger, side)


def _only(scene: Scene, mask: Mask) -> Rgb:
    """The test picture with one defect alone: where the others lie the golden picture stands."""
    others = np.zeros(mask.shape, np.uint8)
    for _, other in scene.defects:
        if other is not mask:
            others |= other
    if not others.any():
        return scene.test
    # A little more than the mask: the soft rim of what was drawn there.
    wide = (cv2.dilate(others, np.ones((5, 5), np.uint8)) > 0) & ~mask
    return np.where(wide[..., None], scene.golden, scene.test)
