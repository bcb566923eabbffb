"""The three ways to compare, on arrays, and which of them suits the images: boards, photographs, textures."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .boards import Foreground, is_bilevel
from .boards_difference import BoardSet, board_difference, build_board_set, is_board_pair
from .difference import GoldenSet, align_to, build_golden_set, difference, judge
from .encoders import CLASSICAL, Encoder
from .geometry import Alignment, compose, fit_size, grey, identity, invert
from .kept import Kept
from .light import as_rgb
from .memory import MemorySet, build_memory_set, memory_difference
from .moved_regions import board_moves, photo_moves
from .outcome import Outcome
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
from .scoring import conformal_p, saturate
from .strips import by_strips, strip_boxes
from .texture import HALF, TextureSet, build_texture_set, texture_difference, unaligned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.uint8]

PHOTO_HALF, PHOTO_HALF_MANY, PHOTO_POWER = 2.4, 2.2, 3.0
"""Distances that score .5 with one or two golden images, and with three or more; the mapping's power."""
ANCHORS_TRIED = 3
"""Where the first golden image does not fit the test image, so many are tried as the frame of the others."""
_KEPT, _LOOSE_KEPT = Kept(8), Kept(64)
"""Prepared golden sets, and whether such a set is loose."""
_LOOSE = "the golden images do not align with each other: compared as a texture, without position"


def compare_arrays(
    test: Array,
    goldens: Sequence[Array],
    *,
    pad: int = 6,
    foreground: Foreground = "dark",
    max_regions: int = MAX_REGIONS,
    encoder: Encoder = CLASSICAL,
    key: Hashable | None = None,
) -> Outcome:
    """`tools.compare.compare` on uint8 arrays (H x W or H x W x 3), storing nothing.

    Args:
        test, goldens: at least one golden image.
        pad, foreground, max_regions, encoder: as in `compare`.
        key: identifies `goldens`; where given, what was prepared for them is kept for the next call.
    """
    same = [i for i, g in enumerate(goldens) if g.shape == test.shape and np.array_equal(g, test)]
    if same and len(goldens) == 1:
        return _equal(test, same[0], None)
    boards = is_board_pair(test, goldens)
    in_colour = not boards and all(coloured(i) for i in (test, *goldens))
    if not boards and _loose(goldens, in_colour, key):
        loose = _textures(test, goldens, in_colour, pad, max_regions, encoder, key)
        return _equal(test, same[0], 1.0) if same else loose
    outcome: Outcome | None = None
    for anchor in range(min(ANCHORS_TRIED, len(goldens))):
        order = [anchor, *(i for i in range(len(goldens)) if i != anchor)]
        ordered = [goldens[i] for i in order]
        named = None if key is None else (key, anchor)
        tried = (
            _boards(test, ordered, pad, foreground, max_regions, named)
            if boards
            else _photographs(test, ordered, in_colour, pad, max_regions, encoder, named)
        )
        tried = replace(tried, best=order[tried.best])
        outcome = tried if outcome is None or tried.alignment.comparable else outcome
        if outcome.alignment.comparable:
            break
    assert outcome is not None
    if not boards and outcome.alignment.comparable and strip_boxes(*test.shape[1::-1]):
        outcome = _line_scan(outcome, test, goldens, in_colour, pad, max_regions, encoder, key)
    return _equal(test, same[0], outcome.p_value and 1.0) if same else outcome


def golden_scores_of(
    goldens: Sequence[Array],
    *,
    foreground: Foreground = "dark",
    encoder: Encoder = CLASSICAL,
    key: Hashable | None = None,
) -> tuple[float, ...]:
    """Score of each golden image (two or more) against the others, by the way that suits them; the rest as above."""
    first = None if key is None else (key, 0)
    if all(is_bilevel(g) for g in goldens):
        return tuple(saturate(d, BOARD_HALF, BOARD_POWER) for d in _board_set(goldens, foreground, first).leave_one_out)
    in_colour = all(coloured(g) for g in goldens)
    if _loose(goldens, in_colour, key):
        return tuple(saturate(d, HALF, PHOTO_POWER) for d in _loose_set(goldens, in_colour, encoder, key).leave_one_out)
    half = PHOTO_HALF_MANY if len(goldens) >= 3 else PHOTO_HALF
    return tuple(saturate(d, half, PHOTO_POWER) for d in _golden_set(goldens, in_colour, encoder, first).leave_one_out)


def _equal(test: Array, index: int, p_value: float | None) -> Outcome:
    same = Alignment(identity(), "identity", 1.0)
    return Outcome(0.0, p_value, (), np.zeros(test.shape[:2], np.float32), index, same)


def _board_set(goldens: Sequence[Array], foreground: Foreground, key: Hashable | None) -> BoardSet:
    name = None if key is None else ("boards", foreground, key)
    return _KEPT.get(name, lambda: build_board_set(goldens, foreground))


def _golden_set(goldens: Sequence[Array], in_colour: bool, encoder: Encoder, key: Hashable | None) -> GoldenSet:
    name = None if key is None else ("photographs", in_colour, encoder.name, key)
    return _KEPT.get(name, lambda: build_golden_set(goldens, in_colour, encoder))


def _loose_set(
    goldens: Sequence[Array], in_colour: bool, encoder: Encoder, key: Hashable | None
) -> TextureSet | MemorySet:
    name = None if key is None else ("loose", in_colour, encoder.name, key)
    if encoder.measured:
        return _KEPT.get(name, lambda: build_texture_set(goldens, in_colour))
    return _KEPT.get(name, lambda: build_memory_set(goldens, in_colour, encoder))


def _loose(goldens: Sequence[Array], in_colour: bool, key: Hashable | None) -> bool:
    return _LOOSE_KEPT.get(None if key is None else (in_colour, key), lambda: unaligned(goldens, in_colour))


def _boards(
    test: Array, goldens: Sequence[Array], pad: int, foreground: Foreground, limit: int, key: Hashable | None
) -> Outcome:
    prepared = _board_set(goldens, foreground, key)
    found = board_difference(prepared, test, foreground)
    size = test.shape[1::-1]
    comparable = found.alignment.comparable
    regions = board_regions(found.blobs, size, pad, limit) if comparable else ()
    return Outcome(
        score=saturate(found.distance, BOARD_HALF, BOARD_POWER),
        p_value=conformal_p(found.distance, prepared.leave_one_out),
        regions=board_moves(regions, *found.masks, size, pad),
        heat=board_heat(found.blobs, found.changed),
        best=found.best,
        alignment=found.alignment,
    )


def _photographs(
    test: Array,
    goldens: Sequence[Array],
    in_colour: bool,
    pad: int,
    limit: int,
    encoder: Encoder,
    key: Hashable | None,
) -> Outcome:
    prepared = _golden_set(goldens, in_colour, encoder, key)
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
        regions=() if reason else photo_moves(regions, found.picture, found.golden, work_to_test, size, pad),
        heat=photo_heat(found.field, half, cells_to_test, size, PHOTO_POWER),
        best=found.best,
        alignment=Alignment(matrix, method, back.confidence, not reason, reason),
    )


def _line_scan(
    whole: Outcome,
    test: Array,
    goldens: Sequence[Array],
    in_colour: bool,
    pad: int,
    limit: int,
    encoder: Encoder,
    key: Hashable | None,
) -> Outcome:
    prepared = _golden_set(goldens, in_colour, encoder, None if key is None else (key, 0))
    to_test = compose(whole.alignment.matrix, invert(prepared.moves[whole.best]))
    half = PHOTO_HALF_MANY if len(goldens) >= 3 else PHOTO_HALF

    def compare_strip(strip: Array, pieces: list[Array]) -> tuple[Outcome, Sequence[float]]:
        # Kept for the two uses in this call only: a strip of another scan is registered elsewhere.
        name = object()
        found = _photographs(strip, pieces, in_colour, pad, limit, encoder, name)
        normal = _golden_set(pieces, in_colour, encoder, name).leave_one_out
        return found, [saturate(d, half, PHOTO_POWER) for d in normal]

    return by_strips(whole, test, goldens, [compose(to_test, m) for m in prepared.moves], limit, compare_strip)


def _textures(
    test: Array,
    goldens: Sequence[Array],
    in_colour: bool,
    pad: int,
    limit: int,
    encoder: Encoder,
    key: Hashable | None,
) -> Outcome:
    prepared = _loose_set(goldens, in_colour, encoder, key)
    if isinstance(prepared, MemorySet):
        found = memory_difference(prepared, test, in_colour)
    else:
        found = texture_difference(prepared, test, in_colour)
    size, work = test.shape[1::-1], found.picture.shape[1::-1]
    cells_to_test, work_to_test = to_test_frame(found.field, work, found.down, identity())
    regions = photo_regions(found.field, found.picture, found.ground, HALF, PHOTO_POWER, work_to_test, size, pad, limit)
    # Nothing was registered: the golden image is laid over by its size, for people to look at.
    matrix = fit_size(goldens[0].shape[1::-1], size)[0]
    return Outcome(
        score=saturate(found.distance, HALF, PHOTO_POWER),
        p_value=conformal_p(found.distance, prepared.leave_one_out),
        regions=() if found.reason else tuple(r.model_copy(update={"change": "altered"}) for r in regions),
        heat=photo_heat(found.field, HALF, cells_to_test, size, PHOTO_POWER),
        best=0,
        alignment=Alignment(matrix, "none", 0.0, not found.reason, found.reason or _LOOSE),
    )


def coloured(image: Array) -> bool:
    """Whether an image has colour at all: an RGB file of a grey scene counts as grey."""
    if image.ndim == 2:
        return False
    sample = as_rgb(image)[::4, ::4].astype(np.int16)
    return bool(np.any(sample.max(axis=2) - sample.min(axis=2) > 8)) or not np.array_equal(grey(image), image[..., 0])
