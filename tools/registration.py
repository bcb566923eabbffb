"""Registration of photographs: identity, shift, full-circle rotation search, ECC, mild perspective; each dearer warp
stays only if it helps.

The residual is 1 - NCC of the luma in the overlap, so a change of light does not count. All searches run at low
resolution; the result maps full-size golden pixels to full-size test pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from .geometry import (
    Alignment,
    compose,
    coverage,
    identity,
    invert,
    plausible,
    rotation,
    scaling,
    translation,
    warp,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]
    Matrix = NDArray[np.float64]

COARSE, FINE = 64, 192
"""Longest side in pixels of the rotation search and of ECC."""
ANGLE_STEP = 5.0
ALIKE, EVEN = 0.985, 0.995
"""From this NCC on no turn is searched for, and no perspective."""
GAIN = 0.9
"""A dearer warp is kept only if it lowers the residual to this share."""
BEND_GAIN = 0.75
"""Perspective must help more."""
MIN_OVERLAP = 0.5
MAX_STRETCH = 0.12


def ncc(test: NDArray[np.generic], golden: NDArray[np.generic], valid: NDArray[np.bool_] | None = None) -> float:
    """Correlation coefficient of two grey images of one shape, -1..1; 1 for two equal flat images, 0 if one is flat."""
    a, b = test.astype(np.float32), golden.astype(np.float32)
    if valid is not None:
        a, b = a[valid], b[valid]
    if a.size == 0:
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    na, nb = float(np.sqrt(np.mean(a * a))), float(np.sqrt(np.mean(b * b)))
    if na < 0.5 and nb < 0.5:
        return 1.0
    if na < 0.5 or nb < 0.5:
        return 0.0
    return float(np.mean(a * b)) / (na * nb)


def register(test: Grey, golden: Grey, start: Matrix | None = None) -> Alignment:
    """Lay a grey photograph over another.

    Args:
        test, golden: H x W uint8, any sizes.
        start: 2 x 3 golden -> test map to begin with (sizes fitted); None is the identity.

    Returns:
        Alignment whose confidence is the NCC (0..1) after it. It does not judge comparability: a missing part lowers
        the NCC as well.
    """
    start = identity() if start is None else start
    size = test.shape[1::-1]
    scale = min(1.0, FINE / max(size))
    small_size = (max(8, round(size[0] * scale)), max(8, round(size[1] * scale)))
    down = scaling(small_size[0] / size[0], small_size[1] / size[1])
    a = _level(cv2.resize(test, small_size, interpolation=cv2.INTER_AREA))
    b = _level(warp(golden, compose(down, start), small_size))
    move, method, score = _search(a, b)
    matrix = compose(compose(invert(down), compose(move, down)), start)
    return Alignment(start if method == "identity" else matrix, method, max(score, 0.0))


def _level(image: Grey) -> Grey:
    """`image` softened, without the plane that fits it best: light from one side must not turn an object over."""
    soft = cv2.GaussianBlur(image, (0, 0), 1.0).astype(np.float32)
    height, width = soft.shape
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
    slope_x = float((soft.mean(axis=0) @ x) / (x @ x))
    slope_y = float((soft.mean(axis=1) @ y) / (y @ y))
    return np.clip(soft - slope_x * x[None, :] - slope_y * y[:, None] + 0.5, 0, 255).astype(np.uint8)


def _search(test: Grey, golden: Grey) -> tuple[Matrix, str, float]:
    best = (identity(), "identity", _score(test, golden, identity()))
    if np.array_equal(test, golden) or min(float(test.std()), float(golden.std())) < 0.5:
        return best
    shift = _shift(test, golden)
    shifted = _better(test, golden, best, shift, "shift")
    best = _better(test, golden, shifted, _ecc(test, golden, shifted[0]), "affine")
    if shifted[1] == "shift":
        # A wrong shift may be a better start than none for the NCC and a worse one for ECC.
        best = _better(test, golden, best, _ecc(test, golden, identity()), "affine")
    if best[2] < ALIKE:
        for turn in _turns(test, golden):
            refined = _ecc(test, golden, turn)
            best = _better(test, golden, best, turn, "rotation")
            best = _better(test, golden, best, refined, "rotation", 1.0 if best[1] == "rotation" else GAIN)
    if best[2] < EVEN:
        best = _better(test, golden, best, _perspective(test, golden, best[0]), "perspective", BEND_GAIN)
    return best


def _better(
    test: Grey, golden: Grey, best: tuple[Matrix, str, float], matrix: Matrix, method: str, gain: float = GAIN
) -> tuple[Matrix, str, float]:
    score = _score(test, golden, matrix)
    return (matrix, method, score) if 1 - score < (1 - best[2]) * gain else best


def _score(test: Grey, golden: Grey, matrix: Matrix) -> float:
    size = test.shape[1::-1]
    valid = coverage(matrix, golden.shape[1::-1], size)
    if valid.mean() < MIN_OVERLAP:
        return -1.0
    return ncc(test, warp(golden, matrix, size), valid)


def _shift(test: Grey, golden: Grey) -> Matrix:
    """Shift golden -> test by phase correlation with a Hann window; 2 x 3."""
    a, b = test.astype(np.float32), golden.astype(np.float32)
    window = cv2.createHanningWindow(test.shape[1::-1], cv2.CV_32F)
    (dx, dy), _ = cv2.phaseCorrelate(b - b.mean(), a - a.mean(), window)
    return translation(dx, dy)


def _turns(test: Grey, golden: Grey) -> list[Matrix]:
    """The two best turns of a full-circle search, each with its shift, golden -> test; 2 x 3 matrices."""
    scale = min(1.0, COARSE / max(test.shape))
    size = (max(8, round(test.shape[1] * scale)), max(8, round(test.shape[0] * scale)))
    a, b = (cv2.resize(i, size, interpolation=cv2.INTER_AREA) for i in (test, golden))
    rx, ry = max(1, round(size[0] * 0.08)), max(1, round(size[1] * 0.08))
    found = []
    for angle in np.arange(0.0, 360.0, ANGLE_STEP):
        turned = warp(b, rotation(angle, *size), size)
        scores = cv2.matchTemplate(a, turned[ry : size[1] - ry, rx : size[0] - rx], cv2.TM_CCOEFF_NORMED)
        y, x = np.unravel_index(int(scores.argmax()), scores.shape)
        found.append((float(scores[y, x]), float(angle), int(x) - rx, int(y) - ry))
    found.sort(reverse=True)
    picked = [found[0]]
    picked += [f for f in found[1:] if 20 <= abs(f[1] - found[0][1]) % 360 <= 340][:1]
    up = scaling(test.shape[1] / size[0], test.shape[0] / size[1])
    down = invert(up)
    return [compose(compose(up, compose(translation(dx, dy), rotation(t, *size))), down) for _, t, dx, dy in picked]


def _ecc(test: Grey, golden: Grey, start: Matrix) -> Matrix:
    """ECC refinement of `start`: affine, or rigid where affine would stretch the object, else `start` itself."""
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-4)
    for motion in (cv2.MOTION_AFFINE, cv2.MOTION_EUCLIDEAN):
        begin = invert(start)
        if motion == cv2.MOTION_EUCLIDEAN and not _rigid(begin):
            break
        try:
            _, found = cv2.findTransformECC(test, golden, begin.astype(np.float32), motion, criteria, None, 3)
        except cv2.error:
            continue
        found = found.astype(np.float64)
        if plausible(found, test.shape[1::-1], stretch=MAX_STRETCH):
            return invert(found)
    return start


def _perspective(test: Grey, golden: Grey, start: Matrix) -> Matrix:
    """ECC refinement of `start` with perspective, 3 x 3; `start` where it fails or bends the image more than mildly."""
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-4)
    begin = np.vstack([invert(start), [0, 0, 1]]).astype(np.float32)
    try:
        _, found = cv2.findTransformECC(test, golden, begin, cv2.MOTION_HOMOGRAPHY, criteria, None, 3)
    except cv2.error:
        return start
    found = found.astype(np.float64)
    return invert(found) if plausible(found, test.shape[1::-1], stretch=MAX_STRETCH) else start


def _rigid(matrix: Matrix) -> bool:
    return bool(np.all(np.abs(np.linalg.svd(matrix[:, :2], compute_uv=False) - 1) < 1e-6))
