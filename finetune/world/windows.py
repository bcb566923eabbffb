"""Windows of drawn scenes, cut, moved and developed as pairs of luma pictures; where a negative looks for its place.

A window is a square of integer pixels inside the image; the golden picture is moved about the window's middle by the
nuisance of its own, taking in what lies around the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from .boards.crops import SIDE, STORED
from .family import Mask, Rgb
from .nuisance import Nuisance, develop, luma, pose

Luma = NDArray[np.uint8]
_AROUND = 0.06
"""What the golden cut takes in around the window, as a share of it: the most that shift and turn bring in."""


@dataclass(frozen=True)
class Window:
    """One pair of windows as nano sees it.

    Attributes:
        test, golden: luma, `uint8[STORED, STORED]`.
        mask: where the defect is, `uint8[STORED, STORED]` of 0 and 1; all 0 in a negative.
        label: index into `families.label_names()`; 0 is none.
        family: index into `families.family_names()`.
        place: cell of the inner window's 3 x 3 grid that holds the middle of the defect's box, row by row; -1: none.
        size: longer side of the defect's box in pixels of the inner window; 0: none.
    """

    test: Luma
    golden: Luma
    mask: Luma
    label: int
    family: int
    place: int = -1
    size: int = 0


class Cut(NamedTuple):
    """A square of an image: left, top, side, in pixels."""

    x: int
    y: int
    side: int

    @property
    def area(self) -> tuple[slice, slice]:
        """As an index of an image array."""
        return slice(self.y, self.y + self.side), slice(self.x, self.x + self.side)


def place_of(mask: Luma) -> tuple[int, int]:
    """`place` and `size` (see `Window`) of a mask `uint8[STORED, STORED]`; (-1, 0) where it is empty."""
    ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(ys):
        return -1, 0
    margin = (STORED - SIDE) / 2
    middle = np.array([ys[0] + ys[-1] + 1, xs[0] + xs[-1] + 1]) / 2 - margin
    row, column = np.clip(middle * 3 / SIDE, 0, 2.999).astype(int)
    return int(3 * row + column), int(max(ys[-1] - ys[0], xs[-1] - xs[0]) + 1)


def fit(x: float, y: float, side: float, size: int) -> Cut:
    """The cut whose inner window (SIDE of STORED) is `side` wide and centred on (x, y), shifted inside the image."""
    outer = min(size, round(side * STORED / SIDE))
    left, top = np.clip(np.round(np.array([x, y]) - outer / 2), 0, size - outer).astype(int)
    return Cut(int(left), int(top), outer)


def render(
    test: Rgb, golden: Rgb, mask: Mask | None, cut: Cut, own: tuple[Nuisance, Nuisance], rng: np.random.Generator
) -> tuple[Luma, Luma, Luma] | None:
    """Test, golden and mask of a window, each `uint8[STORED, STORED]`; None where its defect cannot be seen.

    Args:
        test, golden: RGB of the scene; mask: the defect's pixels, None for a negative.
        cut: the window; own: nuisance of the golden and of the test picture.
    """
    of_golden, of_test = own
    near = _resize(luma(test[cut.area], of_test))
    small = np.zeros((STORED, STORED), np.uint8)
    if mask is not None:
        share = cv2.resize(mask[cut.area].astype(np.float32), (STORED, STORED), interpolation=cv2.INTER_AREA)
        small = (share > 0.15).astype(np.uint8)
        plain = _resize(luma(golden[cut.area], of_test))
        if not visible(near, plain, small, of_test):
            return None
    far = _moved(golden, cut, of_golden)
    return develop(near, of_test, rng), develop(far, of_golden, rng), small


def visible(test: Luma, golden: Luma, mask: Luma, own: Nuisance) -> bool:
    """Whether a defect shows: eight pixels or more that differ by more than noise would hide.

    Args:
        test, golden: `uint8[h, w]` or RGB, in the same frame, before light and noise; mask: `uint8[h, w]`.
    """
    gap = np.abs(cv2.subtract(test, golden, dtype=cv2.CV_32F)) * own.gain
    if gap.ndim == 3:
        gap = gap.max(2)
    if own.blur > 0.6:
        gap = cv2.GaussianBlur(gap, (0, 0), own.blur)
    around = cv2.dilate(mask, np.ones((3, 3), np.uint8)) > 0
    return int((gap[around] > max(16.0, 3 * own.noise)).sum()) >= 8


def _resize(image: Luma) -> Luma:
    how = cv2.INTER_AREA if image.shape[0] >= STORED else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (STORED, STORED), interpolation=how), np.uint8)


def _moved(golden: Rgb, cut: Cut, own: Nuisance) -> Luma:
    """The golden window under the pose of `own`, in one resampling of an area-averaged cut."""
    size, extra = golden.shape[0], int(np.ceil(_AROUND * cut.side)) + 2
    low = np.array([cut.y, cut.x]) - extra
    high = np.array([cut.y, cut.x]) + cut.side + extra
    inside = golden[max(0, low[0]) : high[0], max(0, low[1]) : high[1]]
    grey = luma(inside, own)
    above, below, left, right = (max(0, int(v)) for v in (-low[0], high[0] - size, -low[1], high[1] - size))
    if above or below or left or right:
        bordered = cv2.copyMakeBorder(grey, above, below, left, right, cv2.BORDER_REFLECT_101)
        grey = np.asarray(bordered, np.uint8)
    scale = STORED / cut.side
    wide = round(grey.shape[0] * scale)
    if scale < 0.8:
        grey = np.asarray(cv2.resize(grey, (wide, wide), interpolation=cv2.INTER_AREA), np.uint8)
    factor = grey.shape[0] / (cut.side + 2 * extra)
    # Window pixel -> the same point before the pose -> pixel of the scene -> pixel of the cut (centres at halves).
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
    to_cut = np.diag([factor / scale, factor / scale, 1.0])
    to_cut[:2, 2] = extra * factor
    matrix = np.linalg.inv(half) @ to_cut @ half @ pose(own, STORED, STORED)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(grey, matrix[:2], (STORED, STORED), flags=flags, borderMode=cv2.BORDER_REFLECT_101), np.uint8
    )


class Spots:
    """Where a scene tempts a comparison into a false alarm: found at half its resolution, once a scene.

    Args:
        test, golden: RGB, `uint8[size, size, 3]`; taken: pixels of defects (no window of a negative may hold one).
    """

    def __init__(self, test: Rgb, golden: Rgb, taken: Mask) -> None:
        self._taken = taken
        plain = Nuisance()
        self._test, self._golden = (_half(luma(image, plain)) for image in (test, golden))
        edges = cv2.morphologyEx(self._test, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).astype(np.float32)
        self._salience = np.cumsum((edges**2 + 4).ravel())

    def cut(self, side: float, golden: Nuisance, rng: np.random.Generator) -> Cut | None:
        """A window of `side` pixels without a defect, half of the time at the strongest difference; None: no room."""
        size = self._taken.shape[0]
        for _ in range(4):
            roll = rng.random()
            if roll < 0.5:
                y, x = self._strongest(side, golden, rng)
            elif roll < 0.8:
                at = int(np.searchsorted(self._salience, rng.random() * self._salience[-1]))
                y, x = divmod(min(at, self._test.size - 1), self._test.shape[1])
            else:
                y, x = rng.integers(0, self._test.shape[0], 2)
            jitter = rng.normal(0, 3, 2)
            found = fit(2 * x + jitter[0], 2 * y + jitter[1], side, size)
            if not self._taken[found.area].any():
                return found
        return None

    def _strongest(self, side: float, golden: Nuisance, rng: np.random.Generator) -> tuple[int, int]:
        size = self._test.shape[0]
        # The window's own shift is a share of the window: over the whole scene it is that many pixels.
        matrix = np.array([[1, 0, golden.dx * side / 2], [0, 1, golden.dy * side / 2]])
        moved = cv2.warpAffine(self._golden, matrix, (size, size), borderMode=cv2.BORDER_REFLECT_101)
        residue = cv2.blur(cv2.absdiff(self._test, moved), (5, 5)).astype(np.float32)
        residue[_half(self._taken.astype(np.uint8) * 255) > 0] = 0
        # The strongest within a part of the scene, or every window of a scene would show the same edge.
        part = int(size * rng.uniform(0.4, 1))
        top, left = rng.integers(0, size - part + 1, 2)
        y, x = np.unravel_index(int(residue[top : top + part, left : left + part].argmax()), (part, part))
        return int(y + top), int(x + left)


def _half(image: Luma) -> Luma:
    size = image.shape[0] // 2
    return np.asarray(cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
