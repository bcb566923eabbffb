"""Registration of bilevel images (artwork, binarised boards): whatever lowers the XOR of the two.

Shift search on a coarse XOR map, affine ECC at low resolution, mild perspective, rotation search where that is not
enough; each warp is kept only if it lowers the XOR. On boards registration, not morphology, is what decides (DeepPCB
offsets reach 17 pixels).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from .geometry import Alignment, compose, coverage, identity, invert, plausible, rotation, scaling, translation, warp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.uint8]

COMPARABLE_AGREEMENT = 0.5
"""Least phi coefficient of the two phases after registration for the pair to show the same object."""
GOOD_AGREEMENT = 0.88
"""From this phi on no rotation is searched for."""
ECC_SIDE = 160
"""Pixels of the longest side at which ECC runs: as exact as at 320 on boards of 640, in a fifth of the time."""
TURNED = 4.0
"""Pixels that turn and stretch move a corner by, from which ECC runs again at twice the size."""
BENT = 0.8
"""Perspective is kept where it leaves no more of the XOR than this share."""
STRETCH = 0.12
"""A little perspective stretches a board as well: less than this loses boards seen aslant."""
SMALL_ANGLES = tuple(np.arange(-6.0, 6.01, 0.5))
QUARTER_TURNS, HALF_TURN = (90.0, 180.0, 270.0), (180.0,)


def agreement(test: Mask, golden: Mask, valid: NDArray[np.bool_] | None = None) -> float:
    """Phi coefficient of two 0/255 masks of one shape: 1 identical, about 0 unrelated, -1 inverted.

    Two masks of which one is a single phase agree to the share of equal pixels, scaled to 0..1 from chance.
    """
    if valid is not None:
        test, golden = test[valid], golden[valid]
    if test.size == 0:
        return 0.0
    a, b = test > 0, golden > 0
    pa, pb = np.count_nonzero(a) / a.size, np.count_nonzero(b) / b.size
    spread = np.sqrt(pa * (1 - pa) * pb * (1 - pb))
    if spread < 1e-9:
        return 1.0 - np.count_nonzero(a != b) / a.size
    return float((np.count_nonzero(a & b) / a.size - pa * pb) / spread)


def register_masks(test: Mask, golden: Mask, start: NDArray[np.float64] | None = None) -> Alignment:
    """Find the map, affine or with mild perspective, that lays `golden` over `test`.

    Args:
        test, golden: 0/255 uint8 masks, any sizes.
        start: 2 x 3 golden -> test map to begin with (sizes fitted); None is the identity.

    Returns:
        Alignment whose confidence is the phi coefficient of the masks after it; not comparable below .5.
    """
    size = test.shape[1::-1]
    start = identity() if start is None else start
    fitted = warp(golden, start, size, border=0)
    best = _try(test, fitted, identity(), "identity")
    if best.error > 0:
        best = _better(best, _try(test, fitted, shift_search(test, fitted), "shift"))
    if best.error > 0:
        best = _better(best, _try(test, fitted, _ecc(test, fitted, best.matrix), "affine"))
    best = _finer(test, fitted, best)
    phi = agreement(test, best.moved, best.seen)
    if phi < GOOD_AGREEMENT:
        turned = _rotation_search(test, fitted)
        best = _better(best, _try(test, fitted, turned, "rotation"))
        best = _better(best, _try(test, fitted, _ecc(test, fitted, turned), "rotation"))
        best = _finer(test, fitted, best)
        phi = agreement(test, best.moved, best.seen)
    comparable = phi >= COMPARABLE_AGREEMENT
    note = "" if comparable else f"the two do not show the same layout (agreement {max(phi, 0.0):.2f})"
    matrix = compose(best.matrix, start)
    return Alignment(matrix, best.method if comparable else "none", max(phi, 0.0), comparable, note)


@dataclass(frozen=True)
class _Tried:
    """A map golden -> test that was tried: the mask moved by it, what of the test frame that shows, and the share of
    differing pixels there (1 where less than a third overlaps)."""

    matrix: NDArray[np.float64]
    method: str
    error: float
    moved: Mask
    seen: NDArray[np.bool_]


def _try(test: Mask, golden: Mask, matrix: NDArray[np.float64], method: str) -> _Tried:
    size = test.shape[1::-1]
    moved = np.asarray(cv2.threshold(warp(golden, matrix, size, border=0), 127, 255, cv2.THRESH_BINARY)[1], np.uint8)
    seen = coverage(matrix, golden.shape[1::-1], size)
    count = cv2.countNonZero(seen.view(np.uint8))
    differing = cv2.countNonZero((moved ^ test) & -seen.view(np.uint8))
    return _Tried(matrix, method, differing / count if count >= test.size / 3 else 1.0, moved, seen)


def _better(best: _Tried, other: _Tried, least: float = 0.98) -> _Tried:
    return other if other.error < best.error * least else best


def _finer(test: Mask, golden: Mask, best: _Tried) -> _Tried:
    """Perspective where it helps, and ECC again at twice the size where the golden image is turned, stretched or bent:
    half a pixel at the corners then. Where it is only shifted that gains nothing."""
    if best.error == 0:
        return best
    best = _better(best, _try(test, golden, _ecc(test, golden, best.matrix, bend=True), "perspective"), BENT)
    size = test.shape[1::-1]
    if len(best.matrix) == 2 and np.abs((best.matrix[:, :2] - np.eye(2)) @ size).max() < TURNED:
        return best
    return _better(best, _try(test, golden, _ecc(test, golden, best.matrix, 2 * ECC_SIDE), best.method), 1.0)


def shift_search(test: Mask, golden: Mask, reach: float = 0.08) -> NDArray[np.float64]:
    """Best integer shift golden -> test by XOR: exhaustive at low resolution, then refined to a pixel; 2 x 3.

    Args:
        test, golden: 0/255 masks of one shape.
        reach: largest shift as a share of the longer side (at least 12 pixels, at most 128).
    """
    longest = max(test.shape)
    factor = max(1, round(longest / 160))
    limit = int(np.clip(reach * longest, 12, 128))
    small = _shrink(test, factor), _shrink(golden, factor)
    dx, dy, _ = _best_offset(*small, max(2, round(limit / factor)))
    dx, dy = dx * factor, dy * factor
    while factor > 1:
        factor = factor // 2 if factor > 3 else 1
        a, b = _shrink(test, factor), _shrink(golden, factor)
        shift = translation(round(dx / factor), round(dy / factor))
        moved = warp(b, shift, a.shape[1::-1], border=127)
        ddx, ddy = _best_step(a, moved) if factor <= 2 else _best_offset(a, moved, 3)[:2]
        dx, dy = (shift[0, 2] + ddx) * factor, (shift[1, 2] + ddy) * factor
    return translation(dx, dy)


def _shrink(mask: Mask, factor: int) -> Mask:
    if factor == 1:
        return mask
    size = (max(8, mask.shape[1] // factor), max(8, mask.shape[0] // factor))
    return cv2.resize(mask, size, interpolation=cv2.INTER_AREA)


def _best_offset(test: Mask, golden: Mask, reach: int) -> tuple[int, int, float]:
    """Integer (dx, dy) within `reach` that lowers the squared difference, and that difference per pixel."""
    height, width = golden.shape
    rx, ry = min(reach, (width - 8) // 2), min(reach, (height - 8) // 2)
    if rx < 1 or ry < 1:
        return 0, 0, 1.0
    core = golden[ry : height - ry, rx : width - rx]
    errors = cv2.matchTemplate(test, core, cv2.TM_SQDIFF)
    y, x = np.unravel_index(int(errors.argmin()), errors.shape)
    return int(x) - rx, int(y) - ry, float(errors[y, x]) / core.size


def _best_step(test: Mask, golden: Mask) -> tuple[int, int]:
    """Integer (dx, dy) within two pixels that lowers the XOR, by descent on each second row; none where 8 are all."""
    core = test[4:-4:2, 4:-4]
    if core.size == 0:
        return 0, 0
    seen: dict[tuple[int, int], int] = {}

    def error(dx: int, dy: int) -> int:
        if (dx, dy) not in seen:
            part = golden[4 - dy : golden.shape[0] - 4 - dy : 2, 4 - dx : golden.shape[1] - 4 - dx]
            seen[dx, dy] = int(np.count_nonzero(cv2.absdiff(core, part) > 127))
        return seen[dx, dy]

    best = (0, 0)
    for _ in range(2):
        x, y = best
        best = min(((x + i, y + j) for i in (0, -1, 1) for j in (0, -1, 1)), key=lambda d: error(*d))
        if best == (x, y):
            break
    return best


def _rotation_search(test: Mask, golden: Mask) -> NDArray[np.float64]:
    """Best turn with its shift, at low resolution: +-6 degrees about 0 and 180, about quarter turns in a square frame.

    Returns:
        2 x 3, golden -> test.
    """
    factor = max(1, round(max(test.shape) / 120))
    a, b = _shrink(test, factor), _shrink(golden, factor)
    size = a.shape[1::-1]
    square = abs(size[0] / size[1] - 1) < 0.02
    reach = max(3, round(0.06 * max(size)))
    angles = [
        turn + small
        for turn in (0.0, *(QUARTER_TURNS if square else HALF_TURN))
        for small in SMALL_ANGLES[:: 2 if turn else 1]
    ]
    found = []
    for angle in angles:
        turn = rotation(angle, *size)
        dx, dy, error = _best_offset(a, warp(b, turn, size, border=127), reach)
        found.append((error, angle, dx, dy))
    _, angle, dx, dy = min(found)
    up = scaling(test.shape[1] / size[0], test.shape[0] / size[1])
    return compose(compose(up, compose(translation(dx, dy), rotation(angle, *size))), invert(up))


def _ecc(
    test: Mask, golden: Mask, start: NDArray[np.float64], side: int = ECC_SIDE, bend: bool = False
) -> NDArray[np.float64]:
    """ECC refinement of `start`, the longest side shrunk to about `side`; `start` where it fails or is no board's.

    Affine, or with perspective where that is asked for (`bend`) or `start` has it.
    """
    factor = max(1, round(max(test.shape) / side))
    a, b = _shrink(test, factor), _shrink(golden, factor)
    up_test = scaling(test.shape[1] / a.shape[1], test.shape[0] / a.shape[0])
    up_golden = scaling(golden.shape[1] / b.shape[1], golden.shape[0] / b.shape[0])
    # ECC wants the map test -> golden.
    small = compose(invert(up_golden), compose(invert(start), up_test))
    if bend and len(small) == 2:
        small = np.vstack([small, [0.0, 0.0, 1.0]])
    motion = cv2.MOTION_HOMOGRAPHY if len(small) == 3 else cv2.MOTION_AFFINE
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 1e-4)
    try:
        _, found = cv2.findTransformECC(a, b, small.astype(np.float32), motion, criteria, None, 5)
    except cv2.error:
        return start
    matrix = compose(up_golden, compose(found.astype(np.float64), invert(up_test)))
    return invert(matrix) if plausible(matrix, test.shape[1::-1], stretch=STRETCH) else start
