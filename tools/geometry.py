"""Plane geometry that registration, difference and zoom share: fitting sizes, warping, and reading a matrix.

A matrix is float64 and maps golden pixels to test pixels unless a docstring says otherwise. It is 2 x 3, `p_test = M @
[x, y, 1]`, or, where there is perspective, 3 x 3 and divided by its third coordinate (`carry`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import atan2, degrees
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np

from ..schema import Registration

if TYPE_CHECKING:
    from numpy.typing import NDArray

Pixels = TypeVar("Pixels", bound=np.generic)

ASPECT_TOLERANCE = 0.05
"""Golden and test image are taken for the same frame at two resolutions up to this difference of aspect ratio."""


@dataclass(frozen=True)
class Alignment:
    """A registration as the numeric code passes it on.

    Attributes:
        matrix: 2 x 3 or 3 x 3, golden pixels -> test pixels.
        method: `identity`, `shift`, `affine`, `rotation`, `perspective` or `none`.
        confidence: 0..1, how well the two agree after it.
        comparable: False where the two do not look like the same object or view.
        note: one line for people.
    """

    matrix: NDArray[np.float64]
    method: str
    confidence: float
    comparable: bool = True
    note: str = ""

    def with_note(self, note: str) -> Alignment:
        """The same with `note` put before its own note."""
        return replace(self, note="; ".join(n for n in (note, self.note) if n))


def identity() -> NDArray[np.float64]:
    """The 2 x 3 identity."""
    return np.eye(2, 3)


def compose(outer: NDArray[np.float64], inner: NDArray[np.float64]) -> NDArray[np.float64]:
    """The matrix of `outer` after `inner`, 2 x 3 where neither has perspective."""
    return _smallest(_square(outer) @ _square(inner))


def invert(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse, of the same form."""
    return _smallest(np.linalg.inv(_square(matrix)).astype(np.float64))


def carry(points: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (N x 2) moved by a matrix, N x 2."""
    moved = np.column_stack([points, np.ones(len(points))]) @ _square(matrix).T
    return np.asarray(moved[:, :2] / moved[:, 2:], np.float64)


def tangent(matrix: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
    """The 2 x 3 matrix that moves the middle of a frame of `size` (width, height), and what is near it, alike."""
    if matrix.shape == (2, 3):
        return matrix
    middle = np.array([[(size[0] - 1) / 2, (size[1] - 1) / 2]])
    at = carry(middle, matrix)
    depth = float(matrix[2, :2] @ middle[0] + matrix[2, 2])
    slope = (matrix[:2, :2] - np.outer(at[0], matrix[2, :2])) / depth
    return np.column_stack([slope, at[0] - slope @ middle[0]])


def plausible(
    matrix: NDArray[np.float64], size: tuple[int, int], *, stretch: float, scale: float = 0.2, bend: float = 0.06
) -> bool:
    """Whether one picture of a rigid part may look so to another: a part that is missing must not be stretched over.

    Args:
        size: width, height of the frame that `matrix` starts from.
        stretch: how much larger it may become one way than across it; scale: how much larger or smaller in all.
        bend: how far perspective may move a corner, as a share of the longer side.
    """
    if not np.all(np.isfinite(matrix)):
        return False
    near = tangent(matrix, size)
    long, short = np.linalg.svd(near[:, :2], compute_uv=False)
    mirrored = np.linalg.det(near[:, :2]) <= 0
    if mirrored or long / short - 1 >= stretch or abs(np.sqrt(long * short) - 1) >= scale:
        return False
    right, bottom = size[0] - 1.0, size[1] - 1.0
    corners = np.array([[0, 0], [right, 0], [right, bottom], [0, bottom]])
    bent = np.abs(carry(corners, matrix) - carry(corners, near)).max()
    return bool(bent <= bend * max(size))


def _square(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    matrix = np.asarray(matrix, np.float64)
    return matrix if len(matrix) == 3 else np.vstack([matrix, [0.0, 0.0, 1.0]])


def _smallest(square: NDArray[np.float64]) -> NDArray[np.float64]:
    square = square / square[2, 2]
    return square if np.abs(square[2, :2]).max() > 1e-12 else square[:2]


def scaling(sx: float, sy: float) -> NDArray[np.float64]:
    """Scale by `sx`, `sy` such that pixel *areas* map onto each other (as `cv2.resize` does), 2 x 3."""
    return np.array([[sx, 0.0, (sx - 1) / 2], [0.0, sy, (sy - 1) / 2]])


def rotation(angle: float, width: int, height: int) -> NDArray[np.float64]:
    """Turn by `angle` degrees (counter-clockwise on screen) about the centre of a `width` x `height` image, 2 x 3."""
    return np.asarray(cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0))


def translation(dx: float, dy: float) -> NDArray[np.float64]:
    """Shift by `dx`, `dy` pixels, 2 x 3."""
    return np.array([[1.0, 0.0, dx], [0.0, 1.0, dy]])


def fit_size(golden: tuple[int, int], test: tuple[int, int]) -> tuple[NDArray[np.float64], str]:
    """Lay a golden frame of size `(width, height)` over a test frame before any search.

    Same size: identity. Aspect ratios within 5 %: scaled to the test image's size. Portrait against landscape of the
    same shape: turned by a quarter and scaled. Otherwise centred, at the scale of the side that differs less, so that
    the rest is cropped or left uncompared.

    Returns:
        The 2 x 3 matrix golden -> test and a note ("" for the same size).
    """
    if golden == test:
        return identity(), ""
    sx, sy = test[0] / golden[0], test[1] / golden[1]
    sizes = f"golden {golden[0]} x {golden[1]}, test {test[0]} x {test[1]}"
    if abs(sx / sy - 1) <= ASPECT_TOLERANCE:
        return scaling(sx, sy), f"golden image scaled to the test image's size ({sizes})"
    tx, ty = test[0] / golden[1], test[1] / golden[0]
    if abs(tx / ty - 1) <= ASPECT_TOLERANCE:
        turn = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, golden[0] - 1.0]])
        return compose(scaling(tx, ty), turn), f"golden image turned by a quarter ({sizes})"
    scale = sx if abs(np.log(sx)) < abs(np.log(sy)) else sy
    matrix = scaling(scale, scale)
    matrix[:, 2] += (test[0] - scale * golden[0]) / 2, (test[1] - scale * golden[1]) / 2
    return matrix, f"the shapes differ, only the overlap is compared ({sizes})"


def warp(
    image: NDArray[Pixels], matrix: NDArray[np.float64], size: tuple[int, int], *, border: int | None = None
) -> NDArray[Pixels]:
    """`image` moved by `matrix` into a frame of `size` (width, height), bilinear (area-averaged where it shrinks).

    Args:
        image: H x W or H x W x 3, uint8 or float32.
        matrix: image pixels -> frame pixels.
        size: width, height of the result.
        border: value outside the image; None repeats the edge.
    """
    if matrix.shape == (2, 3) and np.array_equal(matrix, identity()) and image.shape[1::-1] == size:
        return image
    flat = matrix.shape == (2, 3)
    if flat and np.array_equal(matrix[:, :2], np.eye(2)) and np.array_equal(matrix[:, 2], np.rint(matrix[:, 2])):
        moved = _shifted(image, int(matrix[0, 2]), int(matrix[1, 2]), size, border)
        if moved is not None:
            return moved
    shrink = np.sqrt(abs(np.linalg.det(tangent(matrix, image.shape[1::-1])[:, :2])))
    if shrink < 0.6:
        small = (max(1, round(image.shape[1] * shrink)), max(1, round(image.shape[0] * shrink)))
        first = scaling(small[0] / image.shape[1], small[1] / image.shape[0])
        image, matrix = cv2.resize(image, small, interpolation=cv2.INTER_AREA), compose(matrix, invert(first))
    mode = cv2.BORDER_REPLICATE if border is None else cv2.BORDER_CONSTANT
    value = 0 if border is None else border
    move = cv2.warpAffine if len(matrix) == 2 else cv2.warpPerspective
    return move(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=mode, borderValue=(value, value, value))


def _shifted(
    image: NDArray[Pixels], dx: int, dy: int, size: tuple[int, int], border: int | None
) -> NDArray[Pixels] | None:
    """`warp` by whole pixels: the same result, copied instead of interpolated; None where nothing of it is seen."""
    left, right = max(-dx, 0), min(size[0] - dx, image.shape[1])
    top, bottom = max(-dy, 0), min(size[1] - dy, image.shape[0])
    if left >= right or top >= bottom:
        return None
    before = (max(dy, 0), max(dx, 0))
    after = (size[1] - before[0] - (bottom - top), size[0] - before[1] - (right - left))
    mode = cv2.BORDER_REPLICATE if border is None else cv2.BORDER_CONSTANT
    value = [0 if border is None else border] * 3
    part = image[top:bottom, left:right]
    return cv2.copyMakeBorder(part, before[0], after[0], before[1], after[1], mode, value=value)


def coverage(matrix: NDArray[np.float64], golden: tuple[int, int], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Which pixels of a frame of `size` (width, height) the moved golden image of size `golden` shows; H x W bool.

    To half a pixel: its outline is filled, which costs a tenth of moving an image of ones.
    """
    if golden == size and np.array_equal(matrix, identity()):
        return np.ones(size[::-1], bool)
    right, bottom = golden[0] - 1.0, golden[1] - 1.0
    corners = carry(np.array([[0, 0], [right, 0], [right, bottom], [0, bottom]]), matrix)
    seen = np.zeros(size[::-1], np.uint8)
    # Sixteenths of a pixel; OpenCV takes 32-bit corners.
    corners = np.clip(np.round(corners * 16), -(2**26), 2**26).astype(np.int32)
    cv2.fillConvexPoly(seen, corners, 1, cv2.LINE_8, 4)
    return seen.view(bool)


def grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Luma of an H x W or H x W x 3 (RGB) image, H x W uint8."""
    return image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def describe(alignment: Alignment, golden: tuple[int, int], test: tuple[int, int]) -> Registration:
    """`alignment` as people read it: the shift is that of the golden image's centre, in test pixels."""
    matrix = tangent(alignment.matrix, golden)
    fitted, _ = fit_size(golden, test)
    centre = np.array([(golden[0] - 1) / 2, (golden[1] - 1) / 2, 1.0])
    dx, dy = matrix @ centre - fitted @ centre
    scale = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    angle = degrees(atan2(matrix[0, 1] - matrix[1, 0], matrix[0, 0] + matrix[1, 1]))
    return Registration(
        method=alignment.method,
        confidence=round(float(np.clip(alignment.confidence, 0, 1)), 4),
        dx=round(float(dx), 3),
        dy=round(float(dy), 3),
        angle=round(float(angle), 3) + 0.0,
        scale=round(float(scale), 5),
        comparable=alignment.comparable,
        note=alignment.note,
    )
