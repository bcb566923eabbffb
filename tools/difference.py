"""Difference of photographs: a map of distances to golden images, in units of what harmless changes cause.

A `GoldenSet` holds golden images in the frame of the first one (the anchor), described and normalised once; each test
image is warped into that frame, described, and compared cell by cell with the nearest golden vector about its place,
and each golden cell with the nearest one of the test image: what is missing shows only so. The map says where (the
groups of features summed at each place); the image's distance how much (each group by its own worst places).
Unit of both (the groups together, raised to the encoder's `contrast`): 1 is about what the anchor shows
at its worst places under slight noise, blur, light, rotation and compression; with three or more golden images the unit
is raised to the golden images' own leave-one-out level.
(Raising it group by group was tried: on a part with glints it takes the say from the very groups that see scratches.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

import cv2
import numpy as np

from .encoders import CLASSICAL, Encoder
from .geometry import Alignment, compose, coverage, fit_size, grey, identity, scaling, warp
from .light import as_rgb, calm, jittered, main_colour_axis, match_light, project
from .matching import Match, jitter_gains, match, smooth, top_mean
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
STEP = 4
"""The working frame's sides are multiples of so many pixels."""
SIGMA, LEAST_SIGMA = 4.0, 0.5
"""Differences are softened by so many working pixels, and at least by so many cells."""
BACK, BACK_IN_MAP = 0.92, 0.8
"""Weight of what the golden image has and the test image has not, in the image's distance and in the map: a small part
that is missing leaves nothing that the golden image does not show as well. Below 1, for both images have glints and
grain that the other has not; less in the map, which must point."""
UNIT = 0.94
"""Factor of an image's distance: the most different of 50 pairs of sound hazelnuts then scores .91, below the .95 that
is told as anomalous from the score alone."""
MIN_SEEN, PLAIN, MAX_PLAIN, SOME_PLAIN, MIN_NCC, MIN_COLOURS = 0.4, 1.6, 0.7, 0.33, 0.5, 0.12
"""Bounds of `judge`: share seen, noise units of a plain difference, its share alone, with a second cue, the cues."""


@dataclass
class GoldenSet:
    """Golden images of one object in the anchor's frame, ready to compare with.

    Attributes:
        size: width, height of the anchor's frame in its own pixels.
        down: 2 x 3, anchor pixels -> working pixels; work: width, height of the working frame.
        anchor: the anchor as registration sees it, H x W; projection: 1 x 4, how that is made of an RGB image.
        pictures: the golden images in the working frame, H x W x 3.
        moves: of each, golden pixels -> anchor pixels.
        cells: their descriptors, scaled so that a Euclidean distance is the distance in noise units.
        covered: which cells each of them shows.
        gains: C, the factor that was applied to each channel.
        leave_one_out: each golden image's distance to the others; empty for a single one.
        encoder: what described them.
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
    encoder: Encoder = CLASSICAL


def build_golden_set(goldens: Sequence[Image], in_colour: bool = True, encoder: Encoder = CLASSICAL) -> GoldenSet:
    """Register, describe and normalise golden images; the first is the anchor.

    Costs about 0.1 s of one core for the first image, 50 ms for each further one, 2 ms for each ordered pair.

    Args:
        goldens: at least one image, uint8, H x W or H x W x 3.
        in_colour: False compares luma only.
        encoder: describes the images.
    """
    anchor = goldens[0]
    size = anchor.shape[1::-1]
    scale = SMALLEST / max(size) if max(size) < SMALLEST else min(1.0, (WORK_AREA / (size[0] * size[1])) ** 0.5)
    work = tuple(max(2 * STEP, round(s * scale / STEP) * STEP) for s in size)
    down = scaling(work[0] / size[0], work[1] / size[1])
    projection = main_colour_axis(anchor if in_colour else grey(anchor))
    result = GoldenSet(size, down, (work[0], work[1]), project(anchor, projection), projection, encoder=encoder)
    raw = []
    for index, golden in enumerate(goldens):
        start, _ = fit_size(golden.shape[1::-1], size)
        move = start if index == 0 else register(result.anchor, project(golden, projection), start).matrix
        picture, seen = _to_work(golden, move, result, in_colour)
        result.moves.append(move)
        result.pictures.append(picture if index == 0 else match_light(picture, result.pictures[0], seen))
        raw.append(encoder(result.pictures[-1]))
        result.covered.append(_covered(seen, raw[-1]))
    jitter = [encoder(j) for j in jittered(result.pictures[0])]
    result.gains = jitter_gains(raw[0], jitter, encoder.groups)
    result.cells = [r * result.gains for r in raw]
    if len(raw) >= 2:
        result.leave_one_out = _leave_one_out(result)
    if len(raw) >= 3:
        factor = min(1.0, TYPICAL / max(float(np.median(result.leave_one_out)), 1e-6))
        scale = np.float32(factor ** (1 / encoder.contrast))
        result.gains *= scale
        result.cells = [c * scale for c in result.cells]
        result.leave_one_out = [d * factor for d in result.leave_one_out]
    return result


def _to_work(image: Image, move: Matrix, goldens: GoldenSet, in_colour: bool) -> tuple[Image, NDArray[np.bool_]]:
    """The image in the working frame, H x W x 3, and which pixels of the frame it shows."""
    matrix = compose(goldens.down, move)
    image = calm(image)
    picture = warp(as_rgb(image if in_colour else grey(image)), matrix, goldens.work)
    return picture, coverage(matrix, image.shape[1::-1], goldens.work)


def _covered(seen: NDArray[np.bool_], cells: Cells) -> NDArray[np.bool_]:
    """Which cells are shown wholly, and do not touch one that is not."""
    share = cv2.resize(seen.astype(np.uint8) * 255, cells.shape[1::-1], interpolation=cv2.INTER_AREA)
    whole = share > 250
    if not whole.all():
        whole = cv2.erode(whole.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    return np.asarray(whole, bool)


class _Nearest:
    """A field against several golden ones: at each place the one that is most alike.

    Args:
        goldens: their encoder and working frame are used; covered: the cells that the field shows.
    """

    def __init__(self, goldens: GoldenSet, covered: NDArray[np.bool_]) -> None:
        self._contrast = goldens.encoder.contrast
        self._say = [group.say for group in goldens.encoder.groups]
        self._sigma = max(LEAST_SIGMA, SIGMA * covered.shape[1] / goldens.work[0])
        self._covered = covered
        self._places = np.full(covered.shape, np.inf, np.float32)
        self._groups = np.full((len(goldens.encoder.groups), *covered.shape), np.inf, np.float32)

    def take(self, ours: Match, theirs: Match, covered: NDArray[np.bool_]) -> float:
        """Take in a golden field that shows `covered`, matched both ways; returns the distance to it alone."""
        near = np.maximum(ours.near.sum(axis=0), BACK_IN_MAP**2 * theirs.near.sum(axis=0))
        groups = np.maximum(ours.far, BACK**2 * theirs.near)
        places, groups = (d ** np.float32(self._contrast / 2) for d in (near, groups))
        places[~covered] = np.inf
        groups[:, ~covered] = np.inf
        np.minimum(self._places, places, out=self._places)
        np.minimum(self._groups, groups, out=self._groups)
        return top_mean(smooth(places, self._covered, self._sigma))

    def field(self) -> Cells:
        """Smoothed distance at each place; 0 where nothing is known."""
        return smooth(self._places, self._covered, self._sigma)

    def distance(self) -> float:
        """Of the whole image: each group's worst places are found for themselves, then the groups are summed."""
        worst = (top_mean(smooth(group, self._covered, self._sigma)) for group in self._groups)
        squares = sum(s * w ** (2 / self._contrast) for s, w in zip(self._say, worst, strict=True))
        return float(UNIT * squares ** (self._contrast / 2))


def _leave_one_out(goldens: GoldenSet) -> list[float]:
    """Each golden image's distance to the others; two of them are matched once."""
    found = [_Nearest(goldens, covered) for covered in goldens.covered]
    for i, j in combinations(range(len(found)), 2):
        there, back = match(goldens.cells[i], goldens.cells[j], goldens.encoder.groups)
        found[i].take(there, back, goldens.covered[j])
        found[j].take(back, there, goldens.covered[i])
    return [f.distance() for f in found]


@dataclass(frozen=True)
class Difference:
    """A photograph's distance to its golden images.

    Attributes:
        field: cell rows x cell columns float32 in the anchor's working frame, noise units.
        distance: the whole image's, noise units (see `_Nearest.distance`).
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
        move: matrix, test pixels -> anchor pixels; None is the identity.
        in_colour: as the set was built.
    """
    picture, seen = _to_work(test, identity() if move is None else move, goldens, in_colour)
    picture = match_light(picture, goldens.pictures[0], seen)
    raw = goldens.encoder(picture)
    cells, covered = raw * goldens.gains, _covered(seen, raw)
    found = _Nearest(goldens, covered)
    single = [
        found.take(*match(cells, golden, goldens.encoder.groups), shown)
        for golden, shown in zip(goldens.cells, goldens.covered, strict=True)
    ]
    best = int(np.argmin(single))
    return Difference(found.field(), found.distance(), best, picture, goldens.pictures[best], covered)


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
    # How large a share alone tells another object was not measured for every encoder; the others need a second cue.
    if plain > MAX_PLAIN and goldens.encoder.measured:
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
