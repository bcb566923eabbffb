"""Difference of photographs: a map of distances to golden images, in units of what harmless changes cause.

A `GoldenSet` holds golden images in the frame of the first one (the anchor), described and normalised once; each test
image is warped into that frame, described, and compared cell by cell with the nearest golden vector within two cells.
Unit of the distance: 1 is about what the anchor shows at its worst places under slight noise, blur, light, rotation
and compression; with three or more golden images the unit is raised to the golden images' own leave-one-out level.
(Raising it group by group was tried: on a part with glints it takes the say from the very groups that see scratches.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from .descriptors import GROUPS, STRIDE, describe_cells, nearest
from .geometry import Alignment, compose, coverage, fit_size, grey, identity, scaling, warp
from .light import as_rgb, calm, jittered, main_colour_axis, match_light, project
from .registration import register

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Cells = NDArray[np.float32]
    Matrix = NDArray[np.float64]
    Image = NDArray[np.uint8]

WORK_AREA = 560 * 560
"""Pixels at which photographs are described, at most; a smaller image keeps its size."""
TYPICAL = 1.1
"""With three or more golden images their own median leave-one-out distance is at most this."""
SMALLEST = 96
TOP_SHARE = 0.01
"""An image's distance is the mean over this share of its worst cells (at least 4 cells)."""
MIN_SEEN, PLAIN, MAX_PLAIN, SOME_PLAIN, MIN_NCC, MIN_COLOURS = 0.4, 1.6, 0.5, 0.33, 0.5, 0.12
"""Bounds of `judge`: share seen, noise units of a plain difference, its share alone, with a second cue, the cues."""
SMOOTH = 1.0
"""Sigma in cells: single cells are noise, defects hold together."""


def top_mean(field_: Cells, share: float = TOP_SHARE) -> float:
    """Mean of the largest `share` of the values, at least 4 of them."""
    flat = field_.ravel()
    count = min(flat.size, max(4, round(share * flat.size)))
    return float(np.partition(flat, flat.size - count)[flat.size - count :].mean())


@dataclass
class GoldenSet:
    """Golden images of one object in the anchor's frame, ready to compare with.

    Attributes:
        size: width, height of the anchor's frame in its own pixels.
        down: 2 x 3, anchor pixels -> working pixels; work: width, height of the working frame.
        anchor: the anchor as registration sees it, H x W; projection: 1 x 4, how that is made of an RGB image.
        pictures: the golden images in the working frame, H x W x 3.
        moves: 2 x 3 each, golden pixels -> anchor pixels.
        cells: their descriptors, scaled so that a Euclidean distance is the distance in noise units.
        covered: which cells each of them shows.
        gains: C, the factor that was applied to each channel.
        leave_one_out: each golden image's distance to the others; empty for a single one.
    """

    size: tuple[int, int]
    down: Matrix
    work: tuple[int, int]
    anchor: Image
    projection: NDArray[np.float32]
    pictures: list[Image] = field(default_factory=list)
    moves: list[Matrix] = field(default_factory=list)
    cells: list[Cells] = field(default_factory=list)
    covered: list[NDArray[np.bool_]] = field(default_factory=list)
    gains: Cells = field(default_factory=lambda: np.ones(0, np.float32))
    leave_one_out: list[float] = field(default_factory=list)


def build_golden_set(goldens: Sequence[Image], in_colour: bool = True) -> GoldenSet:
    """Register, describe and normalise golden images; the first is the anchor.

    Costs about 0.1 s of one core for the first image, 50 ms for each further one, 2 ms for each ordered pair.

    Args:
        goldens: at least one image, uint8, H x W or H x W x 3.
        in_colour: False compares luma only.
    """
    anchor = goldens[0]
    size = anchor.shape[1::-1]
    scale = SMALLEST / max(size) if max(size) < SMALLEST else min(1.0, (WORK_AREA / (size[0] * size[1])) ** 0.5)
    work = tuple(max(2 * STRIDE, round(s * scale / STRIDE) * STRIDE) for s in size)
    down = scaling(work[0] / size[0], work[1] / size[1])
    projection = main_colour_axis(anchor if in_colour else grey(anchor))
    result = GoldenSet(size, down, (work[0], work[1]), project(anchor, projection), projection)
    raw = []
    for index, golden in enumerate(goldens):
        start, _ = fit_size(golden.shape[1::-1], size)
        move = start if index == 0 else register(result.anchor, project(golden, projection), start).matrix
        picture, covered = _to_work(golden, move, result, in_colour)
        result.moves.append(move)
        result.covered.append(covered)
        result.pictures.append(
            picture if index == 0 else match_light(picture, result.pictures[0], _pixels(covered, work))
        )
        raw.append(describe_cells(result.pictures[-1]))
    jitter = [describe_cells(j) for j in jittered(result.pictures[0])]
    result.gains = _jitter_gains(raw[0], jitter)
    result.cells = [r * result.gains for r in raw]
    if len(raw) >= 2:
        result.leave_one_out = _leave_one_out(result)
    if len(raw) >= 3:
        factor = min(1.0, TYPICAL / max(float(np.median(result.leave_one_out)), 1e-6))
        result.gains *= np.float32(factor)
        result.cells = [c * np.float32(factor) for c in result.cells]
        result.leave_one_out = [d * factor for d in result.leave_one_out]
    return result


def _to_work(image: Image, move: Matrix, goldens: GoldenSet, in_colour: bool) -> tuple[Image, NDArray[np.bool_]]:
    matrix = compose(goldens.down, move)
    image = calm(image)
    picture = warp(as_rgb(image if in_colour else grey(image)), matrix, goldens.work)
    seen = coverage(matrix, image.shape[1::-1], goldens.work).astype(np.uint8) * 255
    grid = (goldens.work[0] // STRIDE, goldens.work[1] // STRIDE)
    cells = cv2.resize(seen, grid, interpolation=cv2.INTER_AREA) > 250
    if not cells.all():
        cells = cv2.erode(cells.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    return picture, cells


def _pixels(cells: NDArray[np.bool_], work: tuple[int, int]) -> NDArray[np.bool_]:
    return cv2.resize(cells.astype(np.uint8), work, interpolation=cv2.INTER_NEAREST) > 0


def _jitter_gains(cells: Cells, jitter: Sequence[Cells]) -> Cells:
    """Factor of each channel: 1 / its jitter residual, then each group to its weight at the jitter's worst cells."""
    residual = np.sqrt(np.mean([np.mean((j - cells) ** 2, axis=(0, 1)) for j in jitter], axis=0))
    gains = (1.0 / (residual + 1e-3)).astype(np.float32)
    for channels, weight in GROUPS.values():
        a = np.ascontiguousarray(cells[..., channels] * gains[channels])
        worst = max(
            top_mean(nearest(np.ascontiguousarray(j[..., channels] * gains[channels]), a, 1), 0.02) for j in jitter
        )
        gains[channels] *= weight / max(worst, 0.5)
    return gains


def _leave_one_out(goldens: GoldenSet) -> list[float]:
    """Each golden image's distance to the others; a pair's distances are computed once a direction."""
    count = range(len(goldens.cells))
    return [
        top_mean(_distance(goldens, goldens.cells[i], [j for j in count if j != i], goldens.covered[i])[0])
        for i in count
    ]


def grouped(test: Cells, golden: Cells, radius: int = 2) -> Cells:
    """Distance of each test vector to a golden image: over the groups, each matched with its own nearest vector.

    Channel by channel in place: a third faster than `nearest` for each group.
    """
    height, width = test.shape[:2]
    ours = np.ascontiguousarray(test.transpose(2, 0, 1))
    edge = (radius, radius)
    theirs = np.pad(golden.transpose(2, 0, 1), ((0, 0), edge, edge), mode="edge")
    least = [np.full((height, width), np.inf, np.float32) for _ in GROUPS]
    away, total = np.empty((height, width), np.float32), np.empty((height, width), np.float32)
    for y in range(2 * radius + 1):
        for x in range(2 * radius + 1):
            for best, (channels, _) in zip(least, GROUPS.values(), strict=True):
                total.fill(0)
                for c in range(channels.start, channels.stop):
                    np.subtract(ours[c], theirs[c, y : y + height, x : x + width], out=away)
                    np.multiply(away, away, out=away)
                    np.add(total, away, out=total)
                np.minimum(best, total, out=best)
    # Equal images differ by rounding alone, since their vectors were scaled in another order.
    return np.sqrt(np.sum([np.where(best > 1e-3, best, 0) for best in least], axis=0, dtype=np.float32))


def _distance(
    goldens: GoldenSet, cells: Cells, others: Sequence[int], covered: NDArray[np.bool_]
) -> tuple[Cells, list[float]]:
    """Smoothed distance map (minimum over `others`; 0 where nothing is known) and each golden image's own distance."""
    best = np.full(cells.shape[:2], np.inf, np.float32)
    single = []
    for j in others:
        part = grouped(cells, goldens.cells[j])
        part[~goldens.covered[j]] = np.inf
        np.minimum(best, part, out=best)
        single.append(top_mean(_smooth(part, covered)))
    return _smooth(best, covered), single


def _smooth(field_: Cells, covered: NDArray[np.bool_]) -> Cells:
    known = np.where(np.isfinite(field_) & covered, field_, 0.0).astype(np.float32)
    return cv2.GaussianBlur(known, (0, 0), SMOOTH)


@dataclass(frozen=True)
class Difference:
    """A photograph's distance to its golden images.

    Attributes:
        field: cell rows x cell columns float32 in the anchor's working frame, noise units.
        distance: the image's distance, `top_mean` of `field`.
        best: index of the golden image with the smallest distance of its own.
        picture, golden: test (light matched) and best golden image in the working frame, H x W x 3.
        covered: cells that the test image shows.
    """

    field: Cells
    distance: float
    best: int
    picture: Image
    golden: Image
    covered: NDArray[np.bool_]


def align_to(goldens: GoldenSet, test: Image) -> Alignment:
    """Register `test` to the anchor: the matrix maps *test* pixels to anchor pixels."""
    start, _ = fit_size(test.shape[1::-1], goldens.size)
    return register(goldens.anchor, project(test, goldens.projection), start)


def difference(goldens: GoldenSet, test: Image, move: Matrix | None = None, in_colour: bool = True) -> Difference:
    """Compare a photograph with a golden set.

    Args:
        test: uint8, H x W or H x W x 3.
        move: 2 x 3, test pixels -> anchor pixels; None is the identity.
        in_colour: as the set was built.
    """
    picture, covered = _to_work(test, identity() if move is None else move, goldens, in_colour)
    picture = match_light(picture, goldens.pictures[0], _pixels(covered, goldens.work))
    cells = describe_cells(picture) * goldens.gains
    field_, single = _distance(goldens, cells, range(len(goldens.cells)), covered)
    best = int(np.argmin(single))
    return Difference(field_, top_mean(field_), best, picture, goldens.pictures[best], covered)


def judge(goldens: GoldenSet, found: Difference, alignment: Alignment) -> str:
    """Why test and anchor cannot be the same object or view; "" where they can.

    Three cues, set on same-object and other-object pairs of six data sets: how much of the frames overlaps, how large
    a share of it differs plainly, and whether structure (NCC) or colours agree at all.
    """
    seen = float(found.covered.mean())
    if seen < MIN_SEEN:
        return f"only {100 * seen:.0f} % of the golden image overlaps the test image"
    plain = float((found.field[found.covered] > PLAIN).mean())
    shared = shared_colours(found.picture, goldens.pictures[0])
    if plain > MAX_PLAIN:
        return f"{100 * plain:.0f} % of the image differs: another object or view"
    if plain > SOME_PLAIN and (alignment.confidence < MIN_NCC or shared < MIN_COLOURS):
        what = "shapes" if alignment.confidence < MIN_NCC else "colours"
        return f"{100 * plain:.0f} % of the image differs and {what} disagree: another object or view"
    return ""


def shared_colours(a: Image, b: Image) -> float:
    """Intersection of the Lab colour histograms (8 x 16 x 16 bins, softened) of two H x W x 3 images, 0..1."""
    histograms = []
    for image in (a, b):
        lab = cv2.cvtColor(cv2.GaussianBlur(image, (0, 0), 2.0), cv2.COLOR_RGB2LAB)
        counts = cv2.calcHist([lab], [0, 1, 2], None, [8, 16, 16], [0, 256] * 3).ravel()
        histograms.append(counts / counts.sum())
    return float(np.minimum(*histograms).sum())
