"""What a comparison says of a region, in words and numbers and without any model: for one that reads no images.

Everything is measured: where it lies, how it changed, its size and shape, how light it is inside and around it in both
images, and where its outline meets the same tone (an island meets it nowhere, a bridge in two places).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..images import ImageStore
from ..prompts import as_data, place
from ..schema import Box, Change, Comparison, Noun, told_change
from .changed import Standing
from .geometry import grey
from .measure import Measurement, measure, pixels_of
from .where import Where, find_place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

RIM, AROUND = 2, 10
"""Pixels left out around the change (its soft rim), and the width of the ring that counts as its surroundings."""
SAME = 20.0
"""Grey levels within which two tones are called the same."""
_CONTACT = 4


class Levels(Noun):
    """Median grey levels of one image, 0 (black) .. 255 (white): `inside` the changed pixels and `around` them."""

    inside: float
    around: float

    @property
    def contrast(self) -> float:
        """Inside minus around: negative where it is darker than most of its surroundings."""
        return round(self.inside - self.around, 1)


class RegionDescription(Noun):
    """A region without its picture.

    Attributes:
        region: its id, "" for a bare box; box: in pixels of the test image; place: on a 3 x 3 grid.
        change, score, hint: as in `Region`; None, None and "" for a bare box.
        moved_from, offset: as in `Region`: where the golden image has the part, and how far it has moved.
        size: what `measure` says of it, the form included.
        test, golden: grey levels in the test image and, at the same pixels, in the golden one laid over it.
        contacts: in how many places the outline of the change meets pixels of the test image that are as light as the
            change itself; None where its surroundings have no second tone.
    """

    region: str = ""
    box: Box
    place: str
    change: Change | None = None
    score: float | None = None
    hint: str = ""
    moved_from: Box | None = None
    offset: tuple[float, float] | None = None
    size: Measurement
    test: Levels
    golden: Levels
    contacts: int | None = None

    def told(self) -> str:
        """The description in a few sentences."""
        head = f"[{self.region}] {self.place}" if self.region else f"Box {list(self.box)}, {self.place}"
        if self.change is not None:
            head += f": {told_change(self.change, self.offset)}, difference {self.score:.2f}"
        shift = self.test.inside - self.golden.inside
        tone = (
            "as light as"
            if abs(shift) < SAME
            else f"{abs(shift):.0f} levels {'lighter' if shift > 0 else 'darker'} than"
        )
        if self.moved_from is not None:
            head += f". In the golden image it lies in {list(self.moved_from)}"
        parts = [
            f"{head}.",
            self.size.told().split(": ", 1)[1],
            f"Grey levels (0 black, 255 white): inside {self.test.inside:.0f}, {tone} the golden image there "
            f"({self.golden.inside:.0f}); around it mostly {self.test.around:.0f}, in the golden image "
            f"{self.golden.around:.0f}.",
            f"{_stands_out(self.test, 'test')} {_stands_out(self.golden, 'golden')}",
        ]
        if self.contacts is not None:
            met = {0: "nowhere", 1: "in one place"}.get(self.contacts, f"in {self.contacts} places")
            parts.append(f"Its outline meets the same tone {met}.")
        if self.hint:
            parts.append(f"Its outline suggests: {as_data(self.hint, 40)} (evidence, no verdict).")
        return " ".join(parts)


def describe_region(comparison: Comparison, where: Where, *, images: ImageStore) -> RegionDescription:
    """Describe a region of a comparison, or any box in its test image.

    Args:
        comparison: as `compare` returned it.
        where: a region, its id (`R1`), or a box `x1, y1, x2, y2` in pixels of the test image.
        images: the store that holds the comparison's images.

    Raises:
        BadInput: no such region, a box outside the image, or images of different objects.
    """
    test = comparison.test
    region, box = find_place(where, (test.width, test.height), comparison)
    size = measure(comparison, where if region is None else region, images=images)
    _, standing = pixels_of(comparison, box, images)
    assert comparison.aligned is not None  # else `measure` has refused it
    pictures = [_window(images.array(ref), box) for ref in (test, comparison.aligned)]
    change, ring = _masks(standing, box, (test.width, test.height))
    levels = [_levels(picture, change, ring) for picture in pictures]
    return RegionDescription(
        region=region.id if region else "",
        box=box,
        place=place(box, test.width, test.height),
        change=region.change if region else None,
        score=region.score if region else None,
        hint=region.hint if region else "",
        moved_from=region.moved_from if region else None,
        offset=region.offset if region else None,
        size=size,
        test=levels[0],
        golden=levels[1],
        contacts=_contacts(pictures[0], change, levels[0]) if size.basis == "changed pixels" else None,
    )


def _stands_out(levels: Levels, image: str) -> str:
    if abs(levels.contrast) < SAME:
        return f"In the {image} image it does not stand out from most of its surroundings."
    return f"In the {image} image it is {'lighter' if levels.contrast > 0 else 'darker'} than most of its surroundings."


def _reach(box: Box, size: tuple[int, int]) -> Box:
    more = RIM + AROUND
    return Box(max(0, box.x1 - more), max(0, box.y1 - more), min(size[0], box.x2 + more), min(size[1], box.y2 + more))


def _window(picture: Grey, box: Box) -> Grey:
    reach = _reach(box, (picture.shape[1], picture.shape[0]))
    return grey(picture[reach.y1 : reach.y2, reach.x1 : reach.x2])


def _masks(standing: Standing | None, box: Box, size: tuple[int, int]) -> tuple[Mask, Mask]:
    """The changed pixels (the whole box where none stand out) and the ring around them, in the window of `_reach`."""
    reach = _reach(box, size)
    change = np.zeros((reach.y2 - reach.y1, reach.x2 - reach.x1), np.uint8)
    inside = change[box.y1 - reach.y1 : box.y2 - reach.y1, box.x1 - reach.x1 : box.x2 - reach.x1]
    inside[...] = 1 if standing is None else standing.mask
    rim, out = (_dilated(change, n) for n in (RIM, RIM + AROUND))
    return change > 0, (out > 0) & (rim == 0)


def _dilated(mask: NDArray[np.uint8], by: int) -> NDArray[np.uint8]:
    return cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by + 1, 2 * by + 1)))


def _levels(picture: Grey, change: Mask, ring: Mask) -> Levels:
    inside = float(np.median(picture[change]))
    # A region as large as the image has no surroundings.
    around = float(np.median(picture[ring])) if ring.any() else inside
    return Levels(inside=round(inside, 1), around=round(around, 1))


def _contacts(picture: Grey, change: Mask, levels: Levels) -> int | None:
    closed = cv2.morphologyEx(change.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    band = (_dilated(closed, RIM + 2) > 0) & (_dilated(closed, RIM) == 0)
    if not band.any():
        return None
    away = np.abs(picture.astype(np.float32) - levels.inside)
    other = float(np.percentile(away[band], 90))
    if other < SAME:
        return None
    same = (band & (away < other / 2)).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(same, connectivity=8)
    return int(np.count_nonzero(stats[1:count, cv2.CC_STAT_AREA] > _CONTACT))
