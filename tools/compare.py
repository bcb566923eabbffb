"""Visual comparison of a test image with one or several golden images: registration, regions, score, heat map.

Two ways, chosen by the images: boards and other bilevel artwork by morphology (`boards_difference`), photographs by
dense descriptors (`difference`). Both tolerate a pixel or two of misregistration and change of light, noise and blur.

Score: `d^p / (d^p + half^p)` of a distance d. Photographs: d in noise units (`difference`), p = 3, half = 3 with one
or two golden images and 2.2 with three or more, whose own variation is then part of the unit. Boards: d = changed
pixels of the largest difference beyond the edge tolerance, whether its phase changed or its grey value within a phase
(`boards_tone`), p = 2, half = 25 pixels. Equal images score exactly 0.

Costs (one thread of a laptop-class CPU): a 640 x 640 board about 50 ms; a 550 x 380 photograph about 0.25 s with a
new golden image, 0.1 s with one seen before. Several golden images are registered, described and compared with each
other once (measured: 10 take 0.7 s, 20 take 1.7 s, 40 take 5 s of one core) and the last eight sets are kept in memory.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image as PILImage

from ..errors import BadInput
from ..images import ImageLike, ImageStore
from ..schema import Comparison, ImageRef, Region
from ..settings import Settings, get_settings
from .boards import Foreground
from .boards_difference import board_difference, build_board_set, is_board_pair
from .difference import align_to, build_golden_set, difference, judge
from .geometry import Alignment, compose, describe, fit_size, grey, identity, invert, warp
from .light import as_rgb
from .regions import (
    BOARD_HALF,
    BOARD_POWER,
    MAX_REGIONS,
    board_heat,
    board_regions,
    photo_heat,
    photo_regions,
    to_test_frame,
)
from .scoring import MAX_REFERENCES, conformal_p, saturate, thin

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.uint8]

PHOTO_HALF, PHOTO_HALF_MANY, PHOTO_POWER = 3.0, 2.2, 3.0
"""Distances that score .5 with one or two golden images, and with three or more; the mapping's power."""
ANCHORS_TRIED = 3
"""Where the first golden image does not fit the test image, so many are tried as the frame of the others."""
_KEPT_SETS = 8


@dataclass(frozen=True)
class Outcome:
    """A comparison on arrays, before anything is stored.

    Attributes:
        score: 0..1; p_value: conformal or None.
        regions: by falling score.
        heat: H x W float32, 0..1, of the test image's size.
        best: index of the golden image that fits best; alignment: of that one (golden -> test pixels).
    """

    score: float
    p_value: float | None
    regions: tuple[Region, ...]
    heat: NDArray[np.float32]
    best: int
    alignment: Alignment


class _Kept:
    """The last few golden sets by the images' digests: preparing one costs more than a comparison."""

    def __init__(self, limit: int) -> None:
        self._limit, self._sets, self._lock = limit, OrderedDict[Hashable, Any](), Lock()

    def get(self, key: Hashable | None, build: Any) -> Any:
        if key is None:
            return build()
        with self._lock:
            if key in self._sets:
                self._sets.move_to_end(key)
                return self._sets[key]
        made = build()
        with self._lock:
            self._sets[key] = made
            while len(self._sets) > self._limit:
                self._sets.popitem(last=False)
        return made


_KEPT = _Kept(_KEPT_SETS)


def compare(
    test: ImageLike,
    references: ImageLike | Sequence[ImageLike],
    *,
    images: ImageStore | None = None,
    settings: Settings | None = None,
    pad: int = 6,
    foreground: Foreground = "dark",
    max_regions: int = MAX_REGIONS,
) -> Comparison:
    """Compare a test image with its golden image(s).

    Args:
        test: the image under inspection: path, bytes, PIL image, uint8 array, digest or ImageRef.
        references: one golden image or several of the same object; beyond 40 they are thinned out evenly.
        images: where images are read from and the aligned golden image and the heat map are stored; None is the
            store of `settings`.
        settings: None is the process's settings.
        pad: pixels added on each side of a region's box.
        foreground: which tone of a bilevel image is material (copper, ink); decides `added` against `missing`.
        max_regions: at most so many regions, the strongest.

    Returns:
        Comparison. Its `references` are the ones used, the best fitting first. `score` is 0 for equal images (see the
        module's text for the mapping); `p_value` is None below two golden images. Where the golden image evidently
        shows another object or view, `registration.comparable` is False, `registration.note` says why, and there are
        no regions.

    Raises:
        BadInput: no reference, an unreadable image, or a negative `pad`.
        RunFailed: the image store cannot be written.
    """
    settings = settings or get_settings()
    images = images or ImageStore(settings.images_dir, max_pixels=settings.max_pixels)
    if pad < 0:
        raise BadInput(f"pad {pad}", "it is negative", "give 0 or more pixels")
    given = _as_list(references)
    if not given:
        raise BadInput("references", "there is no golden image to compare with", "give at least one")
    test_ref = images.put(test)
    refs = [images.put(r) for r in given]
    used = [refs[i] for i in thin(len(refs))]
    picture, goldens = images.array(test_ref), [images.array(r) for r in used]
    key = tuple(r.sha256 for r in used)
    outcome = compare_arrays(picture, goldens, pad=pad, foreground=foreground, max_regions=max_regions, key=key)
    best, size = used[outcome.best], (test_ref.width, test_ref.height)
    notes = [f"{len(used)} of {len(refs)} golden images used"] if len(refs) > MAX_REFERENCES else []
    fitted = fit_size((best.width, best.height), size)[1]
    alignment = outcome.alignment.with_note("; ".join(n for n in (*notes, fitted) if n))
    aligned = warp(goldens[outcome.best], alignment.matrix, size)
    heat = np.asarray(cv2.convertScaleAbs(outcome.heat, alpha=255.0))
    return Comparison(
        test=test_ref,
        references=(best, *(r for i, r in enumerate(used) if i != outcome.best)),
        aligned=images.put(aligned).model_copy(update={"name": f"aligned {best.name}".strip()}),
        score=outcome.score,
        p_value=outcome.p_value,
        regions=outcome.regions,
        registration=describe(alignment, (best.width, best.height), size),
        heatmap=images.put(heat).model_copy(update={"name": "heat map"}),
    )


def _as_list(references: Any) -> list[Any]:
    single = str | bytes | bytearray | memoryview | os.PathLike | PILImage.Image | np.ndarray | ImageRef
    if isinstance(references, single):
        return [references]
    try:
        return list(references)
    except TypeError:
        what = f"{type(references).__name__} is neither an image nor a list of images"
        raise BadInput("references", what, "give one golden image or several") from None


def compare_arrays(
    test: Array,
    goldens: Sequence[Array],
    *,
    pad: int = 6,
    foreground: Foreground = "dark",
    max_regions: int = MAX_REGIONS,
    key: Hashable | None = None,
) -> Outcome:
    """`compare` on uint8 arrays (H x W or H x W x 3), storing nothing.

    Args:
        test, goldens: at least one golden image.
        pad, foreground, max_regions: as in `compare`.
        key: identifies `goldens`; where given, what was prepared for them is kept for the next call.
    """
    same = [i for i, g in enumerate(goldens) if g.shape == test.shape and np.array_equal(g, test)]
    boards = is_board_pair(test, goldens)
    if same and len(goldens) == 1:
        return _equal(test, same[0], None)
    outcome: Outcome | None = None
    for anchor in range(min(ANCHORS_TRIED, len(goldens))):
        order = [anchor, *(i for i in range(len(goldens)) if i != anchor)]
        ordered = [goldens[i] for i in order]
        named = None if key is None else (key, anchor)
        tried = (
            _boards(test, ordered, pad, foreground, max_regions, named)
            if boards
            else _photographs(test, ordered, pad, max_regions, named)
        )
        tried = replace(tried, best=order[tried.best])
        outcome = tried if outcome is None or tried.alignment.comparable else outcome
        if outcome.alignment.comparable:
            break
    assert outcome is not None
    return _equal(test, same[0], outcome.p_value and 1.0) if same else outcome


def _equal(test: Array, index: int, p_value: float | None) -> Outcome:
    return Outcome(
        0.0, p_value, (), np.zeros(test.shape[:2], np.float32), index, Alignment(identity(), "identity", 1.0)
    )


def _boards(
    test: Array, goldens: Sequence[Array], pad: int, foreground: Foreground, limit: int, key: Hashable | None
) -> Outcome:
    name = None if key is None else ("boards", foreground, key)
    prepared = _KEPT.get(name, lambda: build_board_set(goldens, foreground))
    found = board_difference(prepared, test, foreground)
    size = test.shape[1::-1]
    comparable = found.alignment.comparable
    return Outcome(
        score=saturate(found.distance, BOARD_HALF, BOARD_POWER),
        p_value=conformal_p(found.distance, prepared.leave_one_out),
        regions=board_regions(found.blobs, size, pad, limit) if comparable else (),
        heat=board_heat(found.blobs, found.changed),
        best=found.best,
        alignment=found.alignment,
    )


def _photographs(test: Array, goldens: Sequence[Array], pad: int, limit: int, key: Hashable | None) -> Outcome:
    in_colour = all(_coloured(i) for i in (test, *goldens))
    name = None if key is None else ("photographs", in_colour, key)
    prepared = _KEPT.get(name, lambda: build_golden_set(goldens, in_colour))
    back = align_to(prepared, test)
    found = difference(prepared, test, back.matrix, in_colour)
    half = PHOTO_HALF_MANY if len(goldens) >= 3 else PHOTO_HALF
    size = test.shape[1::-1]
    cells_to_test, work_to_test = to_test_frame(found.field, prepared.work, prepared.down, back.matrix)
    reason = judge(prepared, found, back)
    matrix = compose(invert(back.matrix), prepared.moves[found.best])
    method = "none" if reason else back.method
    regions = photo_regions(found.field, found.picture, found.golden, half, PHOTO_POWER, work_to_test, size, pad, limit)
    return Outcome(
        score=saturate(found.distance, half, PHOTO_POWER),
        p_value=conformal_p(found.distance, prepared.leave_one_out),
        regions=() if reason else regions,
        heat=photo_heat(found.field, half, cells_to_test, size, PHOTO_POWER),
        best=found.best,
        alignment=Alignment(matrix, method, back.confidence, not reason, reason),
    )


def _coloured(image: Array) -> bool:
    """Whether an image has colour at all: an RGB file of a grey scene counts as grey."""
    if image.ndim == 2:
        return False
    sample = as_rgb(image)[::4, ::4].astype(np.int16)
    return bool(np.any(sample.max(axis=2) - sample.min(axis=2) > 8)) or not np.array_equal(grey(image), image[..., 0])
